"""A Parquet file, read in a process of its own, so that a damaged one cannot end this one."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from klayer.data import parquet_reader
from klayer.data.child import Child, LostError, script_of
from klayer.data.readable import readable
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

KIND = "parquet file"
SCRIPT = script_of(parquet_reader)
FAULT = b'{"fault"'


class Parquet(NamedTuple):
    """An open file.

    Attributes:
        names: of its columns.
        rows: how many it has.
        parts: all rows, part after part.
    """

    names: list[str]
    rows: int
    parts: "Iterator[pl.DataFrame]"


@contextmanager
def open_parquet(path: Path, cells: int) -> Iterator[Parquet]:
    """Open a Parquet file.

    Args:
        path: of the file.
        cells: so many are in a part at most, or one row.

    Raises:
        InputError: it is damaged, also while its parts are read.

    Example:
        >>> import tempfile, polars as pl
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.parquet"
        ...     pl.DataFrame({"a": [1, 2, 3]}).write_parquet(path)
        ...     with open_parquet(path, cells=2) as file:
        ...         file.names, file.rows, [part["a"].to_list() for part in file.parts]
        (['a'], 3, [[1, 2], [3]])
    """
    if not sys.executable:  # nobody knows which Python runs this
        yield _opened_here(path, cells)
        return
    with Child(SCRIPT, str(path), str(cells)) as child:
        try:
            head = json.loads(_said(path, child))
            yield Parquet(head["names"], head["rows"], _heard(path, child, head["rows"]))
        except LostError as error:
            raise InputError(f"{path} must be a whole {KIND}, but its reader {error}") from error


def _said(path: Path, child: Child) -> bytes:
    """Return the next line of the reader.

    Raises:
        InputError: it is about a fault.
    """
    line = child.line()
    if line.startswith(FAULT):
        raise InputError(f"{path} must be a whole {KIND}, but {json.loads(line)['fault']}")
    return line


def _heard(path: Path, child: Child, rows: int) -> "Iterator[pl.DataFrame]":
    """Yield the parts that the reader hands over."""
    import polars as pl

    while rows:
        stream = bytearray(int(_said(path, child)))
        child.fill(stream)
        with readable(str(path), KIND):
            part = pl.read_ipc_stream(io.BytesIO(stream))
        rows -= part.height
        yield part


def _opened_here(path: Path, cells: int) -> Parquet:
    """Open a file in this process."""
    with readable(str(path), KIND):
        names, rows = parquet_reader.shape(str(path))
    parts = parquet_reader.parts(str(path), names, rows, cells)

    def read() -> "Iterator[pl.DataFrame]":
        while True:
            with readable(str(path), KIND):
                part = next(parts, None)
            if part is None:
                return
            yield part

    return Parquet(names, rows, read())
