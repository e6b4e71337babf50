"""What the trainings of a study left: their histories and test figures, by treatment."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.studies.stack import Stack
from klayer.training import History


@dataclass(frozen=True, eq=False)
class Outcome:
    """How the training of one stack went.

    Attributes:
        stack: what was trained.
        history: all evaluations.
        test_accuracy: after the last update, (P,); empty where there is no test set.
        test_cost: likewise.
        reason: why it ended, as in `Fitted`; "diverged" where the last network did.
        steps: updates done.
        seconds: of the training with its evaluations.
        engine: the engine's name.
        peak_memory: the largest resident set of the process until then, in bytes.
    """

    stack: Stack
    history: History
    test_accuracy: tuple[float, ...]
    test_cost: tuple[float, ...]
    reason: str
    steps: int
    seconds: float
    engine: str
    peak_memory: int

    def figure(self, metric: str, network: int) -> float:
        """Return one figure of one network, such as "best_validation_cost" or "test_accuracy"."""
        when, _, name = metric.partition("_")
        if when == "test":
            values: Sequence[float] = getattr(self, metric)
            return values[network] if values else float("nan")
        return float(getattr(self.history, when)(name, network))

    def diverged(self, network: int) -> bool:
        """Return whether the cost of one network stopped being finite."""
        early = self.history.of(network)[-1].step < self.history.rows[-1].step
        return self.reason == "diverged" or (early and self.stack.plan.patience is None)


@dataclass(frozen=True, eq=False)
class Results:
    """The outcomes of all stacks of a study."""

    outcomes: tuple[Outcome, ...]

    @cached_property
    def _places(self) -> dict[str, list[tuple[Outcome, int]]]:
        places: dict[str, list[tuple[Outcome, int]]] = {}
        for outcome in sorted(self.outcomes, key=lambda outcome: outcome.stack.plan.seed):
            for network, treatment in enumerate(outcome.stack.treatments):
                places.setdefault(treatment, []).append((outcome, network))
        return places

    @property
    def treatments(self) -> tuple[str, ...]:
        """The names of all treatments."""
        return tuple(self._places)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The replicates' seeds, ascending."""
        return tuple(sorted({outcome.stack.plan.seed for outcome in self.outcomes}))

    @property
    def engines(self) -> str:
        """The engine and the type of numbers of the trainings, in words."""
        engines = sorted({outcome.engine for outcome in self.outcomes})
        types = sorted({outcome.stack.plan.dtype for outcome in self.outcomes})
        return f"{', '.join(engines)}, {', '.join(types)}" if engines else "none"

    @property
    def seconds(self) -> float:
        """Spent training, all stacks together."""
        return sum(outcome.seconds for outcome in self.outcomes)

    @property
    def peak_memory(self) -> int:
        """Bytes."""
        return max((outcome.peak_memory for outcome in self.outcomes), default=0)

    def places(self, treatment: str) -> list[tuple[Outcome, int]]:
        """Return the replicates of a treatment, by seed: an outcome and a position in its stack."""
        return self._places[treatment]

    def values(self, treatment: str, metric: str) -> NDArray[np.float64]:
        """Return a figure of every replicate of a treatment, by seed, (R,)."""
        return np.array([outcome.figure(metric, n) for outcome, n in self._places[treatment]])

    def curves(self, treatment: str, metric: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return the steps (S,) of the evaluations and a metric there for each replicate, (R, S).

        A replicate that ended early has nan from there on.
        """
        rows = [outcome.history.of(network) for outcome, network in self._places[treatment]]
        steps = np.array([row.step for row in max(rows, key=len)], np.int64)
        values = np.full((len(rows), len(steps)), np.nan)
        for line, own in zip(values, rows, strict=True):
            line[: len(own)] = [getattr(row, metric) for row in own]
        return steps, values
