"""The training of one stack of a study: its outcome, whether it ends well or diverges."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from klayer.errors import DivergenceError, InputError
from klayer.studies.events import Interrupted, Listener, Witness, ignore
from klayer.studies.folder import StudyFolder
from klayer.studies.machine import peak_memory
from klayer.studies.results import Outcome
from klayer.studies.sets import Sets
from klayer.studies.stack import Stack
from klayer.training import Fitted, History, fit
from klayer.training.interrupts import REASONS


@dataclass(frozen=True)
class How:
    """How the stacks of a study are trained.

    Attributes:
        engine: its name.
        threads: how many threads compute.
        witness: makes further listeners for each stack.
    """

    engine: str
    threads: int | None
    witness: Witness


def train_stack(
    stack: Stack, sets: Sets, folder: StudyFolder | None, how: How, listener: Listener = ignore
) -> Outcome:
    """Train one stack to its end, from where an earlier sitting left it, and keep what it left.

    Raises:
        InputError: the plan does not fit the data.
        Interrupted: Ctrl-C or SIGTERM came.
    """
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
            engine=how.engine,
            threads=how.threads,
            consumers=[history, *how.witness(stack, data, run), listener],
            out=run,
            resume=run is not None,
        )
    except DivergenceError as error:
        outcome = _diverged(stack, before, history, error, how.engine)
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
    return History.read(path)


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
