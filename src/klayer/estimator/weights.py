"""How much every row counts: `sample_weight` times `class_weight`, of mean 1 over training rows.

The cost of a batch is (1/n) Σ_i w_i ℓ_i. With weights of mean 1 over the N training rows, the cost
over all of them is Σ_i w_i ℓ_i/Σ_i w_i: a row of weight 2 counts as the same row twice does, and
weights of another scale change nothing.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight

from klayer.architecture import Array
from klayer.samples import CHUNK_BYTES, CONSTANT

Rows = NDArray[np.int64]
Measured = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Mean and inverse standard deviation of every feature, each (d,); 0 for a constant one."""
Weights = NDArray[np.float64]


def weights_of(sample_weight: Any, class_weight: Any, X: Array, y: Array) -> Weights | None:
    """Return the weight of every row, (n,); None where all count the same.

    Args:
        sample_weight: (n,), or None.
        class_weight: {label: weight}, "balanced" for n/(K n_label), or None.
        X: the rows, (n, d).
        y: their labels, (n,).

    Raises:
        ValueError: a weight is negative or not finite, all are 0, or `class_weight` is none of
            these.
    """
    if sample_weight is None and class_weight is None:
        return None
    found = np.ones(len(y))
    if sample_weight is not None:
        found = _check_sample_weight(
            sample_weight, X, dtype=np.float64, copy=True, ensure_non_negative=True
        )
    if class_weight is not None:
        found = found * compute_sample_weight(class_weight, y)
    return np.asarray(found, np.float64)


def counted(y: Array, weights: Weights | None) -> Rows:
    """Return the indices of the rows that count: all, or those of a weight above 0."""
    return np.arange(len(y)) if weights is None else np.flatnonzero(weights)


def of_mean_one(weights: Weights, training: Rows) -> Weights:
    """Return weights scaled so that their mean over the training rows is 1."""
    found: Weights = weights / weights[training].mean()
    return found


def weighted_standardisation(X: Array, rows: Rows, weights: Weights) -> Measured:
    """Return weighted mean and 1/standard deviation of each feature over `rows`, read in chunks.

    Args:
        X: features, (n, d).
        rows: the training rows' indices.
        weights: of all rows, (n,).

    Example:
        >>> X, weights = np.array([[1.0], [4.0]]), np.array([2.0, 1.0])
        >>> mean, inverse_std = weighted_standardisation(X, np.arange(2), weights)
        >>> float(mean[0]), round(float(1 / inverse_std[0] ** 2), 3)
        (2.0, 2.0)
    """
    step = max(1, CHUNK_BYTES // (8 * X.shape[1]))
    chunks = [rows[start : start + step] for start in range(0, len(rows), step)]
    total = weights[rows].sum()
    mean = sum((weights[chunk] @ X[chunk] for chunk in chunks), np.zeros(X.shape[1])) / total
    squares = np.zeros(X.shape[1])
    for chunk in chunks:
        centred = X[chunk] - mean
        squares += weights[chunk] @ (centred * centred)
    deviation = np.sqrt(squares / total)
    inverse_std = np.zeros(X.shape[1])
    varies = deviation > CONSTANT
    inverse_std[varies] = 1 / deviation[varies]
    return mean, inverse_std
