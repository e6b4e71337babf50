"""What stands between the cells of a table in text, and how its numbers are written there."""

import csv
from collections.abc import Collection, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from klayer.data.limits import MAX_COLUMNS
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

SEPARATORS = (",", ";", "\t", "|")
LINES = 16  # that are looked at
DECIMAL_COMMA = r"^(\s*[-+]?\d*),(\d+(?:[eE][-+]?\d+)?\s*)$"


def separator_of(where: str, lines: Iterable[str]) -> str:
    """Return what separates the cells: what gives the first lines most of them, equally many each.

    A comma has to give more than another mark, for numbers and names have commas in them.

    Args:
        where: what it is, for the sentence.
        lines: it begins with these, a line of names first.

    Raises:
        InputError: it has too many columns.

    Example:
        >>> separator_of("a.csv", ["length,width", "1,2"])
        ','
        >>> separator_of("a.csv", ["length (cm, mean);width", "1,5;2"])
        ';'
    """
    begin = list(islice(lines, LINES))
    columns = {mark: _cells(begin, mark) for mark in SEPARATORS}
    fitting = {mark: cells[0] for mark, cells in columns.items() if len(set(cells)) == 1}
    separator = max(fitting, key=lambda mark: (fitting[mark], mark != ","), default=",")
    if fitting.get(separator, 0) <= 1:
        separator = ","
    count = max(columns[separator][:1], default=0)
    if count > MAX_COLUMNS:
        raise InputError(
            f"a .csv must have at most {MAX_COLUMNS} columns, but {where} has {count}; "
            "write it as .parquet or .npz"
        )
    return separator


def _cells(lines: list[str], mark: str) -> list[int]:
    """Return how many cells each row has; nothing where that cannot be said."""
    try:
        rows = [len(row) for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error:  # a cell longer than that reader takes: the next one says what is wrong
        return []
    return rows[:-1] if len(lines) == LINES else rows  # the last may go on


def with_points(
    frame: "pl.DataFrame", separator: str, as_text: Collection[str] = ()
) -> "pl.DataFrame":
    """Return a table with 1.5 in place of the texts 1,5, where semicolons separate its cells.

    Args:
        frame: the table as it was read.
        separator: of its cells.
        as_text: columns that stay as they are.

    Example:
        >>> import polars as pl
        >>> with_points(pl.DataFrame({"a": ["1,5", "x,y"]}), ";", [])["a"].to_list()
        ['1.5', 'x,y']
    """
    import polars as pl

    if separator != ";":
        return frame
    written = [
        pl.col(name).str.replace(DECIMAL_COMMA, "$1.$2")
        for name, kind in frame.schema.items()
        if kind == pl.String and name not in as_text
    ]
    return frame.with_columns(written)
