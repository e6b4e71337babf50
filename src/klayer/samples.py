"""The rows that engines read: raw features, labels, and the standardisation applied on the way.

Pictures stay raw uint8 in one array. A row is standardised when it is gathered into a batch:
x ↦ (x − mean) · inverse_std, feature by feature; a constant feature has inverse_std 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from klayer.architecture import Array

CHUNK_BYTES = 1 << 25


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows of features with their classes and standardisation.

    Attributes:
        X: raw features, (n, d), uint8, float32 or float64, C-contiguous.
        y: classes 0 … K − 1, (n,), int64.
        mean: the training rows' mean of every feature, (d,), float64.
        inverse_std: 1/standard deviation of every feature, (d,), float64; 0 for a constant one.
    """

    X: Array
    y: NDArray[np.int64]
    mean: NDArray[np.float64]
    inverse_std: NDArray[np.float64]

    def gather(self, rows: Any, dtype: DTypeLike = np.float32) -> Array:
        """Return the standardised rows, (len(rows), d), in `dtype`.

        Example:
            >>> samples = Samples(np.array([[3], [5]], np.uint8), np.array([0, 1]),
            ...                   mean=np.array([4.0]), inverse_std=np.array([1.0]))
            >>> samples.gather([1, 0]).T
            array([[ 1., -1.]], dtype=float32)
        """
        batch: Array = self.X[rows].astype(dtype)
        batch -= self.mean.astype(dtype)
        batch *= self.inverse_std.astype(dtype)
        return batch


def standardisation(X: Array, rows: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and 1/standard deviation of each feature over `rows`, read in chunks.

    The standard deviation is the root of the mean square about the mean. Where a feature is
    constant over `rows`, the second value is 0, so that the standardised feature is 0 everywhere.

    Args:
        X: raw features, (n, d).
        rows: the training rows' indices.

    Returns:
        mean (d,) and inverse_std (d,), float64.

    Example:
        >>> mean, inverse_std = standardisation(np.array([[1.0, 7.0], [3.0, 7.0]]), [0, 1])
        >>> mean, inverse_std
        (array([2., 7.]), array([1., 0.]))
    """
    rows = np.asarray(rows)
    step = max(1, CHUNK_BYTES // (8 * X.shape[1]))
    chunks = [rows[start : start + step] for start in range(0, len(rows), step)]
    total = np.zeros(X.shape[1])
    low = np.full(X.shape[1], np.inf)
    high = np.full(X.shape[1], -np.inf)
    for chunk in chunks:
        part = X[chunk]
        total += part.sum(axis=0, dtype=np.float64)
        low = np.minimum(low, part.min(axis=0))
        high = np.maximum(high, part.max(axis=0))
    mean = total / len(rows)
    squares = np.zeros(X.shape[1])
    for chunk in chunks:
        centred = X[chunk] - mean
        squares += np.einsum("ij,ij->j", centred, centred)
    varies = high > low
    inverse_std = np.zeros(X.shape[1])
    inverse_std[varies] = 1 / np.sqrt(squares[varies] / len(rows))
    return mean, inverse_std
