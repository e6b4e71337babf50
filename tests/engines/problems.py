"""Random problems for engines: a stack, samples, mini-batches, rates and penalties."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from klayer.architecture import Architecture, Array
from klayer.augmentation import Augmentation
from klayer.engines import Engine, Objective
from klayer.samples import Samples, standardisation
from klayer.state import State, initial_state
from klayer.updates import SGD, AdamW, Momentum, Update

PLAIN = SGD()


@dataclass(frozen=True)
class Problem:
    """Everything that a training is determined by, but for the engine."""

    state: State
    samples: Samples
    order: NDArray[np.int64]
    offsets: NDArray[np.int64]
    rates: NDArray[np.float64]
    objective: Objective
    update: Update = PLAIN

    def train(self, engine: Engine, start: int = 0, stop: int | None = None,
              state: State | None = None) -> tuple[State, NDArray[np.float64]]:  # fmt: skip
        """Do updates [start, stop) on `engine`."""
        stop = len(self.rates) if stop is None else stop
        offsets = self.offsets[start : stop + 1]
        return engine.train(
            state or self.state, self.samples, self.order[offsets[0] : offsets[-1]],
            offsets - offsets[0], self.rates[start:stop], self.objective, self.update,
        )  # fmt: skip

    def alone(self, position: int) -> "Problem":
        """Return the problem of one network of the stack."""
        rates = self.rates if self.rates.ndim == 1 else self.rates[:, position : position + 1]
        own = slice(position, position + 1)
        objective = replace(
            self.objective,
            lam=self.objective.lam[own],
            dropout_seeds=self.objective.dropout_seeds[own],
        )
        state = self.state.network(position)
        return replace(self, state=state, rates=rates, objective=objective)


def make_problem(
    inputs: int = 23, hidden: tuple[int, ...] = (7, 5), classes: int = 3, batch_norm: bool = True,
    networks: int = 2, batch: int = 10, steps: int = 1, features: Any = np.uint8,
    dtype: Any = np.float64, seed: int = 0, rate: float = 0.1,
) -> Problem:  # fmt: skip
    """Return a problem with random numbers everywhere; the last mini-batch is a partial one."""
    rng = np.random.default_rng(seed)
    n = 2 * batch + 3
    X: Array = rng.integers(0, 256, (n, inputs), np.uint8)
    if features is not np.uint8:
        X = rng.standard_normal((n, inputs)).astype(features)
    y = rng.integers(0, classes, n)
    state = initial_state(
        Architecture(inputs, hidden, classes, batch_norm, epsilon=1e-5), networks, dtype
    )
    for W in state.parameters.W:
        W[...] = rng.standard_normal(W.shape) * np.sqrt(2 / W.shape[-1])
    for vectors in (state.parameters.b, state.parameters.beta):
        for vector in vectors:
            vector[...] = 0.3 * rng.standard_normal(vector.shape)
    for gamma in state.parameters.gamma:
        gamma[...] = rng.uniform(0.5, 1.5, gamma.shape)
    sizes = np.full(steps, batch)
    if steps > 1:
        sizes[-1] = max(2, batch // 2 + 1)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Problem(
        state,
        Samples(X, y, *standardisation(X, np.arange(n))),
        rng.integers(0, n, offsets[-1]),
        offsets,
        rate * rng.uniform(0.5, 1, (steps, networks)),
        Objective(rng.uniform(0, 0.01, networks)),
    )


RULES: dict[str, Update] = {
    "momentum": Momentum(0.8),
    "nesterov": Momentum(0.8, nesterov=True),
    "adamw": AdamW(0.8, 0.95, 1e-4, weight_decay=0.1),
}
PICTURE = (3, 4, 2)


def with_features(problem: Problem, *names: str) -> Problem:
    """Return the problem with features beyond plain gradient descent.

    Slots are as if after some updates; rows that are to be moved must have 3 · 4 · 2 features.
    """
    rng = np.random.default_rng(1)
    networks, state, samples = problem.state.networks, problem.state, problem.samples
    settings: dict[str, Any] = {
        "label_smoothing": {"label_smoothing": 0.15},
        "dropout": {"dropout": 0.3},
        "clip_norm": {"clip_norm": 0.1},
        "flip": {"augmentation": Augmentation(PICTURE, True, 0, seed=5)},
        "shift": {"augmentation": Augmentation(PICTURE, "flip" in names, 2, seed=5)},
    }
    objective = replace(
        problem.objective,
        dropout_seeds=rng.integers(0, 2**32, networks).astype(np.uint32),
        **{key: value for name in names for key, value in settings.get(name, {}).items()},
    )
    update = next((RULES[name] for name in names if name in RULES), problem.update)
    slots = {
        name: rng.uniform(0, 0.1, state.theta.size).astype(state.theta.dtype)
        for name in update.slots
    }
    if "weights" in names:
        samples = replace(samples, weights=rng.uniform(0, 2, len(samples.y)))
    state = replace(state, slots=slots, steps=7)
    return replace(problem, state=state, samples=samples, objective=objective, update=update)


def drawn(count: int) -> settings:
    """Draw the same `count` examples in every run, however long one takes."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def problems(
    draw: st.DrawFn,
    steps: int = 1,
    dtype: Any = np.float64,
    deepest: int = 3,
    least_batch: int = 2,
    most_batch: int = 257,
    inputs: int | None = None,
) -> Problem:
    """Draw a problem of any shape the engines promise to take, or with so many inputs.

    With batches of very few samples, batch normalisation's gradient is a difference of nearly equal
    numbers, which float32 cannot resolve: `least_batch` keeps away from that.
    """
    width = st.one_of(st.integers(1, 12), st.integers(1, 300))
    hidden = tuple(draw(st.lists(width, max_size=deepest - 1)))
    networks = draw(st.integers(1, 9))
    large = networks * sum(hidden) > 600  # keeps a draw within a fraction of a second
    any_inputs = st.one_of(st.integers(1, 70), st.integers(1, 300 if large else 3072))
    return make_problem(
        inputs=draw(any_inputs) if inputs is None else inputs,
        hidden=hidden,
        classes=draw(st.integers(2, 20)),
        batch_norm=draw(st.booleans()),
        networks=networks,
        batch=draw(
            st.one_of(
                st.integers(least_batch, min(30, most_batch)), st.integers(least_batch, most_batch)
            )
        ),
        steps=steps,
        features=draw(st.sampled_from([np.uint8, np.float32, np.float64])),
        dtype=dtype,
        seed=draw(st.integers(0, 2**16)),
    )


