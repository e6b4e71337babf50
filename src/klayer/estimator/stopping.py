"""Early stopping on a metric of choice: every network keeps the weights of its best evaluation."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.errors import InputError
from klayer.state import State
from klayer.training import Evaluated, Event
from klayer.training.rules import did_you_mean

Score = Callable[[Evaluated], NDArray[np.float64]]
"""An evaluation's scores, (P,), higher is better; nan for networks that have stopped."""


def accuracy(event: Evaluated) -> NDArray[np.float64]:
    """Return every network's validation accuracy."""
    return _by_network(event, "validation_accuracy")


def negative_loss(event: Evaluated) -> NDArray[np.float64]:
    """Return every network's validation cross-entropy with the sign turned."""
    return -_by_network(event, "validation_cross_entropy")


def _by_network(event: Evaluated, metric: str) -> NDArray[np.float64]:
    found = np.full(event.state.networks, np.nan)
    for row in event.rows:
        found[row.network] = getattr(row, metric)
    return found


OWN: dict[Any, Score] = {"accuracy": accuracy, "loss": negative_loss}


class BestKept:
    """Listens to a training, keeps each network's best weights, stops those that wait too long.

    Args:
        score: of an evaluation.
        patience: stop a network after so many evaluations without a better score.
        tol: a score that exceeds the best so far by no more than this does not end the waiting.

    Attributes:
        best: the stack, each network as it was at its own best evaluation.
        best_score: of every network, (P,).
        scores: of every evaluation, each (P,).
    """

    def __init__(self, score: Score, patience: int, tol: float) -> None:
        self.score, self.patience, self.tol = score, patience, tol
        self.best: State | None = None
        self.best_score = np.empty(0)
        self.scores: list[NDArray[np.float64]] = []
        self._waited = np.empty(0, np.int64)

    def __call__(self, event: Event) -> NDArray[np.bool_] | None:
        """Compare an evaluation with the best one; answer with the networks that are to stop."""
        if not isinstance(event, Evaluated):
            return None
        found = self.score(event)
        self.scores.append(found)
        if self.best is None:
            self.best = event.state.copy()
            self.best_score = np.full(len(found), -np.inf)
            self._waited = np.zeros(len(found), np.int64)
        better = found > self.best_score
        enough = found > self.best_score + self.tol
        for network in np.flatnonzero(better).tolist():
            self.best.assign(network, event.state, network)
        self.best_score = np.where(better, found, self.best_score)
        self._waited = np.where(enough, 0, self._waited + ~np.isnan(found))
        return self._waited >= self.patience


def score_named(scoring: Any, snapshot: Callable[[State, int], Any], X: Any, y: Any) -> Score:
    """Return the score that a name or a scikit-learn scorer stands for.

    Args:
        scoring: "accuracy", "loss", the name of any scikit-learn scorer such as "roc_auc", or a
            function of (classifier, X, y).
        snapshot: (state, network) → a classifier of that one network.
        X: validation rows, (n, d).
        y: their labels, (n,).

    Raises:
        InputError: there is no such scorer.
    """
    if isinstance(scoring, str) and scoring in OWN:
        return OWN[scoring]
    scorer = scoring if callable(scoring) else _scorer(scoring)

    def score(event: Evaluated) -> NDArray[np.float64]:
        found = np.full(event.state.networks, np.nan)
        for row in event.rows:
            found[row.network] = scorer(snapshot(event.state, row.network), X, y)
        return found

    return score


def _scorer(name: Any) -> Any:
    from sklearn.metrics import get_scorer, get_scorer_names

    known = get_scorer_names()
    if name not in known:
        raise InputError(
            "`scoring` must be 'accuracy', 'loss', a scikit-learn scorer or its name, "
            f"but got {name!r}{did_you_mean(name, known)}"
        )
    return get_scorer(name)
