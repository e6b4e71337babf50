"""From arrays in memory to a `Data` set: rows stay where they are, sets are indices into them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets

from klayer.architecture import Array
from klayer.data import Data
from klayer.data.features import kept_features
from klayer.data.split import draw_split
from klayer.errors import InputError
from klayer.estimator.weights import (
    Measured,
    Rows,
    Weights,
    of_mean_one,
    weighted_standardisation,
)
from klayer.samples import Samples, standardisation


def data_of(
    X: Array,
    y: NDArray[np.int64],
    labels: NDArray[Any],
    names: tuple[str, ...] | None,
    training: Rows,
    validation: Rows,
    weights: Weights | None = None,
    measured: Measured | None = None,
) -> Data:
    """Return rows in memory as a data set; nothing is copied that is one block of numbers.

    Args:
        X: features, (n, d).
        y: classes 0 … K − 1, (n,).
        labels: the label of each class, (K,).
        names: of the columns, if known.
        training: row indices.
        validation: row indices, maybe none.
        weights: how much every row of X counts, (n,), of any scale; rows beyond them count once.
        measured: mean and inverse deviation of every feature, each (d,); the training rows' own
            by default.

    Raises:
        InputError: a feature is beyond what single precision holds.
    """
    X = kept_features(X, names)
    if weights is not None:
        weights = np.concatenate([of_mean_one(weights, training), np.ones(len(X) - len(weights))])
    if measured is None and weights is not None:
        measured = weighted_standardisation(X, training, weights)
    return Data(
        name="X",
        samples=Samples(X, y, *(measured or standardisation(X, training)), weights=weights),
        training=training,
        validation=validation,
        test=np.empty(0, np.int64),
        labels=labels,
        class_names=tuple(str(label) for label in labels.tolist()),
        feature_names=names,
        picture=None,
        fingerprint="",
    )


def unchanged(features: int) -> Measured:
    """Return the standardisation that leaves features as they are."""
    return np.zeros(features), np.ones(features)


def encoded(y: Array, labels: NDArray[Any], name: str = "y") -> NDArray[np.int64]:
    """Return the class 0 … K − 1 of every label.

    Raises:
        InputError: a label is not among those known.

    Example:
        >>> encoded(np.array(["b", "a"]), np.array(["a", "b"]))
        array([1, 0])
    """
    unknown = np.setdiff1d(y, labels)
    if len(unknown):
        raise InputError(
            f"labels in `{name}` must be among {labels.tolist()}, but got {unknown[0]!r}"
        )
    return np.searchsorted(labels, y).astype(np.int64)


def distinct(y: Array) -> NDArray[Any]:
    """Return the labels that occur, sorted, (K,).

    Raises:
        InputError: there are fewer than two.
    """
    check_classification_targets(y)
    labels: NDArray[Any] = np.unique(y)
    if len(labels) < 2:
        raise InputError(
            f"a classifier needs at least two classes, but got 1 class: {labels.tolist()}"
        )
    return labels


def held_out(y: NDArray[np.int64], rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Return which of some rows are for training and which for validation, class by class.

    Args:
        y: classes of all rows, (n,).
        rows: indices of those to divide.
        share: of them for validation.
        seed: of the split.

    Raises:
        InputError: the rows are too few for two sets.
    """
    count = max(1, round(share * len(rows)))
    training, validation, _ = draw_split(
        y[rows], np.empty(0, np.int64), validation=count, test=0, seed=seed, stratify=True
    )
    return rows[training], rows[validation]