def assert_close(
    found: State, true: State, before: State, relative: float, rounding: float
) -> None:
    """Compare every array: within `relative` of the array's largest change, and its rounding.

    Entries are not compared one by one relative to themselves: many true gradients are 0 (b before
    batch normalisation), and rounding is as large as the array's largest terms.
    """
    for one, other, old in zip(found.arrays(), true.arrays(), before.arrays(), strict=True):
        change = np.abs(other.astype(float) - old).max()
        largest = np.abs(other).max()
        allowed = relative * change + rounding * max(largest, 1e-3)
        np.testing.assert_allclose(one, other, rtol=0, atol=allowed)


def assert_same(found: State, true: State) -> None:
    """Compare every number bit for bit."""
    for one, other in zip(found.arrays(), true.arrays(), strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


def assert_shared_to_the_bit(problem: Problem) -> None:
    """Train by any number of threads, and each network alone: the same bits."""
    from klayer.engines.native import NativeEngine

    true, losses = problem.train(NativeEngine(1))
    for threads in (2, 3, 4):
        found, others = problem.train(NativeEngine(threads))
        assert_same(found, true)
        np.testing.assert_array_equal(others, losses)
    for position in range(true.networks):
        alone, own = problem.alone(position).train(NativeEngine(2))
        assert_same(alone, true.network(position))
        np.testing.assert_array_equal(own[:, 0], losses[:, position])
