"""Going on with a trained stack: other rows, another standardisation, the same networks.

The first layer reads x̂ = (x − m) · i. Under a new mean m' and inverse deviation i' the same
function of x is

    W₁' = W₁ · i/i'        b₁' = b₁ + W₁ ((m' − m) · i)

column by column of W₁, so a network goes on from what it has learnt, to rounding.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from klayer.data import Data
from klayer.errors import InputError
from klayer.estimator.weights import Measured
from klayer.models import Model
from klayer.samples import CONSTANT
from klayer.state import State

Method = TypeVar("Method", bound=Callable[..., Any])


def moved(state: State, old: Measured, new: Measured) -> State:
    """Return the stack that computes under a new standardisation what it did under the old one.

    Where a feature was constant before, its weights were never used: they stay. Where it is
    constant now, they are not used from now on.
    """
    state = state.copy()
    W, b = state.parameters.W[0], state.parameters.b[0]
    (mean, inverse), (new_mean, new_inverse) = old, new
    shift = W.astype(np.float64) @ ((new_mean - mean) * inverse)[:, None]
    b += shift.astype(b.dtype)
    both = (inverse > 0) & (new_inverse > 0)
    scale = np.ones(len(inverse))
    scale[both] = inverse[both] / new_inverse[both]
    W *= scale.astype(W.dtype)
    return state


def unchanged_where_refused(method: Method) -> Method:
    """Let a method that refuses what it is asked for leave the object's attributes as they were.

    Example:
        >>> class Counter:
        ...     count = 0
        ...     @unchanged_where_refused
        ...     def add(self, number):
        ...         self.count += number
        ...         if self.count < 0:
        ...             raise InputError("a count must not be negative")
        >>> counter = Counter()
        >>> try:
        ...     counter.add(-1)
        ... except InputError:
        ...     print(counter.count)
        0
    """

    @wraps(method)
    def careful(self: Any, *args: Any, **named: Any) -> Any:
        before = dict(vars(self))
        try:
            return method(self, *args, **named)
        except InputError:
            vars(self).clear()
            vars(self).update(before)
            raise

    return cast(Method, careful)


def gone_on(model: Model, data: Data) -> State:
    """Return a trained stack as the start of a training on other data.

    Raises:
        InputError: the data have other features or labels.
    """
    if (data.inputs, data.labels.tolist()) != (model.architecture.inputs, model.labels.tolist()):
        raise InputError(
            f"a training must go on with the same {model.architecture.inputs} features and labels "
            f"{model.labels.tolist()}, but got {data.inputs} and {data.labels.tolist()}; make a "
            "new classifier, or set `warm_start` to False"
        )
    new = data.samples.mean, data.samples.inverse_std
    return replace(moved(model.state, (model.mean, model.inverse_std), new), steps=0)


class Moments:
    """Mean and deviation of features over all rows seen so far, a part at a time.

    Attributes:
        count: rows seen.
        mean: of every feature, (d,).
        squares: Σ (x − mean)² of every feature, (d,).

    References:
        Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
        Variances", 1979, equation 2.1b.

    Example:
        >>> moments = Moments(1)
        >>> for part in ([[1.0]], [[3.0], [5.0]]):
        ...     moments.add(np.array(part))
        >>> mean, inverse = moments.measured()
        >>> float(mean[0]), round(float(1 / inverse[0] ** 2), 3)
        (3.0, 2.667)
    """

    def __init__(self, features: int) -> None:
        self.count = 0
        self.mean, self.squares = np.zeros(features), np.zeros(features)

    @classmethod
    def of(cls, measured: Measured, count: int) -> "Moments":
        """Return the moments of so many rows whose mean and inverse deviation are known."""
        mean, inverse = measured
        found = cls(len(mean))
        varies = inverse > 0
        found.count, found.mean = count, mean.copy()
        found.squares[varies] = count / inverse[varies] ** 2
        return found

    def add(self, X: NDArray[np.float64]) -> None:
        """Take note of further rows, (n, d)."""
        n, both = len(X), self.count + len(X)
        mean = X.mean(axis=0, dtype=np.float64)
        centred = X - mean
        away = mean - self.mean
        self.squares += (centred * centred).sum(axis=0) + away**2 * (self.count * n / both)
        self.mean = self.mean + away * (n / both)
        self.count = both

    def measured(self) -> Measured:
        """Return mean and inverse standard deviation of every feature."""
        deviation = np.sqrt(self.squares / max(1, self.count))
        inverse = np.zeros(len(deviation))
        varies = deviation > CONSTANT
        inverse[varies] = 1 / deviation[varies]
        return self.mean, inverse


def seed_of_part(seed: int, part: int) -> int:
    """Return the seed of one pass of `partial_fit`: the first has the classifier's own.

    Example:
        >>> seed_of_part(7, 0), seed_of_part(7, 1) == seed_of_part(7, 2)
        (7, False)
    """
    if part == 0:
        return seed
    return int(np.random.SeedSequence(seed, spawn_key=(part,)).generate_state(1)[0])
