"""Tables, .csv, .tsv and .parquet, with a named column of labels, read by polars."""

from collections import Counter
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.dataset import Source
from klayer.data.frames import narrowed
from klayer.data.limits import (
    MAX_CLASSES,
    MAX_LABEL_LENGTH,
    check_array_bytes,
    check_unpacked,
)
from klayer.data.parquet import open_parquet
from klayer.data.readable import readable
from klayer.data.separators import separator_of, with_points
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

KIND = "table with a line of names"
CELLS = 1 << 23  # of a Parquet file, from one process to the other at once


def read_table(path: Path, target: str | None, as_text: Collection[str] = ()) -> Source:
    """Read a table; every column but the target is to become features.

    Args:
        path: of a .csv or .tsv with a line of names, or a .parquet.
        target: the column of labels.
        as_text: columns of a .csv to be read as they are written, even where all are numbers.

    Returns:
        X, the table's other columns as they are; labels, whole numbers where all are, else text.

    Raises:
        InputError: there is no such column, a label is missing, or the file is damaged. Rows are
            counted from 1, without the line of names.
    """
    parquet = path.suffix.lower() == ".parquet"
    frame = _read_parquet(path, target) if parquet else _read_csv(path, target, as_text)
    if not frame.height:
        raise InputError(f"a table must have rows, but {path} has none")
    features = frame.drop(str(target))
    if not features.width:
        raise InputError(f"a table must have a column beside the target, but {path} has none")
    return Source(narrowed(features), labels_of(str(path), frame[str(target)], parse=not parquet))


def _csv_names(path: Path, separator: str) -> list[str]:
    """Return the line of names; polars would give a second column of one name another."""
    import polars as pl

    line = pl.read_csv(
        path, n_rows=1, has_header=False, infer_schema=False, separator=separator, glob=False
    )
    names = [name or "" for name in line.row(0)]
    check_names(str(path), names)
    return names


def check_names(where: str, names: list[str]) -> None:
    """Refuse two columns of one name; polars would give the second another.

    Raises:
        InputError: there are two.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        number = twice[0].replace(".", "", 1).lstrip("-").isdecimal()
        hint = "; does it begin with a line of names?" if number else ""
        raise InputError(
            f"the names of columns must differ, but {where} has {twice[0]!r} twice{hint}"
        )


def _read_csv(path: Path, target: str | None, as_text: Collection[str]) -> "pl.DataFrame":
    """Read a .csv; some columns stay text, the types of others are found from all rows."""
    import polars as pl

    with readable(str(path), KIND):
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            separator = separator_of(str(path), file)
        names = _csv_names(path, separator)
    check_target(str(path), target, names)
    overrides = dict.fromkeys([str(target), *as_text], pl.String)
    with readable(str(path), KIND):
        frame = pl.read_csv(
            path,
            infer_schema_length=None,
            schema_overrides=overrides,
            separator=separator,
            glob=False,
        )
    if str(target) not in frame.columns:
        raise InputError(f"{path} must be a whole {KIND}, but its names can be read in two ways")
    return with_points(_without_blank_end(frame), separator, [str(target)])


def _without_blank_end(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Return a table without the rows that blank lines at the end of its file became."""
    import polars as pl

    filled = frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
    return frame.head(filled[-1] + 1 if len(filled) else 0)


def _read_parquet(path: Path, target: str | None) -> "pl.DataFrame":
    """Read a .parquet, once it is known that the table can be held."""
    import polars as pl

    with open_parquet(path, CELLS) as file:
        check_target(str(path), target, file.names)
        check_array_bytes(str(path), file.rows, 8 * len(file.names))
        check_unpacked(str(path), file.rows * len(file.names), path.stat().st_size)
        return pl.concat(file.parts) if file.rows else pl.DataFrame()


def check_target(where: str, target: str | None, names: list[str]) -> None:
    """Refuse a target that is not a column.

    Raises:
        InputError: it is none of the names, or none was given.
    """
    if target in names:
        return
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    bare = [name for name in names if target is not None and name.strip() == target.strip()]
    close = bare or get_close_matches(target or "", names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    got = "none was given" if target is None else f"got {target!r}{hint}"
    raise InputError(
        f"`target` must name the column of labels in {where}, but {got} (its columns: {shown})"
    )


def labels_of(where: str, column: "pl.Series", parse: bool = False) -> NDArray[Any]:
    """Return the labels in a column.

    Args:
        where: the table, for the sentence.
        column: with a label in every row.
        parse: it was written as text: spaces around a label do not count, and texts that are all
            whole numbers become those.

    Raises:
        InputError: a label is missing, or they are of another kind or too many.
    """
    import polars as pl

    if parse and column.dtype == pl.String:
        column = column.str.strip_chars().replace("", None)
    if column.null_count():
        row = int(column.is_null().arg_max() or 0) + 1
        raise InputError(
            f"every row must have a label, but column {column.name!r}, row {row} of {where} is "
            "empty"
        )
    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        try:
            return column.to_numpy()
        except pl.exceptions.PolarsError as error:
            raise InputError(
                f"labels must be whole numbers, texts or truth values, but column "
                f"{column.name!r} of {where} has the type {column.dtype}"
            ) from error
    if parse:
        whole = column.cast(pl.Int64, strict=False)
        if not whole.null_count() and (whole.cast(pl.String) == column).all():
            return whole.to_numpy()
        floats = column.cast(pl.Float64, strict=False)
        if not floats.null_count() and not (floats == floats.round()).all():
            return floats.to_numpy()  # quantities: refused by `encode_labels` in its own words
    longest = int(column.str.len_chars().max() or 0)  # type: ignore[arg-type]
    if longest > MAX_LABEL_LENGTH or column.n_unique() > MAX_CLASSES:
        raise InputError(
            f"labels must be of at most {MAX_CLASSES} classes and {MAX_LABEL_LENGTH} characters, "
            f"but column {column.name!r} of {where} has {column.n_unique()} different ones of up "
            f"to {longest} characters"
        )
    return np.array(column.to_list(), dtype=np.str_)
