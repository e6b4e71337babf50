"""The rows that engines read: raw features, labels, and the standardisation applied on the way.

Pictures stay raw uint8 in one array. A row is standardised when it is gathered into a batch:
x ↦ (x − mean) · inverse_std, feature by feature; a constant feature has inverse_std 0. Of float64
features the mean is taken in float64, so that large ones of small spread lose nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from klayer.architecture import Array
from klayer.frequencies import Frequencies

CHUNK_BYTES = 1 << 25
CONSTANT = 1e-30  # a standard deviation of so little counts as none: float32 has no inverse of it


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows of features with their classes and standardisation.

    Attributes:
        X: raw features, (n, d), uint8, float32 or float64, C-contiguous.
        y: classes 0 … K − 1, (n,), int64.
        mean: the training rows' mean of every feature, (d,), float64.
        inverse_std: 1/standard deviation of every feature, (d,), float64; 0 for a constant one.
        weights: how much every row counts in the cost, (n,), float64, of mean 1 over the training
            rows; None where all count the same. Evaluations never look at them.
        frequencies: what a network reads of pictures in place of their pixels; then X holds
            pictures, and mean and inverse_std, which is their scale, are of the frequencies.
    """

    X: Array
    y: NDArray[np.int64]
    mean: NDArray[np.float64]
    inverse_std: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None
    frequencies: Frequencies | None = None

    def __repr__(self) -> str:
        rows, features = self.X.shape
        return f"Samples({rows:,} rows of {features:,} features, {self.X.dtype})"

    def gather(
        self,
        rows: Any,
        dtype: DTypeLike = np.float32,
        change: Callable[[Array], Array] | None = None,
    ) -> Array:
        """Return the standardised rows, (len(rows), d), in `dtype`.

        Args:
            rows: their indices.
            dtype: of the result.
            change: what is done to the raw rows before, such as moving pictures.

        Example:
            >>> samples = Samples(np.array([[3], [5]], np.uint8), np.array([0, 1]),
            ...                   mean=np.array([4.0]), inverse_std=np.array([1.0]))
            >>> samples.gather([1, 0]).T
            array([[ 1., -1.]], dtype=float32)
        """
        wide = np.result_type(dtype, self.X.dtype) if self.X.dtype.kind == "f" else dtype
        raw: Array = self.X[rows] if change is None else change(self.X[rows])
        seen = self.frequencies
        batch: Array = raw.astype(wide) if seen is None else seen(raw, wide)
        batch -= self.mean.astype(wide)
        batch *= self.inverse_std.astype(wide)
        return batch.astype(dtype, copy=False)


def standardisation(
    X: Array, rows: Any, frequencies: Frequencies | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and 1/standard deviation of each feature over `rows`, read in chunks.

    The standard deviation is the root of the mean square about the mean. Where a feature is
    constant over `rows`, the second value is 0, so that the standardised feature is 0 everywhere.
    Frequencies of pictures are scaled by 1/√(their deviation · the mean deviation) instead.

    Args:
        X: raw features, (n, d).
        rows: the training rows' indices.
        frequencies: what is read of the rows in place of their pixels.

    Returns:
        mean (d,) and inverse_std (d,), float64.

    Example:
        >>> mean, inverse_std = standardisation(np.array([[1.0, 7.0], [3.0, 7.0]]), [0, 1])
        >>> mean, inverse_std
        (array([2., 7.]), array([1., 0.]))
    """
    rows = np.asarray(rows)
    if frequencies is not None:
        mean, deviation = _of_frequencies(X, rows, frequencies)
    else:
        mean, deviation = _exact(X, rows) if X.dtype == np.uint8 else _two_passes(X, rows)
    inverse_std = np.zeros(mean.size)
    varies = deviation > CONSTANT
    inverse_std[varies] = 1 / deviation[varies]
    return mean, inverse_std


def _chunks(X: Array, rows: Any) -> list[Any]:
    """Return the rows' indices in parts of some MiB, and of at most 2¹⁶ rows."""
    step = min(1 << 16, max(1, CHUNK_BYTES // (8 * X.shape[1])))
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _exact(X: Array, rows: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of uint8 features, from whole numbers: √(nΣx² − (Σx)²)/n.

    A part's sums fit in 32 bits: 2¹⁶ · 255² < 2³².
    """
    total = np.zeros(X.shape[1], np.int64)
    squares = np.zeros(X.shape[1], np.int64)
    for chunk in _chunks(X, rows):
        part = X[chunk].astype(np.uint16)
        total += part.sum(axis=0, dtype=np.uint32)
        part *= part
        squares += part.sum(axis=0, dtype=np.uint32)
    n = len(rows)
    spread = (
        n * squares.astype(object) - total.astype(object) ** 2
    )  # beyond 64 bits from n = 10⁷ on
    return total / n, np.sqrt(spread.astype(np.float64)) / n


def _of_frequencies(
    X: Array, rows: Any, frequencies: Frequencies
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of frequencies, and √(deviation · mean deviation), which divides them.

    That is halfway between one scale for all, with which the lowest outweigh the others, and
    whitening, which makes the highest, mostly noise, as large as the lowest. The mean square is 1
    with all three.
    """
    picture = _exact(X, rows)[0]
    squares = np.zeros(frequencies.size)
    for chunk in _chunks(X, rows):
        centred = frequencies(X[chunk] - picture.astype(np.float32), np.float32)
        squares += np.einsum("ij,ij->j", centred, centred)
    deviation = np.sqrt(squares / len(rows))
    deviation[deviation < 1e-6 * deviation.max(initial=0)] = 0  # rounding
    return frequencies(picture[None])[0], np.sqrt(deviation * deviation.mean())


def _two_passes(X: Array, rows: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of floats: first the mean, then √(Σ(x − mean)²/n)."""
    total = np.zeros(X.shape[1])
    low = np.full(X.shape[1], np.inf)
    high = np.full(X.shape[1], -np.inf)
    for chunk in _chunks(X, rows):
        part = X[chunk]
        total += part.sum(axis=0, dtype=np.float64)
        low = np.minimum(low, part.min(axis=0))
        high = np.maximum(high, part.max(axis=0))
    mean = total / len(rows)
    squares = np.zeros(X.shape[1])
    for chunk in _chunks(X, rows):
        centred = X[chunk] - mean
        squares += np.einsum("ij,ij->j", centred, centred)
    return mean, np.where(high > low, np.sqrt(squares / len(rows)), 0)
