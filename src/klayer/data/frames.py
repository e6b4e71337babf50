"""Tables of other makers as polars's, and what a table holds as bytes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

WHOLE = ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")


def as_frame(table: Any, labels: str | None = None) -> "pl.DataFrame":
    """Return a polars or pandas table as a polars one; what pandas calls missing becomes null.

    Args:
        table: of whichever.
        labels: the column of labels, whose categories stay of the type that they are.

    Raises:
        InputError: it is neither.

    Example:
        >>> import polars as pl
        >>> as_frame(pl.DataFrame({"a": [1]}).lazy()).shape
        (1, 1)
    """
    import polars as pl

    if isinstance(table, pl.DataFrame):
        return narrowed(table)
    if isinstance(table, pl.LazyFrame):
        return narrowed(table.collect())
    if not (hasattr(table, "columns") and hasattr(table, "isna")):
        raise InputError(f"a table must be polars' or pandas', but got {type(table).__name__}")
    names = [str(name) for name in table.columns]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"the names of columns must differ, but the table has {twice[0]!r} twice")
    return pl.DataFrame(
        [
            _series(name, table[column], texts=name != labels)
            for name, column in zip(names, table.columns, strict=True)
        ]
    )


def narrowed(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return a table with float64 for numbers that NumPy has not: decimals, and those of 128 bits.

    Example:
        >>> import polars as pl
        >>> narrowed(pl.DataFrame({"a": pl.Series([1 << 70], dtype=pl.Int128)})).dtypes
        [Float64]
    """
    import polars as pl

    wide = [
        name
        for name, kind in frame.schema.items()
        if kind.is_numeric() and not kind.is_float() and str(kind) not in WHOLE
    ]
    return frame.with_columns(pl.col(wide).cast(pl.Float64)) if wide else frame


def _series(name: str, column: Any, texts: bool) -> "pl.Series":
    """Return a column of pandas: numbers by their array, others value by value.

    Categories become texts where they are to, also those that are numbers.
    """
    import polars as pl

    if getattr(column.dtype, "kind", "O") in "biuf" and hasattr(column.dtype, "byteorder"):
        return pl.Series(name, column.to_numpy())
    values = column.astype(object).where(column.notna(), None).tolist()
    if texts and str(column.dtype) == "category":
        spoken = [None if value is None else str(value) for value in values]
        return pl.Series(name, spoken, dtype=pl.Categorical)
    return pl.Series(name, values, strict=False)


def table_bytes(frame: "pl.DataFrame") -> Iterator[memoryview]:
    """Yield what every column holds: an empty cell's place, and the bytes of numbers or texts.

    Example:
        >>> import polars as pl
        >>> [bytes(block) for block in table_bytes(pl.DataFrame({"a": ["x", None]}))]
        [b'\\x00\\x01', b'x\\x00']
    """
    import polars as pl

    for column in frame.iter_columns():
        yield column.is_null().to_numpy().data
        if column.dtype.is_temporal():
            column = column.to_physical()  # days since 1970, and the like
        if column.dtype.is_numeric():
            yield np.ascontiguousarray(column.fill_null(0).to_numpy()).data
        elif column.dtype == pl.Boolean:
            yield column.fill_null(False).cast(pl.UInt8).to_numpy().data
        else:
            texts = column.cast(pl.String, strict=False).fill_null("")
            yield memoryview("\0".join(texts.to_list()).encode())
