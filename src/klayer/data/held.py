"""What the caller holds in memory: a table, or rows and their labels."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer.data.dataset import Source
from klayer.data.frames import as_frame
from klayer.data.tables import check_target, labels_of
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    Held = tuple[ArrayLike | pl.DataFrame, ArrayLike] | pl.DataFrame


def name_of(source: Any) -> str:
    """Return what a source is called: as it was asked for, or what it is where it is held.

    Example:
        >>> name_of("digits"), name_of(([[1], [2]], [0, 1]))
        ('digits', 'arrays')
    """
    if isinstance(source, tuple):
        return "arrays"
    return "table" if hasattr(source, "columns") else str(source)


def read_held(source: Any, target: str | None) -> Source:
    """Take rows from memory.

    Args:
        source: a table (polars or pandas); or (X, y) with X a table, an array (n, d) of numbers,
            or pictures (n, height, width) or (n, height, width, channels) of bytes, and y (n,).
        target: the column of labels of a table.

    Raises:
        InputError: it is something else, or `target` does not fit.

    Example:
        >>> read_held((np.zeros((2, 4, 3), np.uint8), ["a", "b"]), None).picture
        (4, 3, 1)
    """
    if not isinstance(source, tuple):
        if not hasattr(source, "columns"):
            raise InputError(
                f"SOURCE must be a name, a path, a table or (X, y), but got {type(source).__name__}"
            )
        frame = as_frame(source)
        target = None if target is None else str(target)  # as the names are
        check_target("the table", target, frame.columns)
        return Source(frame.drop(str(target)), labels_of("the table", frame[str(target)]))
    if len(source) != 2 or target is not None:
        raise InputError(
            "rows in memory must be (X, y), without `target`, but got a tuple of "
            f"{len(source)} with target={target!r}"
        )
    X, y = source
    labels = np.asarray(y.tolist() if hasattr(y, "tolist") else y)
    if hasattr(X, "columns"):
        return Source(as_frame(X), labels)
    rows = np.asarray(X)
    if rows.ndim not in (3, 4):
        return Source(rows, labels)
    return Source(planes(rows), labels, picture=(*rows.shape[1:], 1)[:3])


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
