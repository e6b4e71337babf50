"""Keeps a run directory up to date while training goes on, and takes a run up again from it."""

from contextlib import suppress
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from klayer.errors import InputError
from klayer.state import State
from klayer.storage import RunDirectory
from klayer.training.checkpoint import Checkpoint
from klayer.training.events import Advanced, Ended, Evaluated, Event
from klayer.training.history import History
from klayer.training.identity import (
    CODE,
    PLAN_FILE,
    differences,
    read_identity,
    same_code,
)
from klayer.training.stopping import EarlyStopping

CHECKPOINTS = ("checkpoint.safetensors", "checkpoint.previous.safetensors")
SECONDS_BETWEEN_WRITES = 5.0  # inside an epoch, and at most after short ones
OWN = "go on with its own plan (on the command line by `--resume` and `--out` alone), or "
SHARE_OF_TIME = 0.02  # of the training, that checkpoints after short epochs may take


class Recorder:
    """Listens to a training and writes history.csv and the checkpoint.

    It writes after every evaluation, and every few seconds between evaluations. Where epochs are so
    short that this would take more than a fiftieth of the time, some evaluations are passed over,
    but never for more than those seconds. It writes at the end, too. It must be the last listener,
    so that the others have taken note.

    Args:
        run: the claimed directory.
        identity: what determines the run.
        history: filled by the training.
        early: early stopping, where the plan has patience.
        seconds: spent training before this sitting.
    """

    def __init__(
        self,
        run: RunDirectory,
        identity: dict[str, Any],
        history: History,
        early: EarlyStopping | None,
        seconds: float = 0.0,
    ) -> None:
        self._run, self._identity = run, identity
        self._history, self._early = history, early
        self._before, self._began = seconds, monotonic()
        self._due = {Evaluated: -inf, Advanced: self._began + SECONDS_BETWEEN_WRITES, Ended: -inf}

    def __call__(self, event: Event) -> None:
        """Write what is known, when it is time."""
        started = monotonic()
        if started < self._due.get(type(event), inf):
            return
        self._write(event.state)
        done = monotonic()
        rest = min(SECONDS_BETWEEN_WRITES, (done - started) / SHARE_OF_TIME)
        self._due |= {Evaluated: done + rest, Advanced: done + SECONDS_BETWEEN_WRITES}

    def _write(self, state: State) -> None:
        early = self._early
        checkpoint = Checkpoint(
            state=state,
            history=self._history,
            seconds=self._before + monotonic() - self._began,
            identity=self._identity,
            best=early.best if early else None,
            accuracy=early.accuracy if early else np.empty(0),
            waited=early.waited if early else np.empty(0, np.int64),
        )
        self._run.write("history.csv", self._history.to_csv())
        newest, previous = CHECKPOINTS
        self._run.write(newest, checkpoint.to_bytes(), previous)


def read_checkpoint(
    run: RunDirectory, template: State, identity: dict[str, Any]
) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint of a run that is whole, and what is to be said about others.

    It takes the place of a damaged one that is newer.

    Args:
        run: the claimed directory.
        template: a stack of the plan's architecture, size, dtype and slots.
        identity: what determines the run that is asked for.

    Returns:
        The checkpoint, or None where there is none yet; and sentences about damaged ones, or
        about what it does not say of the run.

    Raises:
        InputError: the run in the directory is another one, or all its checkpoints are damaged.
    """
    damaged: list[str] = []
    _require_planned(run.path / PLAN_FILE, identity)
    for name in CHECKPOINTS:
        path = run.path / name
        if not path.exists():
            continue
        try:
            found = Checkpoint.from_bytes(path.read_bytes(), template, str(path))
        except InputError as error:
            damaged.append(str(error))
            continue
        _require_same(found.identity, identity)
        if damaged:  # else the next write would keep the damaged one in place of the whole one
            run.write(CHECKPOINTS[0], path.read_bytes())
        return found, damaged + _unsaid(found.identity, identity)
    if damaged:
        raise InputError(
            "; ".join(damaged) + "; start afresh with `force` (on the command line `--force`)"
        )
    return None, []


def _require_planned(path: Path, identity: dict[str, Any]) -> None:
    """Refuse to go on with another run than the one that plan.json names, where it is whole."""
    found = None
    with suppress(InputError):  # it is missing or damaged; the checkpoints name the run, too
        found = read_identity(path)
    if found is not None:
        _require_same(found, identity)


def _unsaid(found: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """Return a sentence where a run of an earlier klayer does not say which code computed it."""
    if CODE in found or CODE not in asked:
        return []
    return [
        "the run does not say which code of the native engine began it; if that was not "
        f"{asked[CODE]}, the numbers differ in their last bits from those without a break"
    ]


def _require_same(found: dict[str, Any], asked: dict[str, Any]) -> None:
    """Refuse to go on with another run than the one in the directory."""
    if CODE not in found or CODE not in asked:
        found, asked = ({k: v for k, v in one.items() if k != CODE} for one in (found, asked))
    changed = differences(found, asked)
    if changed:
        raise InputError(
            f"a run can only be resumed as it was begun, but {', '.join(changed)}; "
            f"{same_code(found, asked) or OWN}begin a new run with "
            "`force` (on the command line `--force`)"
        )
