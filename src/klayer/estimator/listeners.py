"""What a classifier's user sees of a training while it runs: a progress bar and callbacks."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from klayer.training import METRICS, Advanced, Ended, Evaluated, Event, Row, Started

Callback = Callable[[dict[str, float]], Any]
"""Told the figures after each evaluation; ends the training by returning True."""


class Callbacks:
    """Listens to a training and tells the user's own functions.

    Args:
        callbacks: each is called with "epoch", "step", "rate", "seconds" and the means over the
            networks that still train of the metrics, such as "validation_accuracy".

    Attributes:
        asked: whether one of them asked to end the training.
    """

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self.callbacks = tuple(callbacks)
        self.asked = False

    def __call__(self, event: Event) -> NDArray[np.bool_] | None:
        """Tell an evaluation; answer with all networks once the training is to end."""
        if not isinstance(event, Evaluated) or not event.rows:
            return None
        figures = figures_of(event.rows)
        answers = [callback(dict(figures)) for callback in self.callbacks]
        self.asked = self.asked or any(answer is True for answer in answers)
        return np.ones(event.state.networks, bool) if self.asked else None


def figures_of(rows: Sequence[Row]) -> dict[str, float]:
    """Return when an evaluation was and the mean of each metric over its networks."""
    first = rows[0]
    when = {name: getattr(first, name) for name in ("epoch", "step", "rate", "seconds")}
    return when | {name: float(np.mean([getattr(row, name) for row in rows])) for name in METRICS}


class Progress:
    """A progress bar on standard error, as a context manager and a listener.

    Args:
        shown: nothing is shown, nor anything imported, where this is False.
    """

    def __init__(self, shown: bool) -> None:
        self._bar: Any = None
        self._figures = ""
        if shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._bar = Progress(
                TextColumn("training"),
                BarColumn(bar_width=20),
                TextColumn("{task.completed}/{task.total} {task.fields[figures]}"),
                TimeRemainingColumn(compact=True),
                console=Console(stderr=True),
            )
            self._task = self._bar.add_task("", total=None, figures="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Show what an event says."""
        if self._bar is None:
            return
        if isinstance(event, Started):
            self._bar.update(self._task, total=event.steps)
        elif isinstance(event, Evaluated) and event.rows:
            self._figures = _words(figures_of(event.rows))
        if isinstance(event, Advanced | Evaluated | Ended):
            self._bar.update(self._task, completed=event.state.steps, figures=self._figures)


def _words(figures: dict[str, float]) -> str:
    """Return cost and accuracy in words: the validation's, where there is one."""
    name = "training" if np.isnan(figures["validation_cost"]) else "validation"
    cost, accuracy = figures[f"{name}_cost"], figures[f"{name}_accuracy"]
    return f"{name} cost {cost:.3f} accuracy {accuracy:.3f}"
