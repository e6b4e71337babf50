"""How a table's columns become features: numbers as they are, texts one-hot, empty cells filled.

The encoding is scikit-learn's, measured on training rows only: `SimpleImputer` with the median and
an indicator for numbers, `OneHotEncoder` for texts. It is kept as plain numbers and names, so that
it can lie in a model file, and applied by what is here; the features are those of scikit-learn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.cells import numbers, texts, values_of
from klayer.data.frames import as_frame
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Number:
    """A column of numbers: one feature, and one more that says where cells are empty.

    Attributes:
        name: of the column.
        median: of the training rows; an empty cell becomes it.
        indicator: whether the second feature exists: where training rows had empty cells.
    """

    name: str
    median: float
    indicator: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """The features' names."""
        return (self.name, f"{self.name} missing") if self.indicator else (self.name,)

    def fill(self, X: NDArray[Any], column: "pl.Series", where: str, first: int) -> None:
        """Write the features of some rows, X (n, 1 or 2), from the column of a table."""
        cells = numbers(column, where, first)
        empty = cells.is_null()
        X[:, 0] = cells.fill_null(0).to_numpy()
        if empty.any():
            X[empty.to_numpy(), 0] = self.median
        if self.indicator:
            X[:, 1] = empty.to_numpy()


@dataclass(frozen=True)
class Categories:
    """A column of texts: one feature for each that training rows had, 1 where the cell is it.

    Attributes:
        name: of the column.
        known: the texts, in increasing order; None, the last, stands for an empty cell. A text that
            is not among them makes all features 0, unless it is the number that just one of them
            is: files and programs write one code as 7, 7.0 and 007.
    """

    name: str
    known: tuple[str | None, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(
            f"{self.name} missing" if text is None else f"{self.name}={text}" for text in self.known
        )

    def fill(self, X: NDArray[Any], column: "pl.Series", where: str, first: int) -> None:
        """Write the features of some rows, X (n, len(known)), from the column of a table."""
        place = self._places(texts(column))
        X[...] = 0
        found = place.is_not_null().to_numpy()
        X[np.flatnonzero(found), place.drop_nulls().to_numpy()] = 1

    def unseen(self, column: "pl.Series") -> "pl.Series":
        """Return the cells whose text is not known, as texts."""
        cells = texts(column)
        return cells.filter(cells.is_not_null() & self._places(cells).is_null())

    def _places(self, cells: "pl.Series") -> "pl.Series":
        """Return where texts stand among the known ones; null where they do not."""
        import polars as pl

        spoken = [text for text in self.known if text is not None]
        place = cells.cast(pl.Enum(spoken), strict=False).to_physical().cast(pl.Int64)
        other = place.is_null() & cells.is_not_null()
        if other.any():
            values = values_of(pl.Series(spoken, dtype=pl.String))
            alone = values.is_unique() & values.is_not_null()
            by_value = values_of(cells).replace_strict(
                values.filter(alone), alone.arg_true(), default=None, return_dtype=pl.Int64
            )
            place = place.zip_with(~other, by_value)
        if None in self.known:
            place = place.set(cells.is_null(), len(spoken))
        return place


@dataclass(frozen=True)
class LeftOut:
    """A column that gives no feature.

    Attributes:
        name: of the column.
        reason: in words.
    """

    name: str
    reason: str

    features: tuple[str, ...] = ()

    def fill(self, X: NDArray[Any], column: "pl.Series", where: str, first: int) -> None:
        """Write nothing."""


Column = Number | Categories | LeftOut
KINDS: dict[str, type[Column]] = {"number": Number, "categories": Categories, "left out": LeftOut}


@dataclass(frozen=True)
class Encoding:
    """How a table's columns become features, column after column.

    Attributes:
        columns: in the order that they had in the training table.

    Example:
        >>> import polars as pl
        >>> encoding = Encoding((Number("age", 30.0, True), Categories("city", ("Bonn", "Rome"))))
        >>> encoding.feature_names
        ('age', 'age missing', 'city=Bonn', 'city=Rome')
        >>> encoding.encode(pl.DataFrame({"city": ["Rome", "Oslo"], "age": [20, None]}))
        array([[20.,  0.,  0.,  1.],
               [30.,  1.,  0.,  0.]])
    """

    columns: tuple[Column, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of all features."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that give features."""
        return tuple(column for column in self.columns if column.features)

    def encode(self, table: Any, where: str = "the table", first: int = 1) -> NDArray[Any]:
        """Return the features of a table's rows.

        Args:
            table: polars or pandas; its columns are found by name, others are passed over.
            where: what it is, for the sentence.
            first: the number of its first row, for the sentence.

        Returns:
            X (n, d): uint8 or float32 where all columns fit in it as they are, else float64.

        Raises:
            InputError: a column is missing, or a cell in a column of numbers is none.
        """
        frame = as_frame(table)
        absent = [column.name for column in self.used if column.name not in frame.columns]
        if absent:
            others = ", ".join(frame.columns[:20])
            raise InputError(
                f"a table must have the model's columns, but {where} lacks {absent[0]!r} "
                f"(it has {others})"
            )
        X = np.empty((frame.height, len(self.feature_names)), self._dtype(frame))
        at = 0
        for column in self.used:
            width = len(column.features)
            column.fill(X[:, at : at + width], frame[column.name], where, first)
            at += width
        return X

    def unseen(self, frame: "pl.DataFrame") -> "dict[str, pl.Series]":
        """Return the cells of a table's columns of texts that no training row had, by column.

        Example:
            >>> import polars as pl
            >>> encoding = Encoding((Categories("city", ("Bonn", "Rome")),))
            >>> encoding.unseen(pl.DataFrame({"city": ["Rome", "rome", "Oslo"]}))["city"].to_list()
            ['rome', 'Oslo']
        """
        frame = as_frame(frame)
        found = {
            column.name: column.unseen(frame[column.name])
            for column in self.used
            if isinstance(column, Categories)
        }
        return {name: cells for name, cells in found.items() if len(cells)}

    def to_list(self) -> list[dict[str, Any]]:
        """Return the columns in JSON's own types."""
        return [
            {"name": column.name, "kind": kind, **_settings(column)}
            for column in self.columns
            for kind, made in KINDS.items()
            if isinstance(column, made)
        ]

    @classmethod
    def from_list(cls, columns: Sequence[Any]) -> "Encoding":
        """Return the encoding that `to_list` wrote.

        Raises:
            ValueError: a column is not what it must be; also KeyError and TypeError.
        """
        return cls(tuple(_column(settings) for settings in columns))

    def _dtype(self, frame: "pl.DataFrame") -> Any:
        """Return the smallest type that holds the columns' numbers as they are."""
        import polars as pl

        columns = [frame[column.name] for column in self.used if isinstance(column, Number)]
        kinds = {column.dtype for column in columns}
        if any(column.null_count() for column in columns):
            kinds.add(pl.Float32())  # of the medians
        if kinds <= {pl.UInt8, pl.Boolean}:
            return np.uint8
        if kinds <= {pl.UInt8, pl.Int8, pl.UInt16, pl.Int16, pl.Float32, pl.Boolean}:
            return np.float32
        return np.float64


def _settings(column: Column) -> dict[str, Any]:
    if isinstance(column, Number):
        return {"median": column.median, "indicator": column.indicator}
    if isinstance(column, Categories):
        return {"known": list(column.known)}
    return {"reason": column.reason}


def _column(settings: Any) -> Column:
    """Return a column from JSON's types; refuse what is not one."""
    kind, name = settings["kind"], settings["name"]
    if not isinstance(name, str):
        raise ValueError(f"a column's name must be a text, but is {name!r}")
    if kind == "number":
        median, indicator = float(settings["median"]), settings["indicator"]
        if not np.isfinite(median) or not isinstance(indicator, bool):
            raise ValueError(f"column {name!r} must have a finite median and an indicator or none")
        return Number(name, median, indicator)
    if kind == "categories":
        known = tuple(settings["known"])
        spoken = known[:-1] if known and known[-1] is None else known
        if len(set(known)) < len(known) or not all(isinstance(text, str) for text in spoken):
            raise ValueError(f"column {name!r} must have different texts")
        return Categories(name, known)
    if kind == "left out":
        return LeftOut(name, str(settings["reason"]))
    raise ValueError(f"column {name!r} is of the unknown kind {kind!r}")
