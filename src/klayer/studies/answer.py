"""What a study answers: a sentence, tables, and what its pictures show.

Pictures are described here and drawn in `klayer.plots`, so that a study needs no drawing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from klayer.architecture import Array

SHARE = (0.0, 1.0)  # what an accuracy or another share can be
POSITIVE = (0.0, inf)  # what a cost can be
CONFIDENCE = "95 % confidence interval of the mean over {n} replicates"


@dataclass(frozen=True)
class Table:
    """A table of words.

    Attributes:
        title: what it shows.
        columns: their headings; the first column names the row.
        rows: cells, in words.
        flagged: the positions of rows that deserve attention.
        note: a sentence below it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    flagged: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves over the updates of a training, with the spread over replicates as a band.

    Where the abscissa is something else, it has a label of its own.

    Attributes:
        name: a file name without its ending.
        title: what it shows.
        y_label: what is measured, with its unit.
        series: name → steps (S,) and values of the replicates (R, S).
        log_y: whether values are on a logarithmic axis.
        x_label: of the abscissa.
        log_x: whether the abscissa is logarithmic.
        span: an interval of the abscissa to be shaded.
        within: the least and the greatest value that are possible; the axis ends there.
    """

    name: str
    title: str
    y_label: str
    series: Mapping[str, tuple[Array, Array]]
    log_y: bool = False
    x_label: str = "update step"
    log_x: bool = False
    span: tuple[float, float] | None = None
    within: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Points:
    """A figure against a setting, with the spread over replicates as error bars.

    Attributes:
        name: a file name without its ending.
        title: what it shows.
        x_label: the setting.
        y_label: what is measured, with its unit.
        series: name → settings (N,) and values of the replicates (R, N).
        marks: name of a series → settings and values from elsewhere, drawn as crosses.
        marked: what the crosses are.
        log_x: whether the setting is on a logarithmic axis; where it has a zero, linear around it.
        lines: whether a series' points are joined.
        dots: name of a series → settings and values of single networks, drawn as small dots.
        dotted: what the dots are.
        within: the least and the greatest value that are possible; the axis ends there.
    """

    name: str
    title: str
    x_label: str
    y_label: str
    series: Mapping[str, tuple[Array, Array]]
    marks: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
    marked: str = ""
    log_x: bool = False
    lines: bool = True
    dots: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
    dotted: str = ""
    within: tuple[float, float] | None = None


@dataclass(frozen=True)
class Bar:
    """One line of an `Intervals` picture.

    Attributes:
        label: what was measured.
        mean: of the replicates.
        low: of the interval; −∞ where the replicates tell none.
        high: likewise, ∞.
        mark: what the mean is compared with.
        values: the replicates, (R,).
        bounds: what the interval is to lie above, or between.
    """

    label: str
    mean: float
    low: float
    high: float
    mark: float | None = None
    values: tuple[float, ...] = ()
    bounds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Intervals:
    """Means with their intervals, one below another.

    Attributes:
        name: a file name without its ending.
        title: what it shows.
        x_label: what is measured, with its unit.
        bars: from the top down.
        marked: what the crosses are.
        line: a value to compare all with; None for no line.
        within: the least and the greatest value that are possible; the axis ends there.
        meaning: what the intervals are, with {n} for the number of replicates.
    """

    name: str
    title: str
    x_label: str
    bars: tuple[Bar, ...]
    marked: str = ""
    line: float | None = None
    within: tuple[float, float] | None = None
    meaning: str = CONFIDENCE


Picture = Curves | Points | Intervals


@dataclass(frozen=True)
class Section:
    """A part of an answer: words, tables and pictures that belong together."""

    heading: str
    words: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a study answers.

    Attributes:
        title: of the study.
        question: what was asked.
        sentence: the answer.
        sections: its evidence.
        payload: the figures, in JSON's own types.
    """

    title: str
    question: str
    sentence: str
    sections: tuple[Section, ...]
    payload: Mapping[str, Any]
