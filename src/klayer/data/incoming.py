"""Rows to predict, some at a time: of a table, a folder or zip of pictures, arrays.

However long the source is, only a part of bounded size is in memory.
"""

import io
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from klayer.data.blocks import BLOCK_BYTES, Readable, csv_blocks, without_blank_end
from klayer.data.decoding import ColourAmongGreysError, decode_all
from klayer.data.members import one_member, open_members
from klayer.data.parquet import open_parquet
from klayer.data.pictures import is_picture
from klayer.data.readable import readable
from klayer.data.separators import separator_of, with_points
from klayer.data.tables import KIND, check_names
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

PART_BYTES = 16 << 20  # of a part's cells or pixels


class Part(NamedTuple):
    """Some of the rows.

    Attributes:
        rows: a table (polars), or features (n, d), such as pictures.
        first: the number of the first of them, counted from 1.
        done: how much of the source was read, with these.
        total: how much there is, in the same unit; None where nobody knows.
        beside: columns to stand beside the answers, where rows are no table.
    """

    rows: Any
    first: int
    done: int
    total: int | None
    beside: "pl.DataFrame | None" = None


def csv_parts(file: Readable, where: str, total: int | None) -> Iterator[Part]:
    """Yield the rows of a CSV with a line of names; every cell stays text.

    Args:
        file: opened for reading bytes.
        where: what it is, for the sentence.
        total: its size in bytes, where it is known.

    Raises:
        InputError: it is no CSV, or two columns have the same name.
    """
    import polars as pl

    blocks = csv_blocks(file, where, BLOCK_BYTES)
    line, begin = next(blocks, b""), next(blocks, b"")
    done, first = len(line), 1
    with readable(where, KIND):
        lines = io.TextIOWrapper(io.BytesIO(line + begin), "utf-8", "replace", newline="")
        separator = separator_of(where, lines)
        names = pl.read_csv(
            io.BytesIO(line), has_header=False, infer_schema=False, separator=separator
        )
    check_names(where, [name or "" for name in names.row(0)])
    for block in without_blank_end(chain([begin], blocks)):
        with readable(where, KIND):
            frame = pl.read_csv(io.BytesIO(line + block), infer_schema=False, separator=separator)
        done += len(block)
        yield Part(with_points(frame, separator), first, done, total)
        first += frame.height


def parquet_parts(path: Path) -> Iterator[Part]:
    """Yield the rows of a Parquet file, read in a process of its own.

    That process holds, of the row group it is at, the bytes of a sixteenth of the columns.

    Raises:
        InputError: it is damaged.
    """
    first = 1
    with open_parquet(path, PART_BYTES // 8) as file:
        for frame in file.parts:
            yield Part(frame, first, first - 1 + frame.height, file.rows)
            first += frame.height


def picture_parts(
    path: Path, picture: tuple[int, int, int], labelled: bool = False
) -> Iterator[Part]:
    """Yield the pictures of a folder or a zip, however deep, in the order of their names.

    Args:
        path: of the folder or zip, or of one picture.
        picture: (height, width, channels) that every picture must have.
        labelled: beside each name stands the label: the name of the folder it lies in.

    Raises:
        InputError: there are none, or one is damaged, of another size, in colour where grey is
            wanted, or in no folder of a class.
    """
    import polars as pl

    pixels = picture[0] * picture[1] * picture[2]
    step = max(1, PART_BYTES // pixels)
    opened = one_member(path) if is_picture(path.name) else open_members(path)
    with opened as members:
        names = [name for name in members.names if is_picture(name)]
        if not names:
            raise InputError(f"{path} must hold pictures, but it has none")
        for start in range(0, len(names), step):
            part = names[start : start + step]
            X = np.empty((len(part), pixels), np.uint8)
            try:
                decode_all(X, _reader(members.read, part), picture, _namer(path, part))
            except ColourAmongGreysError as error:
                raise InputError(
                    f"the model takes grey pictures, but {path} has some in colour"
                ) from error
            beside = pl.DataFrame({"file": part})
            if labelled:
                beside = beside.with_columns(label=pl.Series(_labels(path, part)))
            yield Part(X, start + 1, start + len(part), len(names), beside)


def _labels(path: Path, names: list[str]) -> list[str]:
    """Return the folders in which pictures lie."""
    labels = [PurePosixPath(name).parent.name for name in names]
    if not all(labels):
        raise InputError(
            f"for its label a picture must lie in a folder of its class, but in {path} "
            f"{names[labels.index('')]!r} does not"
        )
    return labels


def _reader(read: Callable[[str], bytes], names: list[str]) -> Callable[[int], bytes]:
    return lambda row: read(names[row])


def _namer(path: Path, names: list[str]) -> Callable[[int], str]:
    return lambda row: f"{path}: {names[row]!r}"
