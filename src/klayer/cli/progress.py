"""The progress bar of a training, on a terminal only."""

from types import TracebackType
from typing import Any, Self

from klayer.cli.console import words
from klayer.training import Advanced, Diverged, Ended, Evaluated, Event, Started


class ProgressBar:
    """Listens to a training and shows cost, accuracy, rate and time left; quiet elsewhere.

    It is a context manager, so that the terminal is left as it was whatever happens.
    """

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = words()
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, figures="")
        self._evaluated = ""

    def __call__(self, event: Event) -> None:
        """Show what an event says."""
        if isinstance(event, Started):
            self._show(total=event.steps)
        elif isinstance(event, Evaluated) and event.rows:
            best = max(event.rows, key=lambda row: row.validation_accuracy)
            self._evaluated = (
                f"cost {best.validation_cost:.4f} accuracy {best.validation_accuracy:.4f}"
            )
            self._show(completed=event.state.steps)
        elif isinstance(event, Advanced):
            figures = f"{self._evaluated} rate {event.rate:.2e}"
            self._show(completed=event.state.steps, figures=figures)
        elif isinstance(event, Diverged):
            self._progress.console.print(
                f"network {event.network} diverged at step {event.step} "
                f"(learning rate {event.rate:.4g}) and has stopped"
            )
        elif isinstance(event, Ended):
            self._show(completed=event.state.steps)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def _show(self, **fields: Any) -> None:
        self._progress.update(self._task, **fields)
