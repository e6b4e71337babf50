"""Reasons to stop before the end: patience, per network of a stack, and a limit of time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.state import State
from klayer.training.events import Advanced, Evaluated, Event


class EarlyStopping:
    """Keeps the best weights of every network and stops those that no longer improve.

    A network improves when its validation accuracy exceeds its best so far. After `patience`
    evaluations without that, it stops.

    Attributes:
        best: the stack, each network as it was at its own best evaluation.
        accuracy: each network's best validation accuracy, (P,).
        waited: evaluations since then, (P,).
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best: State | None = None
        self.accuracy = np.empty(0)
        self.waited = np.empty(0, np.int64)

    def __call__(self, event: Event) -> NDArray[np.bool_] | None:
        """Compare an evaluation with the best one; answer with the networks that are to stop."""
        if not isinstance(event, Evaluated):
            return None
        if self.best is None:
            self.best = event.state.copy()
            self.accuracy = np.full(event.state.networks, -np.inf)
            self.waited = np.zeros(event.state.networks, np.int64)
        for row in event.rows:
            if row.validation_accuracy > self.accuracy[row.network]:
                self.accuracy[row.network] = row.validation_accuracy
                self.waited[row.network] = 0
                self.best.assign(row.network, event.state, row.network)
            else:
                self.waited[row.network] += 1
        return self.stopped

    @property
    def stopped(self) -> NDArray[np.bool_]:
        """Which networks have waited long enough, (P,)."""
        return self.waited >= self.patience

    def restore(self, best: State, accuracy: NDArray[np.float64], waited: NDArray[Any]) -> None:
        """Remember what an earlier sitting of the same run remembered."""
        self.best, self.accuracy, self.waited = best, accuracy.copy(), waited.copy()


class TimeLimit:
    """Stops all networks once `seconds` have passed since the training began."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.reached = False

    def __call__(self, event: Event) -> NDArray[np.bool_] | None:
        """Answer with all networks when the time is over."""
        if isinstance(event, Advanced) and event.seconds >= self.seconds:
            self.reached = True
            return np.ones(event.state.networks, bool)
        return None
