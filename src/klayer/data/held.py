"""What the caller holds in memory: a table, or rows and their labels."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from klayer.data.dataset import Source
from klayer.data.frames import as_frame
from klayer.data.planes import source_of
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
        target = None if target is None else str(target)  # as the names are
        frame = as_frame(source, target)
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
    return source_of(np.asarray(X), labels)
