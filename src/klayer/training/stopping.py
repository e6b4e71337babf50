"""Reasons to stop before the end: patience, per network of a stack, and a limit of time."""

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
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best: State | None = None
        self._accuracy = np.empty(0)
        self._waited = np.empty(0, int)

    def __call__(self, event: Event) -> NDArray[np.bool_] | None:
        """Compare an evaluation with the best one; answer with the networks that are to stop."""
        if not isinstance(event, Evaluated):
            return None
        if self.best is None:
            self.best = event.state.copy()
            self._accuracy = np.full(event.state.networks, -np.inf)
            self._waited = np.zeros(event.state.networks, int)
        for row in event.rows:
            if row.validation_accuracy > self._accuracy[row.network]:
                self._accuracy[row.network] = row.validation_accuracy
                self._waited[row.network] = 0
                self.best.assign(row.network, event.state, row.network)
            else:
                self._waited[row.network] += 1
        return self._waited >= self.patience


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
