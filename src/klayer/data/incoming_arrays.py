"""Rows to predict that are arrays, some at a time: of a .npz, or of a source that is in memory."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.dataset import Source
from klayer.data.incoming import PART_BYTES, Part
from klayer.data.limits import check_array_bytes, check_unpacked
from klayer.data.npz import ArrayFile, open_array, open_npz, read_numbers, read_whole
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

ANY_LENGTH = 1 << 62  # bytes: rows that are read in parts need not fit in memory


def npz_parts(path: Path, keep: Sequence[str] = ()) -> Iterator[Part]:
    """Yield the rows of X in a .npz file, and beside them what other arrays have for each.

    An array whose columns lie one after another in the file is read whole.

    Args:
        path: of the file.
        keep: names of arrays (n,) that stand beside the rows, such as y.

    Raises:
        InputError: an array is missing, damaged, of objects, or of another length than X.
    """
    with open_npz(path) as (archive, members), ExitStack() as stack:
        for name in ("X", *keep):
            if name not in members:
                raise InputError(
                    f"{path} must hold {name}, but it holds {', '.join(members) or 'nothing'}"
                )
        wanted = [members[name] for name in ("X", *keep)]
        packed, unpacked = path.stat().st_size, sum(info.file_size for info in wanted)
        check_unpacked(str(path), unpacked, packed, ANY_LENGTH)
        X, *others = (stack.enter_context(open_array(path, archive, info)) for info in wanted)
        _check_shapes(X, others)
        yield from _parts(X, dict(zip(keep, others, strict=True)))


def source_parts(source: Source, where: str, keep: Sequence[str] = ()) -> Iterator[Part]:
    """Yield the rows of a source that is in memory.

    Args:
        source: with rows that are arrays.
        where: what it is, for the sentence.
        keep: "label" for the label beside each row.

    Raises:
        InputError: something else is to be kept.

    Example:
        >>> from klayer.data.digits import read_digits
        >>> [part.rows.shape for part in source_parts(read_digits(), "digits")]
        [(1797, 64)]
    """
    other = [name for name in keep if name != "label"]
    if other:
        raise InputError(f"only the column label of {where} can be kept, but got {other[0]!r}")
    n, row_bytes = len(source.X), source.X[0].nbytes
    for start, stop in _edges(n, row_bytes):
        beside = _beside({"label": source.labels[start:stop]} if keep else {})
        yield Part(source.X[start:stop], start + 1, stop, n, beside)


def _check_shapes(X: ArrayFile, others: Sequence[ArrayFile]) -> None:
    """Refuse features that are no rows, and another number of entries than of rows."""
    if len(X.shape) not in (2, 3, 4) or X.dtype.kind == "U":
        raise InputError(
            "features must be an array of numbers (rows, features), or pictures (rows, height, "
            f"width, channels), but {X.where} has shape {X.shape} and type {X.dtype}"
        )
    for other in others:
        if other.shape != X.shape[:1]:
            raise InputError(
                f"what is kept must have an entry for each of {X.shape[0]} rows, but "
                f"{other.where} has shape {other.shape}"
            )


def _parts(X: ArrayFile, others: dict[str, ArrayFile]) -> Iterator[Part]:
    """Yield the rows of arrays that have been checked."""
    n, *shape = X.shape
    features = math.prod(shape)
    whole, row_bytes = None, features * X.dtype.itemsize
    if X.by_columns and sum(size > 1 for size in X.shape) > 1:
        check_array_bytes(X.where, n, row_bytes)
        whole = read_whole(X)
    for start, stop in _edges(n, row_bytes):
        count = stop - start
        if whole is None:
            rows = read_numbers(X, count * features).reshape(count, *shape)
        else:
            rows = whole[start:stop]
        beside = _beside({name: read_numbers(other, count) for name, other in others.items()})
        yield Part(rows, start + 1, stop, n, beside)


def _edges(rows: int, row_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield where parts of some MiB begin and end."""
    step = max(1, PART_BYTES // max(1, row_bytes))
    for start in range(0, rows, step):
        yield start, min(start + step, rows)


def _beside(columns: dict[str, NDArray[Any]]) -> "pl.DataFrame | None":
    """Return arrays as the columns of a table; None where there are none."""
    import polars as pl

    if not columns:
        return None
    return pl.DataFrame({name: _values(values) for name, values in columns.items()})


def _values(values: NDArray[Any]) -> Any:
    """Return values in a form that polars takes: texts as a list, half precision as single."""
    if values.dtype.kind == "U":
        return values.tolist()
    return values.astype(np.float32) if values.dtype == np.float16 else values
