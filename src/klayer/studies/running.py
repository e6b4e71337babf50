"""Runs the stacks of a study one after another, and tells a listener how far it has come."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from klayer.data import Data
from klayer.engines import choose_engine
from klayer.errors import DivergenceError, InputError, KlayerError
from klayer.storage import RunDirectory
from klayer.studies.folder import StudyFolder
from klayer.studies.machine import peak_memory
from klayer.studies.results import Outcome, Results
from klayer.studies.sets import Sets
from klayer.studies.stack import Stack
from klayer.training import Consumer, Event, Fitted, History, fit
from klayer.training.identity import versions
from klayer.training.interrupts import REASONS, heeded


class Interrupted(KlayerError):
    """Somebody asked the study to end; `reason` is "interrupted" or "terminated"."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the study was {reason}; what was reached is saved")


@dataclass(frozen=True, eq=False)
class StackStarted:
    """A stack is about to be trained.

    Attributes:
        stack: which.
        position: its place among all, from 0 on.
        stacks: all of the study.
    """

    stack: Stack
    position: int
    stacks: tuple[Stack, ...]


@dataclass(frozen=True, eq=False)
class StackEnded:
    """A stack was trained to its end, in this sitting or before."""

    outcome: Outcome


Listener = Callable[[StackStarted | StackEnded | Event], Any]
Witness = Callable[[Stack, Data, Path | None], Sequence[Consumer]]
"""Returns further listeners to a stack's training, which may write to its run directory."""


def run_study(
    stacks: Iterable[Stack],
    sets: Sets,
    out: Path | None = None,
    *,
    about: dict[str, Any] | None = None,
    engine: str = "auto",
    threads: int | None = None,
    listener: Listener = lambda *_: None,
    witness: Witness = lambda *_: (),
) -> Results:
    """Train all stacks of a study.

    Args:
        stacks: in the order in which they are trained; those of one seed side by side, since the
            data are split anew by every seed.
        sets: the data.
        out: a folder that keeps the study; running the same study there again continues it.
        about: what else determines the study, in JSON's own types.
        engine: "auto", "native" or "reference".
        threads: how many threads compute.
        listener: is told when a stack begins and ends, and all events of its training.
        witness: makes further listeners for each stack.

    Returns:
        What all the stacks left. A study that was killed anywhere and run again returns the same,
        times and memory figures aside.

    Raises:
        InputError: a plan does not fit the data, or `out` holds another study.
        Interrupted: Ctrl-C or SIGTERM came.

    Example:
        >>> from klayer import Plan
        >>> from klayer.studies import replicate
        >>> plan = Plan(hidden=(8,), lam=[0, 1], step_size=20, cycles=1)
        >>> stacks = replicate([Stack("small", plan, ("λ = 0", "λ = 1"))], replicates=2)
        >>> results = run_study(stacks, Sets(source="digits"))
        >>> results.values("λ = 0", "best_validation_accuracy").shape
        (2,)
    """
    stacks = tuple(stacks)
    name = choose_engine(engine, threads).name
    settings = {**sets.where, **(about or {}), "engine": name, "versions": versions()}
    claim = nullcontext() if out is None else RunDirectory(out, resume=True)
    outcomes = []
    with claim, heeded() as request:
        folder = None if out is None else StudyFolder(out, settings)
        for position, stack in enumerate(stacks):
            outcome = folder and folder.finished(stack)
            listener(StackStarted(stack, position, stacks))
            if not outcome:
                outcome = _train(stack, sets, folder, name, threads, listener, witness)
            listener(StackEnded(outcome))
            outcomes.append(outcome)
            if request.reason is not None and position + 1 < len(stacks):
                raise Interrupted(request.reason)
    return Results(tuple(outcomes))


def _train(
    stack: Stack,
    sets: Sets,
    folder: StudyFolder | None,
    engine: str,
    threads: int | None,
    listener: Listener,
    witness: Witness,
) -> Outcome:
    """Train one stack to its end, from where an earlier sitting left it."""
    data = sets.of(stack.plan.seed)
    run = None
    if folder is not None:
        folder.require_same_data(data.fingerprint)
        run = folder.run(stack)
    before, history = _earlier(run), History()
    try:
        fitted = fit(
            data,
            stack.plan,
            engine=engine,
            threads=threads,
            consumers=[history, *witness(stack, data, run), listener],
            out=run,
            resume=run is not None,
        )
    except DivergenceError as error:
        outcome = _diverged(stack, before, history, error, engine)
    else:
        if fitted.reason in REASONS.values():
            raise Interrupted(fitted.reason)
        outcome = _outcome(stack, fitted)
    if folder is not None:
        folder.keep(outcome)
    return outcome


def _outcome(stack: Stack, fitted: Fitted) -> Outcome:
    """Return what a training left."""
    lam, test = stack.plan.per_network("lam"), fitted.test
    accuracy: tuple[float, ...] = ()
    cost: tuple[float, ...] = ()
    if test is not None:
        accuracy = tuple(test.accuracy.tolist())
        cost = tuple((test.cross_entropy + np.array(lam) * test.penalty).tolist())
    return Outcome(
        stack=stack,
        history=fitted.history,
        test_accuracy=accuracy,
        test_cost=cost,
        reason=fitted.reason,
        steps=fitted.steps,
        seconds=fitted.seconds,
        engine=fitted.engine,
        peak_memory=peak_memory(),
    )


def _earlier(run: Path | None) -> History:
    """Return the evaluations of earlier sittings."""
    path = None if run is None else run / "history.csv"
    if path is None or not path.exists():
        return History()
    return History.from_csv(path.read_text(encoding="utf-8"))


def _diverged(
    stack: Stack, before: History, after: History, error: DivergenceError, engine: str
) -> Outcome:
    """Return what a training left whose last network diverged."""
    first = min((row.step for row in after.rows), default=error.step + 1)
    rows = [row for row in before.rows if row.step < first] + after.rows
    if not rows:
        raise InputError(f"a stack of a study must begin with a finite cost, but {error}")
    nothing = (float("nan"),) * stack.plan.stack_size
    return Outcome(
        stack=stack,
        history=History(rows),
        test_accuracy=nothing,
        test_cost=nothing,
        reason="diverged",
        steps=error.step,
        seconds=rows[-1].seconds,
        engine=engine,
        peak_memory=peak_memory(),
    )
