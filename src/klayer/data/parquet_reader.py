"""Read a Parquet file part by part, or as a process of its own hand the parts to another.

Where a length in a damaged file is absurd, polars does not raise an error but aborts its process.
Run as a script this needs nothing of klayer. It is given a path and a number of cells, and writes a
line of JSON with the columns' names and the number of rows; then the parts, each a line with a
number of bytes and an Arrow stream of so many. What goes wrong is a line of JSON with a fault.
"""

import io
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

QUERIES = 16  # at most, for one part


def shape(path: str) -> tuple[list[str], int]:
    """Return the names of a file's columns, and how many rows it has."""
    import polars as pl

    scan = pl.scan_parquet(path, glob=False)
    return scan.collect_schema().names(), int(scan.select(pl.len()).collect().item())


def parts(path: str, names: list[str], rows: int, cells: int) -> "Iterator[pl.DataFrame]":
    """Yield the rows, at most so many cells at a time.

    Polars holds all bytes that a row group has in the columns it is asked for, so it is asked for
    some of the columns after others.

    Raises:
        ValueError: a column has fewer rows than the file says.
    """
    import polars as pl

    scan = pl.scan_parquet(path, glob=False)
    step, width = max(1, cells // max(1, len(names))), -(-len(names) // QUERIES)
    groups = [range(first, len(names))[:width] for first in range(0, len(names), max(1, width))]
    for start in range(0, rows, step):
        frames = [scan.select(pl.nth(*group)).slice(start, step).collect() for group in groups]
        if any(frame.height != min(step, rows - start) for frame in frames):
            raise ValueError(f"it has fewer than the {rows} rows that it says")
        yield pl.concat(frames, how="horizontal")


def words_of(error: BaseException) -> str:
    """Return what an error of polars says, in a line."""
    return str(error).strip().split("\n")[0] or type(error).__name__


def main() -> None:
    """Write what there is to standard output."""
    path, cells = sys.argv[1:]
    sink = sys.stdout.buffer
    try:
        names, rows = shape(path)
        sink.write(json.dumps({"names": names, "rows": rows}).encode() + b"\n")
        sink.flush()
        for part in parts(path, names, rows, int(cells)):
            stream = io.BytesIO()
            part.write_ipc_stream(stream)
            sink.write(b"%d\n" % stream.tell())
            sink.write(stream.getbuffer())
            sink.flush()
    except BaseException as error:  # a panic of polars is no Exception
        sink.write(json.dumps({"fault": words_of(error)}).encode() + b"\n")
        sink.flush()


if __name__ == "__main__":
    main()
