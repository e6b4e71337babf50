"""`fit`: one call from data and a plan to a trained model with its history."""

import json
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from klayer.data import Data
from klayer.engines import (
    Engine,
    Evaluation,
    available_engines,
    choose_engine,
    unknown_to_native,
)
from klayer.errors import InputError, PlanWarning
from klayer.models import MODEL_FILE, Model
from klayer.storage import RunDirectory
from klayer.training.advice import advice
from klayer.training.events import Consumer
from klayer.training.history import History
from klayer.training.identity import PLAN_FILE, identity_of
from klayer.training.job import Job, needs_of
from klayer.training.loop import Loop
from klayer.training.plan import Plan
from klayer.training.presentation import on_pixels
from klayer.training.recording import Recorder, read_checkpoint
from klayer.training.room import check_room
from klayer.training.stopping import EarlyStopping, TimeLimit


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a training leaves.

    Attributes:
        plan: the settings.
        model: the stack that was saved: the last weights or, with patience, the best ones.
        history: all evaluations.
        test: the model's figures on the test set; None where there is no such set.
        reason: why it ended: "finished", "patience", "time limit", "consumer" (who listened
            stopped it), "interrupted" (Ctrl-C) or "terminated" (SIGTERM).
        steps: updates done.
        before: those of them that earlier sittings did.
        seconds: of the training with its evaluations.
        engine: the engine's name.
        notes: what else is to be said, such as that a damaged checkpoint was passed over.
    """

    plan: Plan
    model: Model
    history: History
    test: Evaluation | None
    reason: str
    steps: int
    seconds: float
    engine: str
    before: int = 0
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        network = self.model.best
        found = [("test", self.test.accuracy[network])] if self.test is not None else []
        for name in ("validation", "training"):
            found.append((f"best {name}", self.history.best(f"{name}_accuracy", network)))
        accuracies = ", ".join(f"{name} {value:.4f}" for name, value in found if isfinite(value))
        return (
            f"Fitted({self.model!r}: {self.reason} after {self.steps} steps in "
            f"{self.seconds:.1f} s, {self.engine} engine; accuracy {accuracies})"
        )


def fit(
    data: Data,
    plan: Plan | None = None,
    *,
    engine: str = "auto",
    threads: int | None = None,
    consumers: Sequence[Consumer] = (),
    out: RunDirectory | str | Path | None = None,
    resume: bool = False,
    force: bool = False,
) -> Fitted:
    """Train a stack of networks as the plan says.

    Args:
        data: training, validation and test sets.
        plan: the settings; `Plan()` by default.
        engine: "auto", "native" or "reference".
        threads: how many threads compute; the process's allowed CPUs by default.
        consumers: listeners to the events of the training, such as a progress bar.
        out: a run directory to keep plan, history, checkpoint and model in.
        resume: go on from the checkpoint in `out`; start afresh where there is none.
        force: overwrite an earlier run in `out`.

    Returns:
        The model, its history, its test figures, and how it went. A run that was stopped and
        resumed gives the same numbers, to the bit, as one that was not; seconds aside.

    Warns:
        PlanWarning: a setting is allowed and yet rarely meant, such as a learning rate that stays
            near its lowest because `step_size` is far above the number of updates.

    Raises:
        InputError: the plan does not fit the data or the memory, or `out` cannot be used.
        DivergenceError: the cost of every network stopped being finite.
        StorageError: a file in `out` could not be written.

    Example:
        >>> from klayer import Plan, fit, load_data
        >>> fitted = fit(load_data("digits"), Plan(hidden=(30,), step_size=100, cycles=1))
        >>> fitted.steps, bool(fitted.test.accuracy[0] > 0.9)
        (200, True)
    """
    plan = plan or Plan()
    if not isinstance(data, Data) or not isinstance(plan, Plan):
        raise InputError(
            "`data` must be what load_data returns and `plan` a Plan, but got "
            f"{type(data).__name__} and {type(plan).__name__}; fit(load_data('digits'), Plan())"
        )
    if plan.patience is not None and not len(data.validation):
        raise InputError("`patience` needs a validation set, but the data has none")
    if out is None and (resume or force):
        raise InputError("`resume` and `force` need a run directory, but `out` is not given")
    chosen = choose_engine(engine, threads, needs_of(data, plan))
    for sentence in advice(plan, len(data.training)):
        warnings.warn(sentence, PlanWarning, stacklevel=2)
    with _claimed(out, force, resume) as run, _blas_threads(chosen, threads):
        return _Sitting(data, plan, chosen, run).train(consumers, resume)


def engine_note(data: Data, plan: Plan, engine: str) -> str:
    """Return why the slower engine computes a training, in a sentence; "" where it does not.

    Example:
        >>> from klayer.data import load_data
        >>> engine_note(load_data("digits"), Plan(), "auto")
        ''
    """
    unknown = unknown_to_native(needs_of(data, plan))
    if engine != "auto" or not unknown or "native" not in available_engines():
        return ""
    return f"the reference engine computes this, for the native one does not know {unknown}"


class _Sitting:
    """One sitting of a training: from the start or a checkpoint to the end or an interrupt."""

    def __init__(self, data: Data, plan: Plan, engine: Engine, run: RunDirectory | None) -> None:
        self.data, self.plan, self.engine, self.run = data, plan, engine, run
        self.history = History()
        self.early = EarlyStopping(plan.patience) if plan.patience else None
        self.limit = TimeLimit(plan.time_limit) if plan.time_limit else None
        self.identity = identity_of(plan, data, engine)
        self.notes: list[str] = []
        self.before = 0

    def train(self, consumers: Sequence[Consumer], resume: bool) -> Fitted:
        """Run the loop, then bind what is left into a model."""
        job = Job.of(self.data, self.plan, self.engine)
        check_room(job)
        loop = self._resumed(job, consumers) if resume else Loop(job, self._listeners(consumers))
        if self.run is not None:
            self.run.write(PLAN_FILE, json.dumps(self.identity, indent=2) + "\n")
        rows, self.before = self.history.rows, loop.state.steps
        reason = loop.run(evaluated=bool(rows) and rows[-1].step == loop.state.steps)
        if reason == "stopped":
            patience = self.early is not None and self.early.stopped.any()
            reason = "patience" if patience else "consumer"
            reason = "time limit" if self.limit and self.limit.reached else reason
        return self._fitted(loop, reason)

    def _listeners(self, consumers: Sequence[Consumer], seconds: float = 0.0) -> list[Consumer]:
        """Return all who listen; the recorder last, when the others have taken note."""
        own = [listener for listener in (self.history, self.early, self.limit) if listener]
        if self.run is None:
            return [self.history, *own[1:], *consumers]
        recorder = Recorder(self.run, self.identity, self.history, self.early, seconds)
        return [*own, *consumers, recorder]

    def _resumed(self, job: Job, consumers: Sequence[Consumer]) -> Loop:
        """Return the loop as the last checkpoint left it, or a fresh one where there is none."""
        assert self.run is not None
        template = job.begin()
        found, self.notes = read_checkpoint(self.run, template, self.identity)
        if found is None:
            return Loop(job, self._listeners(consumers))
        self.history.rows.extend(found.history.rows)
        state, diverged = found.state, ~found.state.active
        if self.early is not None and found.best is not None:
            self.early.restore(found.best, found.accuracy, found.waited)
            state = replace(state, active=state.active & ~self.early.stopped)
            diverged &= ~self.early.stopped
        listeners = self._listeners(consumers, found.seconds)
        return Loop(job, listeners, state, found.seconds, diverged)

    def _fitted(self, loop: Loop, reason: str) -> Fitted:
        """Return what the training leaves, and write the model."""
        best_weights = self.early is not None and self.early.best is not None
        saved = self.early.best if self.early and self.early.best else loop.state
        if saved is not loop.state or reason == "time limit":
            saved = loop.job.with_precise_statistics(saved)
        best = _best(self.history, best_weights)
        saved = on_pixels(saved, loop.job.data.samples, self.data.samples)
        model = Model.of(self.data, saved, self.plan.per_network("lam"), best)
        rows = self.data.test
        test = model.evaluate(self.data, rows, self.engine) if len(rows) else None
        if self.run is not None:
            self.run.write(MODEL_FILE, model.to_bytes())
        return Fitted(
            plan=self.plan,
            model=model,
            history=self.history,
            test=test,
            reason=reason,
            steps=loop.state.steps,
            seconds=loop.seconds,
            engine=self.engine.name,
            before=self.before,
            notes=tuple(self.notes),
        )


def _best(history: History, best_weights: bool) -> int:
    """Return the position of the network with the highest validation accuracy as saved.

    Without a validation set the training accuracy decides.
    """
    networks = sorted({row.network for row in history.rows})
    measure = history.best if best_weights else history.final
    figures = [
        [measure(metric, network) for network in networks]
        for metric in ("validation_accuracy", "training_accuracy")
    ]
    chosen = figures[1] if np.isnan(figures[0]).any() else figures[0]
    return networks[int(np.argmax(chosen))]


def _claimed(
    out: RunDirectory | str | Path | None, force: bool, resume: bool
) -> AbstractContextManager[RunDirectory | None]:
    """Return the run directory to write to; one that the caller has claimed stays theirs."""
    if out is None or isinstance(out, RunDirectory):
        return nullcontext(out)
    return RunDirectory(Path(out), force=force, resume=resume)


def _blas_threads(engine: Engine, threads: int | None) -> AbstractContextManager[Any]:
    """Hold NumPy's matrix products to so many threads while the reference engine computes."""
    if engine.name != "reference" or threads is None:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(threads)
    return limits
