"""Pictures that are arrays of three or four dimensions, as the rows that networks read."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.dataset import Source
from klayer.errors import InputError


def source_of(X: NDArray[Any], labels: NDArray[Any]) -> Source:
    """Return rows (n, d) as they are, and pictures as rows that are known to be pictures.

    Args:
        X: numbers, (n, d); or bytes, (n, height, width) or (n, height, width, channels).
        labels: (n,).

    Raises:
        InputError: pictures are of another type or shape.

    Example:
        >>> source_of(np.zeros((2, 4, 3), np.uint8), np.array([0, 1])).picture
        (4, 3, 1)
    """
    if X.ndim not in (3, 4):
        return Source(X, labels)
    return Source(planes(X), labels, picture=(*X.shape[1:], 1)[:3])


def planes(rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Return pictures as they are kept: a row for each, one colour's plane after another.

    Args:
        rows: bytes, (n, height, width) or (n, height, width, channels).

    Raises:
        InputError: they are of another type or shape.

    Example:
        >>> planes(np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)).tolist()
        [[0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]]
    """
    if rows.dtype != np.uint8 or (rows.ndim == 4 and rows.shape[3] not in (1, 3)):
        raise InputError(
            "pictures must be bytes (uint8) of shape (n, height, width) or (n, height, width, 1 or "
            f"3), but got {rows.dtype} of shape {rows.shape}; other features are rows (n, d)"
        )
    ordered = rows if rows.ndim == 3 else np.moveaxis(rows, 3, 1)
    return np.ascontiguousarray(ordered).reshape(len(rows), -1)
