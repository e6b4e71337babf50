"""The progress bar of a training, on a terminal only."""

from klayer.cli.bars import Bar
from klayer.training import Advanced, Diverged, Ended, Evaluated, Event, Started


class ProgressBar(Bar):
    """Listens to a training and shows cost, accuracy, rate and time left."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        super().__init__(
            TextColumn("training"),
            BarColumn(bar_width=10),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            fields={"figures": ""},
        )
        self._evaluated = ""

    def __call__(self, event: Event) -> None:
        """Show what an event says."""
        if isinstance(event, Started):
            self.show(total=event.steps)
        elif isinstance(event, Evaluated) and event.rows:
            best = max(event.rows, key=lambda row: row.validation_accuracy)
            self._evaluated = f"cost {best.validation_cost:.3f} acc {best.validation_accuracy:.3f}"
            self.show(completed=event.state.steps)
        elif isinstance(event, Advanced):
            figures = f"{self._evaluated} rate {event.rate:.3f}"
            self.show(completed=event.state.steps, figures=figures)
        elif isinstance(event, Diverged):
            self.console.print(
                f"network {event.network} diverged at step {event.step} in layer {event.layer} "
                f"(learning rate {event.rate:.4g}) and has stopped"
            )
        elif isinstance(event, Ended):
            self.show(completed=event.state.steps)
