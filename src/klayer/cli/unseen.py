"""What is said of texts in rows to predict that no training row had."""

from collections import Counter
from typing import Any

from klayer.cli.console import words
from klayer.data.cells import short
from klayer.data.encoding import Encoding


class Unseen:
    """Counts such cells, part after part."""

    def __init__(self) -> None:
        self._cells: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def note(self, encoding: Encoding | None, rows: Any) -> None:
        """Count those of a part, where it is a table and has all columns."""
        if encoding is None or not hasattr(rows, "columns"):
            return
        if any(column.name not in rows.columns for column in encoding.used):
            return  # refused in words of its own
        for name, cells in encoding.unseen(rows).items():
            self._cells[name] += len(cells)
            self._examples.setdefault(name, cells[0])

    def say(self, rows: int) -> None:
        """Say on standard error in which columns they are, and how many."""
        for name, count in self._cells.items():
            words().print(
                f"{count:,} of {rows:,} cells of {name!r} are texts that no training row had, "
                f"{short(self._examples[name])} the first: they say nothing to the model"
            )
