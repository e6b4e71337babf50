"""Labels of any kind become classes 0 … K − 1, and can be given back as they were."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.limits import MAX_CLASSES, MAX_LABEL_LENGTH
from klayer.errors import InputError

KINDS = "biufU"  # NumPy's letters for truth values, whole numbers, floats and text


def encode_labels(labels: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Number the sorted labels 0 … K − 1.

    Args:
        labels: one for each row, (n,): whole numbers, text or truth values; floats only if whole.

    Returns:
        Classes (n,) int64, and the label of each class (K,) as it was: `known[y]` is `labels`.

    Raises:
        InputError: the labels are of another kind, or there are fewer than two classes or too
            many.

    Example:
        >>> encode_labels(np.array(["dog", "cat", "dog"]))
        (array([1, 0, 1]), array(['cat', 'dog'], dtype='<U3'))
    """
    if labels.ndim != 1 or labels.dtype.kind not in KINDS:
        raise InputError(
            "labels must be one whole number, text or truth value for each row, but got "
            f"an array of shape {labels.shape} and type {labels.dtype}"
        )
    if labels.dtype.kind == "f":
        _check_whole(labels)
    if labels.dtype.kind == "U" and labels.dtype.itemsize > 4 * MAX_LABEL_LENGTH:
        raise InputError(
            f"a label must have at most {MAX_LABEL_LENGTH} characters, "
            f"but one has {labels.dtype.itemsize // 4}"
        )
    known, y = np.unique(labels, return_inverse=True)
    if len(known) < 2:
        found = f"all are {known[0].item()!r}" if len(known) else "there are no rows"
        raise InputError(f"labels must be of at least two classes, but {found}")
    if len(known) > MAX_CLASSES:
        raise InputError(
            f"labels must be of at most {MAX_CLASSES} classes, but got {len(known)} in "
            f"{len(labels)} rows; is this column a quantity rather than a class?"
        )
    return y.astype(np.int64), known


def _check_whole(labels: NDArray[Any]) -> None:
    """Refuse floats that are not whole numbers: they are quantities, not classes."""
    bad = np.flatnonzero(~np.isfinite(labels) | (labels != np.round(labels)))
    if len(bad):
        raise InputError(
            "labels that are floats must be whole numbers, but row "
            f"{bad[0] + 1} has {labels[bad[0]].item()!r}; a classifier does not answer quantities"
        )
