"""The progress bar of a study: stacks and updates done, and the time left; on a terminal only."""

from typing import Any

from klayer.cli.bars import Bar
from klayer.studies.events import StackEnded, StackStarted
from klayer.studies.stack import Stack
from klayer.training import Advanced, Diverged, Started

MINUTES = 10 * 60  # the speed that the time left is told from is that of so many seconds


class StudyProgress(Bar):
    """Listens to a study; on a terminal a bar, elsewhere a line for each stack."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.table import Column

        short = Column(no_wrap=True, overflow="ellipsis", max_width=20)
        super().__init__(
            TextColumn("{task.description}"),
            TextColumn("{task.fields[name]}", table_column=short),
            BarColumn(bar_width=8),
            TextColumn("{task.percentage:.0f} %"),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            settings={"speed_estimate_period": MINUTES},
            fields={"name": "", "figures": ""},
        )
        self._done = self._total = 0
        self._stack: Stack | None = None

    def __call__(self, event: Any) -> None:
        """Show what an event says."""
        if isinstance(event, StackStarted):
            self._stack = event.stack
            total = sum(stack.work for stack in event.stacks)
            self._done = sum(stack.work for stack in event.stacks[: event.position])
            self.show(total=total)
            self._move(0, f"stack {event.position + 1}/{len(event.stacks)}", event.stack.folder)
        elif isinstance(event, Started):
            self._total = event.steps
        elif isinstance(event, Advanced):
            steps = event.state.steps
            self._move(steps / self._total, figures=f"{steps:,}/{self._total:,} updates")
        elif isinstance(event, Diverged):
            self.console.print(f"network {event.network} diverged at step {event.step}")
        elif isinstance(event, StackEnded):
            self._end(event)

    def _end(self, event: StackEnded) -> None:
        """Count a stack as done; where there is no bar, say so in a line."""
        outcome = event.outcome
        self._move(1)
        if not self.console.is_terminal:
            said = f"{outcome.stack.folder}: {outcome.steps} updates, {outcome.reason}"
            self.console.print(f"{said}, {outcome.seconds:.1f} s")

    def _move(
        self,
        share: float,
        place: str | None = None,
        name: str | None = None,
        figures: str | None = None,
    ) -> None:
        """Move the bar to a share of the stack at hand."""
        work = self._stack.work if self._stack else 0
        fields = {"description": place, "name": name, "figures": figures}
        given: dict[str, Any] = {key: value for key, value in fields.items() if value is not None}
        self.show(completed=self._done + share * work, **given)
