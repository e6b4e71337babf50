"""One training of a classifier: the loop with its listeners, and what it leaves."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace

from klayer.estimator.listeners import Callback, Callbacks, Progress
from klayer.estimator.stopping import BestKept
from klayer.state import State
from klayer.training import Consumer, History, Row
from klayer.training.job import Job
from klayer.training.loop import Loop

SIGNALS = {"interrupted": signal.SIGINT, "terminated": signal.SIGTERM}


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a training leaves.

    Attributes:
        state: the stack to keep: every network's best weights where they were looked for, the
            last ones otherwise.
        rows: the history.
        steps: updates done.
        rows_seen: rows of their mini-batches, all together.
        reason: "finished", "patience", "callback", "interrupted" (Ctrl-C) or "terminated".
    """

    state: State
    rows: list[Row]
    steps: int
    rows_seen: int
    reason: str

    def rows_after(self, before: Sequence[Row]) -> list[Row]:
        """Return the history with steps, epochs and seconds counted on from earlier rows."""
        if not before:
            return self.rows
        last = before[-1]
        return [
            replace(
                row,
                step=last.step + row.step,
                epoch=last.epoch + row.epoch,
                seconds=last.seconds + row.seconds,
            )
            for row in self.rows
        ]

    def pass_signal_on(self) -> None:
        """Let a signal do what it does, which the loop held back to end between two updates."""
        if self.reason in SIGNALS:
            signal.raise_signal(SIGNALS[self.reason])


def run(
    job: Job,
    start: State | None,
    best: BestKept | None,
    callbacks: Sequence[Callback],
    shown: bool,
    evaluated: bool = False,
) -> Outcome:
    """Train to the end, or until patience, a callback or a signal ends it.

    Args:
        job: what to do.
        start: where to begin; fresh networks by default.
        best: early stopping, where it is wanted.
        callbacks: the user's.
        shown: draw a progress bar.
        evaluated: leave out the evaluation before the first update.

    Raises:
        DivergenceError: the last network that still trained diverged.
    """
    history, told = History(), Callbacks(callbacks)
    with Progress(shown) as progress:
        listeners: list[Consumer] = [history, told, progress]
        if best is not None:
            listeners.insert(1, best)
        loop = Loop(job, listeners, start)
        reason = loop.run(evaluated=evaluated)
    if reason == "stopped":
        reason = "callback" if told.asked else "patience"
    kept = best.best if best is not None and best.best is not None else loop.state
    steps = loop.state.steps
    return Outcome(kept, history.rows, steps, job.batches.rows_before(steps), reason)
