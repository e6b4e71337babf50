"""What the cells of a table's column are: numbers, texts, or empty.

A cell is empty where the file has nothing, only spaces, or one of the usual marks for a missing
value. Spaces around a text do not count.
"""

from typing import TYPE_CHECKING, Literal

from klayer.data.features import LARGEST
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["numbers", "texts", "dates"]

MARKS = (
    "", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NULL", "null", "None",
)  # fmt: skip
_DAY, _MONTH = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])"
_HOUR = r"([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)? ?(Z|UTC|[+-]\d{2}:?\d{2})?)?"
DATE = (
    rf"^(\d{{4}}[-/.]{_MONTH}[-/.]{_DAY}|{_DAY}[-/.]{_MONTH}[-/.]\d{{4}}|"
    rf"{_MONTH}[-/.]{_DAY}[-/.]\d{{4}}){_HOUR}$"
)
TRUTHS = {"true": 1.0, "false": 0.0}
MOST_MIXED = 16  # different cells; among more, texts beside mostly numbers are mistakes


def kind_of(column: "pl.Series", where: str) -> Kind:
    """Return what a column holds.

    Texts that are all numbers, or all true or false, are numbers, and those that are all dates such
    as 2026-01-31 or 31.1.2026 10:15 are dates; a column that is empty is of numbers.

    Args:
        column: as it was read.
        where: the table, for the sentence.

    Raises:
        InputError: it is of another type, or of numbers with a text among them.

    Example:
        >>> import polars as pl
        >>> kind_of(pl.Series("a", ["1", " 2", "?"]), "a.csv"), kind_of(pl.Series(["x"]), "a.csv")
        ('numbers', 'texts')
    """
    import polars as pl

    if column.dtype.is_temporal():
        return "dates"
    if column.dtype in (pl.Categorical, pl.Enum):
        return "texts"
    if column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null):
        return "numbers"
    if column.dtype != pl.String:
        raise InputError(
            f"features must be numbers or texts, but column {column.name!r} of {where} has the "
            f"type {column.dtype}"
        )
    different = texts(column).drop_nulls().unique(maintain_order=True)
    if len(different) and different.str.contains(DATE).all():
        return "dates"
    parsed = values_of(different)
    failed = parsed.null_count()
    if not failed:
        return "numbers"
    if failed <= len(different) / 2 and len(different) > MOST_MIXED:
        text = different.filter(parsed.is_null())[0]
        row = int((texts(column) == text).arg_max() or 0) + 1
        raise InputError(
            f"a column of {len(different)} different cells must be numbers or texts, but "
            f"{len(different) - failed} of column {column.name!r} are numbers and row {row} of "
            f"{where} is the text {short(text)}; write a plain number, without a unit and "
            "thousands separators, or leave the cell empty"
        )
    return "texts"


def may_be_categories(column: "pl.Series") -> bool:
    """Return whether each different cell of a column can be a category: lists, say, cannot.

    Example:
        >>> import polars as pl
        >>> may_be_categories(pl.Series([1, 2])), may_be_categories(pl.Series([[1], [2]]))
        (True, False)
    """
    import polars as pl

    kind = column.dtype
    named = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Null)
    return kind.is_numeric() or kind.is_temporal() or kind in named


def numbers(column: "pl.Series", where: str, first: int = 1) -> "pl.Series":
    """Return a column as finite numbers, an empty cell as null; the type of numbers stays.

    Args:
        column: as it was read.
        where: the table, for the sentence.
        first: the number of its first row, for the sentence.

    Raises:
        InputError: a cell is no number, or one beyond ±10³⁰.

    Example:
        >>> import polars as pl
        >>> numbers(pl.Series(["1", " 2.5", "NA", "true"]), "a.csv").to_list()
        [1.0, 2.5, None, 1.0]
    """
    cells = _as_numbers(column, where, first)
    if cells.dtype.is_float():
        cells = cells.fill_nan(None)
        beyond = cells.abs() > LARGEST
        if beyond.any():
            row = int(beyond.arg_max() or 0)
            raise InputError(
                f"features must be finite numbers of at most {LARGEST:g}, but column "
                f"{column.name!r}, row {first + row} of {where} is {cells[row]}"
            )
    return cells


def _as_numbers(column: "pl.Series", where: str, first: int) -> "pl.Series":
    """Return a column in a type of numbers."""
    import polars as pl

    if column.dtype == pl.Null:
        return column.cast(pl.Float64)
    if column.dtype.is_numeric():
        return column
    if column.dtype == pl.Boolean:
        return column.cast(pl.UInt8)
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise InputError(
            f"column {column.name!r} must be numbers, but in {where} it has the type {column.dtype}"
        )
    cells = texts(column)
    parsed = values_of(cells)
    wrong = parsed.is_null() & cells.is_not_null()
    if wrong.any():
        row = int(wrong.arg_max() or 0)
        raise InputError(
            f"column {column.name!r} must be numbers, but row {first + row} of {where} is the "
            f"text {short(cells[row])}"
        )
    return parsed


def texts(column: "pl.Series") -> "pl.Series":
    """Return a column as texts without the spaces around them, an empty cell as null.

    A whole number of a column of floats is written as one, 3 and not 3.0.

    Example:
        >>> import polars as pl
        >>> texts(pl.Series([" a b", "NA", "  ", None])).to_list()
        ['a b', None, None, None]
        >>> texts(pl.Series([3.0, float("nan")])).to_list()
        ['3', None]
    """
    import polars as pl

    cells = column.cast(pl.String).str.strip_chars()
    if column.dtype.is_float():
        cells = cells.str.strip_suffix(".0")
    return cells.replace(MARKS, [None] * len(MARKS))


def short(text: str) -> str:
    """Return a text in quotes, cut where it is long.

    Example:
        >>> short("big")
        "'big'"
    """
    return repr(text if len(text) <= 40 else text[:40] + "…")


def values_of(cells: "pl.Series") -> "pl.Series":
    """Return texts as float64; null where they are no numbers and not true or false.

    Example:
        >>> import polars as pl
        >>> values_of(pl.Series(["007", "7.0", "true", "x"])).to_list()
        [7.0, 7.0, 1.0, None]
    """
    import polars as pl

    parsed = cells.cast(pl.Float64, strict=False)
    if parsed.null_count() == cells.null_count():
        return parsed
    truths = cells.str.to_lowercase().replace_strict(TRUTHS, default=None, return_dtype=pl.Float64)
    return parsed.fill_null(truths)
