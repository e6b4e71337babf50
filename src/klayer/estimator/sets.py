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
from klayer.samples import Samples, standardisation

Rows = NDArray[np.int64]
Measured = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Mean and inverse standard deviation of every feature, each (d,); 0 for a constant one."""


def data_of(
    X: Array,
    y: NDArray[np.int64],
    labels: NDArray[Any],
    names: tuple[str, ...] | None,
    training: Rows,
    validation: Rows,
    measured: Measured | None,
) -> Data:
    """Return rows in memory as a data set; nothing is copied that is one block of numbers.

    Args:
        X: features, (n, d).
        y: classes 0 … K − 1, (n,).
        labels: the label of each class, (K,).
        names: of the columns, if known.
        training: row indices.
        validation: row indices, maybe none.
        measured: mean and inverse deviation of every feature, each (d,); the training rows' own
            by default.

    Raises:
        InputError: a feature is beyond what single precision holds.
    """
    X = kept_features(X, names)
    return Data(
        name="X",
        samples=Samples(X, y, *(measured or standardisation(X, training))),
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


def held_out(y: NDArray[np.int64], share: float, seed: int) -> tuple[Rows, Rows]:
    """Return row indices for training and validation, the classes' shares kept.

    Raises:
        InputError: the rows are too few for two sets.
    """
    count = max(1, round(share * len(y)))
    training, validation, _ = draw_split(
        y, np.empty(0, np.int64), validation=count, test=0, seed=seed, stratify=True
    )
    return training, validation


def joined(X: Array, X_val: Array) -> Array:
    """Return the training rows with the validation rows below them, in one array.

    Raises:
        InputError: they have other numbers of features.
    """
    if X.shape[1] != X_val.shape[1]:
        raise InputError(
            f"`X_val` must have the {X.shape[1]} features of X, but got {X_val.shape[1]}"
        )
    return np.concatenate([X, X_val])
