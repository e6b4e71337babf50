"""Tables, .csv and .parquet, with a named column of labels, read by polars."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.dataset import Source
from klayer.data.frames import narrowed
from klayer.data.limits import MAX_CLASSES, MAX_LABEL_LENGTH, check_array_bytes, check_unpacked
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

TRIAL = "import sys, polars; polars.scan_parquet(sys.argv[1], glob=False).collect()"


def read_table(path: Path, target: str | None, as_text: Collection[str] = ()) -> Source:
    """Read a table; every column but the target is to become features.

    Args:
        path: of a .csv with a line of names, or a .parquet.
        target: the column of labels.
        as_text: columns of a .csv to be read as they are written, even where all are numbers.

    Returns:
        X, the table's other columns as they are; labels, whole numbers where all are, else text.

    Raises:
        InputError: there is no such column, a label is missing, or the file is damaged. Rows are
            counted from 1, without the line of names.
    """
    parquet = path.suffix.lower() == ".parquet"
    kind = "parquet file" if parquet else "table with a line of names"
    with readable(str(path), kind):
        names = _parquet_names(path) if parquet else _csv_names(path)
    _check_target(path, target, names)
    if parquet:
        _try_parquet(path)
    with readable(str(path), kind):
        frame = _read_parquet(path) if parquet else _read_csv(path, [str(target), *as_text])
    if str(target) not in frame.columns:
        raise InputError(f"{path} must be a whole {kind}, but its names can be read in two ways")
    if not frame.height:
        raise InputError(f"a table must have rows, but {path} has none")
    features = frame.drop(str(target))
    if not features.width:
        raise InputError(f"a table must have a column beside the target, but {path} has none")
    return Source(narrowed(features), _labels(path, frame[str(target)], parse=not parquet))


@contextmanager
def readable(where: str, kind: str) -> Iterator[None]:
    """Turn whatever polars raises while it reads into one sentence.

    Args:
        where: what is read, for the sentence.
        kind: what it must be, for the sentence.

    Raises:
        InputError: polars raised something.

    Example:
        >>> with readable("a.csv", "table"):
        ...     raise OSError("it is cut short")
        Traceback (most recent call last):
        ...
        klayer.errors.InputError: a.csv must be a whole table, but it is cut short
    """
    try:
        with _panics_unheard():
            yield
    except InputError:
        raise
    except BaseException as error:  # a panic of polars is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        reason = str(error).strip().split("\n")[0]
        raise InputError(f"{where} must be a whole {kind}, but {reason}") from error


@contextmanager
def _panics_unheard() -> Iterator[None]:
    """Keep off standard error what polars writes there before a panic comes to us as an error."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _csv_names(path: Path) -> list[str]:
    """Return the line of names; polars would give a second column of one name another."""
    import polars as pl

    line = pl.read_csv(path, n_rows=1, has_header=False, infer_schema=False)
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
        raise InputError(f"the names of columns must differ, but {where} has {twice[0]!r} twice")


def _read_csv(path: Path, as_text: list[str]) -> "pl.DataFrame":
    """Read a .csv; some columns stay text, the types of others are found from all rows."""
    import polars as pl

    overrides = dict.fromkeys(as_text, pl.String)
    return pl.read_csv(path, infer_schema_length=None, schema_overrides=overrides)


def _parquet_names(path: Path) -> list[str]:
    """Return the columns' names, once it is known that the table can be held."""
    import polars as pl

    scan = pl.scan_parquet(path, glob=False)
    names = scan.collect_schema().names()
    rows = int(scan.select(pl.len()).collect().item())
    check_array_bytes(str(path), rows, 8 * max(1, len(names)))
    check_unpacked(str(path), rows * len(names), path.stat().st_size)
    return names


def _try_parquet(path: Path) -> None:
    """Refuse a damaged file that would end this process.

    Where a length in it is absurd, polars does not raise an error but aborts, so a process of its
    own reads it first.

    Raises:
        InputError: that process ended by a signal.
    """
    if not sys.executable:
        return
    command = [sys.executable, "-P", "-W", "ignore", "-c", TRIAL, str(path)]
    done = subprocess.run(command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, check=False)
    if done.returncode < 0:
        raise InputError(f"{path} must be a whole parquet file, but its reader ended unexpectedly")


def _read_parquet(path: Path) -> "pl.DataFrame":
    import polars as pl

    return pl.scan_parquet(path, glob=False).collect()


def _check_target(path: Path, target: str | None, names: list[str]) -> None:
    """Refuse a target that is not a column."""
    if target in names:
        return
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    close = get_close_matches(target or "", names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    got = "none was given" if target is None else f"got {target!r}{hint}"
    raise InputError(
        f"`target` must name the column of labels in {path}, but {got} (its columns: {shown})"
    )


def _labels(path: Path, column: "pl.Series", parse: bool) -> NDArray[Any]:
    """Return the labels; text, where `parse` is set, as whole numbers where it is nothing else."""
    import polars as pl

    if column.null_count():
        row = int(column.is_null().arg_max() or 0) + 1
        raise InputError(
            f"every row must have a label, but column {column.name!r}, row {row} of {path} is empty"
        )
    if column.dtype in (pl.Categorical, pl.Enum):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        try:
            return column.to_numpy()
        except pl.exceptions.PolarsError as error:
            raise InputError(
                f"labels must be whole numbers, texts or truth values, but column "
                f"{column.name!r} of {path} has the type {column.dtype}"
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
            f"but column {column.name!r} of {path} has {column.n_unique()} different ones of up "
            f"to {longest} characters"
        )
    return np.array(column.to_list(), dtype=np.str_)
