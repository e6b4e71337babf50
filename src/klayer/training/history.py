"""The history of a run: one row per evaluation and network."""

import csv
import io
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from klayer.errors import InputError
from klayer.training.events import Evaluated, Event, Row

COLUMNS = tuple(each.name for each in fields(Row))
METRICS = COLUMNS[COLUMNS.index("training_cross_entropy") :]
"""The names of the figures of one evaluation."""


@dataclass
class History:
    """All rows of a run, in the order in which they were measured; it listens to the training.

    Example:
        >>> history = History([Row(0, 0.0, 0, 0.1, 0.0, 2.3, 2.5, 0.1),
        ...                    Row(9, 1.0, 0, 0.1, 0.5, 1.1, 1.4, 0.6)])
        >>> history.best("training_accuracy"), history.final("training_cost")
        (0.6, 1.4)
    """

    rows: list[Row] = field(default_factory=list)

    def __repr__(self) -> str:
        networks = len({row.network for row in self.rows})
        last = f", the last after {self.rows[-1].step} steps" if self.rows else ""
        return f"History({len(self.rows)} evaluations of {networks} networks{last})"

    def __call__(self, event: Event) -> None:
        """Take note of an evaluation."""
        if isinstance(event, Evaluated):
            self.rows.extend(event.rows)

    def of(self, network: int) -> list[Row]:
        """Return the rows of one network."""
        return [row for row in self.rows if row.network == network]

    def best(self, metric: str, network: int = 0) -> float:
        """Return a metric's own best over the run: the highest accuracy, the lowest cost."""
        values = [getattr(row, metric) for row in self.of(network)]
        return float(max(values) if metric.endswith("accuracy") else min(values))

    def final(self, metric: str, network: int = 0) -> float:
        """Return a metric after the network's last evaluated update."""
        return float(getattr(self.of(network)[-1], metric))

    def to_csv(self) -> str:
        """Return the rows as CSV with a header; numbers read back as they were."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in self.rows)
        return text.getvalue()

    @classmethod
    def from_csv(cls, text: str, name: str = "the text") -> "History":
        """Return the history that `to_csv` wrote.

        Args:
            text: lines of CSV, the first with the columns' names.
            name: how to call it in an error.

        Raises:
            InputError: it is damaged, or not a history.

        Example:
            >>> history = History([Row(0, 0.0, 0, 0.1, 0.0, 2.3, 2.5, 0.1)])
            >>> History.from_csv(history.to_csv()).to_csv() == history.to_csv()
            True
        """
        try:
            return cls([_row(line) for line in csv.DictReader(io.StringIO(text))])
        except (csv.Error, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"a history must be as klayer wrote it, but {name}: {error}"
            ) from error

    @classmethod
    def read(cls, path: Path) -> "History":
        """Return the history in a run's history.csv.

        Raises:
            InputError: it cannot be read, or is damaged.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise InputError(f"{path} must be a history, but cannot be read: {error}") from error
        return cls.from_csv(text, str(path))


def _row(line: dict[str, str]) -> Row:
    """Return the row of one line of CSV."""
    step, network = int(line.pop("step")), int(line.pop("network"))
    return Row(step=step, network=network, **{name: float(text) for name, text in line.items()})
