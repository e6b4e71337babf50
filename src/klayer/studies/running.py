"""Runs the stacks of a study: one after another in this process, or on a cluster."""

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from klayer.engines import choose_engine
from klayer.errors import InputError
from klayer.storage import RunDirectory
from klayer.studies.events import (
    Interrupted,
    Listener,
    StackEnded,
    StackStarted,
    Witness,
    ignore,
    no_witness,
)
from klayer.studies.folder import StudyFolder
from klayer.studies.one_stack import How, train_stack
from klayer.studies.results import Outcome, Results
from klayer.studies.sets import Sets
from klayer.studies.stack import Stack
from klayer.training.identity import computed_by, versions
from klayer.training.interrupts import Request, heeded


def run_study(
    stacks: Iterable[Stack],
    sets: Sets,
    out: Path | None = None,
    *,
    about: dict[str, Any] | None = None,
    engine: str = "auto",
    threads: int | None = None,
    listener: Listener = ignore,
    witness: Witness = no_witness,
    cluster: str | None = None,
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
        cluster: the address of a Dask scheduler whose workers train the stacks; None to train
            them in this process. A cluster's study needs a folder.

    Returns:
        What all the stacks left. A study that was killed anywhere and run again returns the same,
        times and memory figures aside.

    Raises:
        InputError: a plan does not fit the data, `out` holds another study, or the cluster does
            not answer.
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
    if cluster is not None and out is None:
        raise InputError("a study on a cluster needs a folder, but `out` is not given")
    chosen = choose_engine(engine, threads)
    how = How(chosen.name, threads, witness)
    here = {"engine": chosen.name} if cluster else computed_by(chosen)
    settings = {**sets.where, **(about or {}), **here, "versions": versions()}
    claim = nullcontext() if out is None else RunDirectory(out, resume=True)
    with claim, heeded() as request:
        folder = None if out is None else StudyFolder(out, settings)
        if cluster is None or folder is None:
            outcomes = _run_here(stacks, sets, folder, how, listener, request)
        else:
            from klayer.studies.cluster import run_on_cluster

            outcomes = run_on_cluster(cluster, stacks, sets, folder, how, listener, request)
    return Results(tuple(outcomes))


def _run_here(
    stacks: tuple[Stack, ...],
    sets: Sets,
    folder: StudyFolder | None,
    how: How,
    listener: Listener,
    request: Request,
) -> list[Outcome]:
    """Train the stacks one after another, those that are finished excepted."""
    outcomes, trained = [], False
    for position, stack in enumerate(stacks):
        listener(StackStarted(stack, position, stacks))
        outcome = None if folder is None else folder.finished(stack)
        trained = trained or outcome is None
        outcome = outcome or train_stack(stack, sets, folder, how, listener)
        listener(StackEnded(outcome))
        outcomes.append(outcome)
        if request.reason is not None and position + 1 < len(stacks):
            raise Interrupted(request.reason)
    if folder is not None and stacks and not trained:  # a training would have seen other data
        folder.require_same_data(sets.of(stacks[-1].plan.seed).fingerprint)
    return outcomes
