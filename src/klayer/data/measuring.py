"""Measure an encoding on a table's training rows, with scikit-learn."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.cells import kind_of, may_be_categories, numbers, texts
from klayer.data.encoding import Categories, Column, Encoding, LeftOut, Number
from klayer.data.quantities import advice_on
from klayer.errors import InputError
from klayer.samples import CHUNK_BYTES

if TYPE_CHECKING:
    import polars as pl

MOST_CATEGORIES = 255  # texts of one column that become features
FEWEST_CATEGORIES = 16  # that are features even where hardly one comes twice
FEWEST_NUMBERED = 20  # rows of which the same may be chance
SHOWN = 5  # names in a sentence


def measure_encoding(
    frame: "pl.DataFrame",
    rows: NDArray[np.int64],
    where: str,
    ignore: Collection[str] = (),
    categorical: Collection[str] = (),
) -> Encoding:
    """Return the encoding of a table: what becomes of each column, measured on training rows.

    A column is left out, with a reason, where it is to be ignored, holds dates, has no cell filled
    in the training rows, or has more than 255 different texts there, or so many that a text comes
    less than twice in the mean, where it was not said to be of categories.

    Args:
        frame: the columns of all rows but the target's; what a column holds is told from them.
        rows: the training rows' indices.
        where: the table, for the sentence.
        ignore: columns that are not to be used.
        categorical: columns of which each different cell is a category, even where all are numbers.

    Raises:
        InputError: a column is neither of numbers nor of texts, or none is left.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"age": ["1", "2", "NA"], "city": ["Rome", "Bonn", "Oslo"]})
        >>> for column in measure_encoding(frame, np.array([0, 1, 2]), "a.csv").columns:
        ...     print(column)
        Number(name='age', median=1.5, indicator=True)
        Categories(name='city', known=('Bonn', 'Oslo', 'Rome'))
    """
    used = frame.drop(ignore)
    codes = {name for name in categorical if may_be_categories(frame[name])}
    kinds = {
        column.name: "texts" if column.name in codes else kind_of(column, where)
        for column in used.iter_columns()
    }
    found: dict[str, Column] = {name: LeftOut(name, "it was to be ignored") for name in ignore}
    for part in _parts(frame, [name for name, kind in kinds.items() if kind == "numbers"]):
        cells = [numbers(column, where)[rows] for column in part]
        found |= {column.name: column for column in _measured_numbers(cells)}
    for name, kind in kinds.items():
        if kind == "texts":
            found[name] = _measured_texts(texts(frame[name][rows]), name in codes)
        elif kind == "dates":
            reason = "dates; give the year, the month or days since a day as numbers to use them"
            found[name] = LeftOut(name, reason)
    encoding = Encoding(tuple(found[name] for name in frame.columns))
    if not encoding.used:
        name, done = next(iter(words_of(encoding).items()))
        raise InputError(
            f"a table must have a column that can be used, but column {name!r} of {where} is {done}"
        )
    return encoding


def words_of(encoding: Encoding) -> dict[str, str]:
    """Return what was done with each column for which it was more than to read its numbers.

    Example:
        >>> words_of(Encoding((Number("size", 1.0), Categories("city", ("Bonn", None)))))
        {'city': 'texts; a feature for each of 2 (Bonn, empty)'}
    """
    found = {}
    for column in encoding.columns:
        if isinstance(column, Number) and column.indicator:
            median = f"an empty cell becomes the median {column.median:g}, and a feature says so"
            found[column.name] = f"numbers; {median}"
        elif isinstance(column, Categories):
            shown = ["empty" if text is None else text for text in column.known]
            listed = ", ".join(shown[:SHOWN]) + (", …" if len(shown) > SHOWN else "")
            found[column.name] = (
                f"texts; a feature for each of {len(shown)} ({listed})"
                + advice_on([text for text in column.known if text is not None])
            )
        elif isinstance(column, LeftOut):
            found[column.name] = f"left out; {column.reason}"
    return found


def numbered(encoding: Encoding, X: NDArray[Any]) -> Iterator[str]:
    """Yield the columns that seem to number the rows: whole numbers, all different, hardly a gap.

    Args:
        encoding: of the columns.
        X: the features (n, d).

    Example:
        >>> columns = Encoding((Number("id", 1.0), Number("age", 1.0)))
        >>> list(numbered(columns, np.column_stack([np.arange(30), np.arange(30) % 7])))
        ['id']
    """
    place = 0
    for column in encoding.columns:
        if isinstance(column, Number) and not column.indicator and len(X) >= FEWEST_NUMBERED:
            values = X[:, place].astype(np.float64)
            if len(X) - 1 <= np.ptp(values) < 2 * len(X) and _all_different(values):
                yield column.name
        place += len(column.features)


def _all_different(values: NDArray[np.float64]) -> bool:
    """Return whether values are whole numbers of which none comes twice."""
    return bool((values == np.floor(values)).all()) and len(np.unique(values)) == len(values)


def _parts(frame: "pl.DataFrame", names: list[str]) -> "Iterator[list[pl.Series]]":
    """Yield columns, so many at a time that their numbers take some MiB."""
    step = max(1, CHUNK_BYTES // (8 * max(frame.height, 1)))
    for start in range(0, len(names), step):
        yield [frame[name] for name in names[start : start + step]]


def _measured_numbers(columns: "list[pl.Series]") -> Iterator[Column]:
    """Yield what becomes of columns of numbers, given the training rows' cells."""
    import polars as pl
    from sklearn.impute import SimpleImputer

    X = np.column_stack([column.cast(pl.Float64).to_numpy() for column in columns])
    empty = np.isnan(X).all(axis=0)
    X[:, empty] = 0
    imputer = SimpleImputer(strategy="median", add_indicator=True).fit(X)
    marked = set(imputer.indicator_.features_.tolist())
    for place, column in enumerate(columns):
        if empty[place]:
            yield LeftOut(column.name, "its cells are empty in all training rows")
        else:
            yield Number(column.name, float(imputer.statistics_[place]), place in marked)


def _measured_texts(column: "pl.Series", asked: bool) -> Column:
    """Return what becomes of a column of texts, given the training rows' cells.

    Args:
        column: these cells.
        asked: whether they were said to be categories, so that few rows of each are meant.
    """
    from sklearn.preprocessing import OneHotEncoder

    different = column.unique(maintain_order=True)
    if len(different) == 1 and different[0] is None:
        return LeftOut(column.name, "its cells are empty in all training rows")
    enough = MOST_CATEGORIES if asked else max(FEWEST_CATEGORIES, len(column) / 2)
    if len(different) > min(MOST_CATEGORIES, enough):
        kinds = f"texts of {len(different)} kinds in {len(column)} training rows"
        return LeftOut(column.name, kinds + _why_left_out(different.drop_nulls().to_list()))
    encoder = OneHotEncoder().fit(np.array(different.to_list(), object)[:, None])
    return Categories(column.name, tuple(encoder.categories_[0].tolist()))


def _why_left_out(different: list[str]) -> str:
    """Return why so many different texts are no features, to stand behind their count."""
    if said := advice_on(different):
        return said
    if len(different) > MOST_CATEGORIES:
        return f"; at most {MOST_CATEGORIES} become features"
    return " are names or the like, from which nothing can be learned"
