"""What a check found: a row per parameter and method, and a sentence per mistake."""

from collections.abc import Sequence
from dataclasses import dataclass

from klayer.gradcheck.compare import Row

# More than this share of entries set aside is a failure: what is not compared is not shown right.
SET_ASIDE_LIMIT = 0.01


@dataclass(frozen=True)
class Mistake:
    """One parameter whose gradient is wrong.

    Attributes:
        parameter: such as "W1".
        entry: the index of the worst entry; None where no single entry is to blame.
        written: the gradient there, as the code has it.
        right: the numerical derivative there.
        kind: "sign", "factor", "transposed", "penalty", "zero", "not zero", "not a number",
            "shape", "set aside", "raised" or "unknown".
        words: a sentence.
    """

    parameter: str
    entry: tuple[int, ...] | None
    written: float
    right: float
    kind: str
    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Report:
    """The outcome of a gradient check.

    Attributes:
        title: what was checked.
        rows: one per parameter and method.
        mistakes: the gradients that are wrong, the one to look at first first.
        notes: what else there is to know, such as a method that could not be used.
        seconds: how long it took.
    """

    title: str
    rows: tuple[Row, ...]
    mistakes: tuple[Mistake, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every gradient is right."""
        return not self.mistakes

    def __str__(self) -> str:
        head = f"{'parameter':<12}{'method':<10}{'entries':>8}{'absolute':>10}{'relative':>10}"
        lines = [self.title, f"{head}{'aside':>7}  worst"]
        for row in self.rows:
            numbers = f"{row.absolute_error:>10.1e}{row.relative_error:>10.1e}{row.set_aside:>7}"
            mark = "" if row.passed else "  WRONG"
            lines.append(
                f"{row.parameter:<12}{row.method:<10}{row.entries:>8}{numbers}"
                f"  {index_words(row.worst)}{mark}"
            )
        lines += [f"note: {note}" for note in self.notes]
        lines += [str(mistake) for mistake in self.mistakes] or ["every gradient is right"]
        return "\n".join(lines)


def index_words(index: tuple[int, ...] | None) -> str:
    """Return an index as it is written in code, such as [3, 17]; a dash for none."""
    return "–" if index is None else str(list(index))


def set_aside_mistakes(rows: Sequence[Row]) -> list[Mistake]:
    """Return the failures to compare: over 1 % of a method's entries set aside, or all of a row.

    Example:
        >>> row = Row("W1", "central", entries=50, absolute_error=0, relative_error=0, worst=(0, 0),
        ...           written=1, numerical=1, truncation=0, set_aside=1, limit=5e-6, passed=True)
        >>> print(set_aside_mistakes([row])[0])
        at most 1 % of the entries may be set aside because a ReLU changed sides, but central
        differences set aside 1 of 50, most of them of W1: try another seed or other samples
    """
    found = []
    for method in dict.fromkeys(row.method for row in rows):
        mine = [row for row in rows if row.method == method]
        aside, entries = sum(row.set_aside for row in mine), sum(row.entries for row in mine)
        empty = any(row.set_aside == row.entries for row in mine)
        if aside <= SET_ASIDE_LIMIT * entries and not empty:
            continue
        most = max(mine, key=lambda row: row.set_aside / row.entries)
        words = (
            f"at most 1 % of the entries may be set aside because a ReLU changed sides, but "
            f"{method} differences set aside {aside} of {entries}, most of them of "
            f"{most.parameter}: try another seed or other samples"
        )
        nothing = float("nan")
        found.append(Mistake(most.parameter, most.worst, nothing, nothing, "set aside", words))
    return found
