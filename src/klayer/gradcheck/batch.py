"""What a network's gradient is checked on: a small batch, and parameters that hide no mistake."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer import network
from klayer.architecture import Architecture, Array, Parameters
from klayer.errors import InputError
from klayer.initializers import he
from klayer.noise import dropout_factors
from klayer.randomness import Stream, generator

if TYPE_CHECKING:
    from klayer.data import Data


class Batch(NamedTuple):
    """Samples to differentiate on, and what else the cost is made of.

    Attributes:
        H: H_0, the standardised inputs, (d, n), float64.
        y: the classes, (n,).
        weights: how much every sample counts, (n,); None where all count the same.
        smoothing: α of label smoothing.
        factors: of dropout for each hidden layer, (m_l, n); none where nothing is dropped.
    """

    H: Array
    y: NDArray[np.int64]
    weights: Array | None = None
    smoothing: float = 0.0
    factors: tuple[Array, ...] = ()

    def cost(self, parameters: Parameters, lam: float, epsilon: float) -> network.Cost:
        """Return the cost of a network or a stack on these samples."""
        return network.cost(
            parameters,
            self.H,
            self.y,
            lam,
            epsilon,
            smoothing=self.smoothing,
            weights=self.weights,
            factors=self.factors,
        )

    @property
    def words(self) -> str:
        """What is beyond the plain cost, such as "dropout, label smoothing 0.1"."""
        said = {
            "dropout": bool(self.factors),
            f"label smoothing {self.smoothing:g}": self.smoothing > 0,
            "weighted samples": self.weights is not None,
        }
        return ", ".join(words for words, holds in said.items() if holds)


def synthetic_batch(inputs: int, samples: int, classes: int, seed: int) -> Batch:
    """Return standard normal inputs with classes drawn at random.

    Example:
        >>> batch = synthetic_batch(inputs=20, samples=5, classes=10, seed=0)
        >>> batch.H.shape, batch.y.shape
        ((20, 5), (5,))
    """
    _at_least_one(inputs, samples)
    draws = generator(seed, Stream.SAMPLE, 0)
    return Batch(draws.standard_normal((inputs, samples)), draws.integers(classes, size=samples))


def noisy(
    batch: Batch, hidden: Sequence[int], dropout: float = 0.2, smoothing: float = 0.1, seed: int = 0
) -> Batch:
    """Return the samples with random weights, smoothed labels and a fixed draw of dropout.

    Args:
        batch: the samples.
        hidden: widths of the hidden layers of the network to check.
        dropout: the share of activations dropped.
        smoothing: α of label smoothing.
        seed: of the draws.

    Example:
        >>> noisy(synthetic_batch(inputs=20, samples=5, classes=10, seed=0), [50]).words
        'dropout, label smoothing 0.1, weighted samples'
    """
    n, seeds = batch.y.size, np.array([seed], np.uint32)
    factors = [
        dropout_factors(seeds, 0, layer, (width, n), dropout, np.float64)[0]
        for layer, width in enumerate(hidden, 1)
    ]
    weights = generator(seed, Stream.NOISE).uniform(0.5, 1.5, n)
    return batch._replace(weights=weights, smoothing=smoothing, factors=tuple(factors))


def batch_of(data: "Data", inputs: int, samples: int, seed: int) -> Batch:
    """Return a few features of a few training rows, standardised, both drawn at random.

    Features that are constant over the training set are left out: they are zero everywhere.

    Args:
        data: where the rows come from.
        inputs: how many features.
        samples: how many rows.
        seed: of the draw.

    Returns:
        The batch, (inputs, samples).

    Raises:
        InputError: the data have fewer varying features or training rows than asked for.

    Example:
        >>> from klayer.data import load_data
        >>> batch = batch_of(load_data("digits"), inputs=20, samples=5, seed=0)
        >>> batch.H.shape, batch.y.shape
        ((20, 5), (5,))
    """
    _at_least_one(inputs, samples)
    varying = np.flatnonzero(data.samples.inverse_std > 0)
    if inputs > len(varying):
        raise InputError(
            f"`inputs` must be at most the {len(varying)} features of {data.name} that vary, "
            f"but got {inputs}"
        )
    if samples > len(data.training):
        raise InputError(
            f"`samples` must be at most the {len(data.training)} training rows of {data.name}, "
            f"but got {samples}"
        )
    draws = generator(seed, Stream.SAMPLE, 0)
    features = np.sort(draws.choice(varying, inputs, replace=False))
    rows = np.sort(draws.choice(data.training, samples, replace=False))
    return Batch(data.samples.gather(rows, np.float64)[:, features].T, data.samples.y[rows])


def draw_parameters(architecture: Architecture, seed: int) -> Parameters:
    """Return He weights, b and β from N(0, 0.1²) and γ from N(1, 0.1²), in float64.

    Training starts at b = 0, γ = 1, β = 0, where a factor γ that was left out and a bias that was
    forgotten do not show.

    Example:
        >>> drawn = draw_parameters(Architecture(20, (50,), 10, batch_norm=True), seed=0)
        >>> [name for name, _ in drawn.named()]
        ['W1', 'b1', 'gamma1', 'beta1', 'W2', 'b2']
    """
    draws = generator(seed, Stream.WEIGHTS, 0)
    found: dict[str, Array] = {}
    for name, shape in architecture.shapes:
        if name.startswith("W"):
            found[name] = he(draws, shape)
        else:
            found[name] = 0.1 * draws.standard_normal(shape) + name.startswith("gamma")
    return from_names(found)


def from_names(named: dict[str, Array]) -> Parameters:
    """Return the parameters whose `named()` gives these names and arrays."""
    fields: dict[str, list[Array]] = {"W": [], "b": [], "gamma": [], "beta": []}
    for name, array in named.items():
        fields[name.rstrip("0123456789")].append(array)
    return Parameters(**{field: tuple(arrays) for field, arrays in fields.items()})


def _at_least_one(inputs: int, samples: int) -> None:
    """Raise an InputError unless there is at least one input and one sample."""
    for name, value in (("inputs", inputs), ("samples", samples)):
        if value < 1:
            raise InputError(f"`{name}` must be at least 1, but got {value}")
