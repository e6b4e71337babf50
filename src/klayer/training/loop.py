"""The loop: updates in calls of a fraction of a second, evaluations between them, events out."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.errors import DivergenceError, InputError
from klayer.state import State
from klayer.training.divergence import finite_networks, layer_at_evaluation, layer_at_update
from klayer.training.events import (
    Advanced,
    Consumer,
    Diverged,
    Ended,
    Evaluated,
    Event,
    Started,
)
from klayer.training.interrupts import heeded
from klayer.training.job import Job

CALL_SECONDS = 0.25
FIRST_CALL = 16


class Loop:
    """Runs a job and tells its listeners; `state` is always a whole number of updates.

    Args:
        job: what to do.
        consumers: listeners; an answer, True or a mask (P,), stops the networks or those of them.
        start: where to go on; the initial stack by default.
        seconds: spent training before.
        diverged: networks that diverged before, (P,); none by default.

    Attributes:
        state: the stack as far as it has come.
    """

    def __init__(
        self,
        job: Job,
        consumers: Sequence[Consumer],
        start: State | None = None,
        seconds: float = 0.0,
        diverged: NDArray[np.bool_] | None = None,
    ) -> None:
        self.job = job
        self.consumers = consumers
        self.state = job.begin() if start is None else start
        self._diverged = np.zeros(self.state.networks, bool) if diverged is None else diverged
        self._began = perf_counter() - seconds
        self._call = FIRST_CALL

    def run(self, evaluated: bool = False) -> str:
        """Train to the end, or until every network has stopped.

        Args:
            evaluated: the stack where this begins has been evaluated already.

        Returns:
            "finished", "stopped", or how it was asked to end: "interrupted" or "terminated".

        Raises:
            DivergenceError: all networks diverged; this was the last.
        """
        with heeded() as request:
            begun = self.state.active
            self._tell(Started(self.state, self.job.steps))
            if not evaluated and self._is_due(self.state.steps):
                self._evaluate(begun)
            while self._is_going() and request.reason is None:
                self._advance()
            reason = "finished" if self.state.steps == self.job.steps else "stopped"
            if self._is_going() and request.reason is not None:
                reason = request.reason
            self._tell(Ended(self.state, reason))
        return reason

    def _is_going(self) -> bool:
        """Return whether there is an update left for any network."""
        return self.state.steps < self.job.steps and bool(self.state.active.any())

    def _advance(self) -> None:
        """Make one call of the engine, and evaluate where an evaluation is due."""
        before, job = self.state, self.job
        due = (before.steps // job.evaluate_every + 1) * job.evaluate_every
        stop = min(before.steps + self._call, due, job.steps)
        started = perf_counter()
        self.state, losses = job.advance(before, stop)
        spent = perf_counter() - started
        self._call = max(1, int((stop - before.steps) * CALL_SECONDS / max(spent, 1e-9)))
        self._drop_diverged(before, losses)
        trained = self.state.active
        rate = job.rate(stop - 1)
        self._tell(Advanced(self.state, rate, losses.mean(axis=0), self.seconds))
        if self._is_due(stop) or not self.state.active.any():
            self._evaluate(trained)

    def _is_due(self, step: int) -> bool:
        """Return whether an evaluation belongs after so many updates."""
        return step % self.job.evaluate_every == 0 or step == self.job.steps

    def _evaluate(self, trained: NDArray[np.bool_]) -> None:
        """Tell the figures of the networks that trained until now, were they stopped or not."""
        stopped = trained & ~self.state.active
        self.state = replace(self.state, active=trained)
        rows = self.job.evaluate(self.state, self.seconds)
        for row in rows:
            if not isfinite(row.training_cross_entropy):
                layer = layer_at_evaluation(self.job, self.state, row.network)
                self._stop_diverged(self.state.steps, row.network, layer)
        kept = tuple(row for row in rows if self.state.active[row.network])
        self._tell(Evaluated(self.state, kept))
        self.state = replace(self.state, active=self.state.active & ~stopped)

    def _drop_diverged(self, before: State, losses: NDArray[np.float64]) -> None:
        """Put networks that are no longer finite back to where they were, and stop them.

        The cost tells, and at the end of an epoch the numbers themselves: some can be infinite
        while the cost is not, such as the bias of a unit that is never active again.
        """
        bad = ~np.isfinite(losses) & before.active
        for network in np.flatnonzero(bad.any(axis=0)).tolist():
            step = before.steps + int(bad[:, network].argmax())
            layer = layer_at_update(self.job, before, step, network)
            self.state.assign(network, before, network)
            self._stop_diverged(step, network, layer)
        per_epoch, stop = self.job.batches.per_epoch, self.state.steps
        if stop == self.job.steps or stop // per_epoch > before.steps // per_epoch:
            bad = self.state.active & ~finite_networks(self.state)
            for network in np.flatnonzero(bad).tolist():
                layer = layer_at_evaluation(self.job, self.state, network)
                self.state.assign(network, before, network)
                self._stop_diverged(stop, network, layer)

    def _stop_diverged(self, step: int, network: int, layer: int) -> None:
        """Stop one network, and the run with it if all others have diverged too."""
        mask = np.arange(self.state.networks) == network
        self.state = replace(self.state, active=self.state.active & ~mask)
        self._diverged = self._diverged | mask
        rate = self.job.rate(step)
        self._tell(Diverged(self.state, step, rate, network, layer))
        if self._diverged.all():
            raise DivergenceError(step, rate, network, layer)

    def _tell(self, event: Event) -> None:
        """Tell every listener, and stop the networks that any of them names."""
        for consumer in self.consumers:
            answer = consumer(event)
            if answer is not None:
                mask = _mask_of(answer, self.state.networks)
                self.state = replace(self.state, active=self.state.active & ~mask)

    @property
    def seconds(self) -> float:
        """Spent training, in this sitting and before."""
        return perf_counter() - self._began


def _mask_of(answer: Any, networks: int) -> NDArray[np.bool_]:
    """Return which networks a listener's answer stops: all or none of them, or those of a mask."""
    mask = np.asarray(answer)
    if mask.dtype != bool or mask.shape not in ((), (networks,)):
        raise InputError(
            f"a consumer must return None, True or False, or a mask of shape ({networks},), but "
            f"got {answer!r}"
        )
    return np.broadcast_to(mask, (networks,))
