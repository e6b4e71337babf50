"""Tables written part after part: CSV, JSON lines or Parquet, to a file or to standard output."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from klayer.errors import InputError, StorageError
from klayer.storage.growing import growing_file

if TYPE_CHECKING:
    import polars as pl

    Write = Callable[[pl.DataFrame], None]

FORMATS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def format_of(out: Path | None, form: str | None) -> str:
    """Return the format that is asked for, by name or by the file's suffix.

    Raises:
        InputError: it is unknown, or Parquet on standard output.

    Example:
        >>> format_of(Path("a.parquet"), None), format_of(None, None), format_of(None, "jsonl")
        ('parquet', 'csv', 'jsonl')
    """
    if form is None and out is not None:
        form = FORMATS.get(out.suffix.lower())
        if form is None:
            raise InputError(
                f"`--out` must end in {', '.join(FORMATS)}, or --format be given, but got {out}"
            )
    form = form or "csv"
    if form not in FORMATS.values():
        raise InputError(f"`--format` must be csv, parquet or jsonl, but got {form!r}")
    if form == "parquet" and out is None:
        raise InputError("Parquet cannot be written to standard output; give --out FILE")
    return form


@contextmanager
def open_writer(out: Path | None, form: str) -> "Iterator[Write]":
    """Give a function that writes a table below those that it has written.

    A file appears whole at the end, or not at all.

    Args:
        out: the file; None for standard output.
        form: "csv", "jsonl" or, to a file, "parquet".

    Raises:
        StorageError: the file cannot be written.
    """
    if out is None:
        yield _stream_writer(sys.stdout.buffer, form)
        sys.stdout.buffer.flush()
        return
    try:
        with growing_file(out) as temporary:
            if form == "parquet":
                with _parquet_writer(temporary) as write:
                    yield write
            else:
                with open(temporary, "wb") as file:
                    yield _stream_writer(file, form)
    except OSError as error:
        raise StorageError(str(out), error) from error


def _stream_writer(file: IO[bytes], form: str) -> "Write":
    """Return a writer of CSV, names first, or of JSON lines."""
    written = 0

    def write(frame: "pl.DataFrame") -> None:
        nonlocal written
        csv = form == "csv"
        text = frame.write_csv(include_header=not written) if csv else frame.write_ndjson()
        file.write(text.encode())
        written += 1

    return write


@contextmanager
def _parquet_writer(path: Path) -> "Iterator[Write]":
    """Give a writer of pieces, which polars joins at the end without reading them whole."""
    import polars as pl

    with tempfile.TemporaryDirectory(dir=path.parent, prefix=path.name) as folder:
        pieces: list[Path] = []

        def write(frame: pl.DataFrame) -> None:
            pieces.append(Path(folder) / f"{len(pieces)}.parquet")
            with _system_errors():
                frame.write_parquet(pieces[-1])

        yield write
        with _system_errors():
            pl.scan_parquet(pieces, glob=False).sink_parquet(path)


@contextmanager
def _system_errors() -> Iterator[None]:
    """Turn what polars makes of a full disk back into an error of the system."""
    import polars as pl

    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise OSError(str(error).strip().split("\n")[0]) from error
