"""The folder of a study: what it is, and what every finished stack left."""

import json
from pathlib import Path
from typing import Any

from klayer.errors import InputError
from klayer.storage import write_whole
from klayer.storage.run_directory import LOCK
from klayer.studies.results import Outcome
from klayer.studies.stack import Stack
from klayer.training import History, Plan
from klayer.training.identity import PLAN_FILE, differences, read_identity, same_code

STUDY_FILE = "study.json"
KINDS = {"study", "search"}  # what says in it which of them it is
OUTCOME_FILE = "outcome.json"


class StudyFolder:
    """Where a study is kept, one run directory per stack; a finished stack is not run again.

    Args:
        path: the folder, claimed by the caller.
        about: what determines every number of the study, in JSON's own types.
        kind: how to call it in a sentence.

    Raises:
        InputError: the folder holds another study, or something else.
    """

    def __init__(self, path: Path, about: dict[str, Any], kind: str = "study") -> None:
        self.path, self._kind = path, kind
        found = _read(path / STUDY_FILE)
        _require_own(path, kind, found, about)
        both = found.keys() & about.keys()
        changed = differences(*({name: one[name] for name in both} for one in (found, about)))
        if changed:
            raise InputError(
                f"a {kind} can only be continued as it was begun, but in {path} "
                f"{', '.join(changed)}; {same_code(found, about)}choose another `out`"
            )
        self._about = found | about
        self._write()

    def require_same_data(self, fingerprint: str) -> None:
        """Refuse data other than those that the study began with.

        Raises:
            InputError: the source's content has changed.
        """
        before = self._about.setdefault("fingerprint", fingerprint)
        if before != fingerprint:
            raise InputError(
                f"all of a {self._kind} must see the same data, but the fingerprint was "
                f"{before[:12]} and is {fingerprint[:12]}; choose another `out`"
            )
        self._write()

    def run(self, stack: Stack) -> Path:
        """Return the run directory of a stack."""
        return self.path / stack.folder

    def finished(self, stack: Stack) -> Outcome | None:
        """Return what a stack left, or None where it has not been trained to its end.

        Raises:
            InputError: another plan was trained there.
        """
        run = self.run(stack)
        if not (run / OUTCOME_FILE).exists():
            return None
        left, plan = (
            _read(run / OUTCOME_FILE),
            Plan.from_dict(read_identity(run / PLAN_FILE)["plan"]),
        )
        if plan != stack.plan:
            raise InputError(
                f"a stack can only be continued under its own plan, but {run} has another; "
                "choose another `out`"
            )
        history = History.read(run / "history.csv")
        try:
            left |= {name: tuple(left[name]) for name in ("test_accuracy", "test_cost")}
            return Outcome(stack=stack, history=history, **left)
        except (KeyError, TypeError) as error:
            raise InputError(f"{run} must be as a study left it, but {error}") from error

    def keep(self, outcome: Outcome) -> None:
        """Write what a finished stack left."""
        names = (
            "test_accuracy",
            "test_cost",
            "reason",
            "steps",
            "seconds",
            "engine",
            "peak_memory",
        )
        left = {name: getattr(outcome, name) for name in names}
        run = self.run(outcome.stack)
        write_whole(run / "history.csv", outcome.history.to_csv())
        write_whole(run / OUTCOME_FILE, json.dumps(left, indent=2) + "\n")

    def _write(self) -> None:
        write_whole(self.path / STUDY_FILE, json.dumps(self._about, indent=2) + "\n")


def _require_own(path: Path, kind: str, found: dict[str, Any], about: dict[str, Any]) -> None:
    """Refuse a folder that holds something else than such a study."""
    if not found:
        others = sorted(entry.name for entry in path.iterdir() if entry.name != LOCK)
        other = others[0] if others else None
    else:
        what, own = (KINDS & each.keys() for each in (found, about))
        other = f"a {min(what, default='study')}" if own and own != what else None
    if other is not None:
        raise InputError(
            f"a {kind} needs a folder that is new, empty or its own, but {path} holds {other}; "
            "choose another `out`"
        )


def _read(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; an empty one where there is no file."""
    if not path.exists():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path.name} must be whole JSON, but {path}: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path.name} must hold an object of JSON, but {path} does not")
    return found
