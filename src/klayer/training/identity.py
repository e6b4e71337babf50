"""What determines every number of a run: plan, data, engine and versions."""

import json
import platform
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from klayer.data import Data
from klayer.engines import Engine
from klayer.errors import InputError
from klayer.training.plan import Plan

PLAN_FILE = "plan.json"
NOTHING = "nothing"  # in place of a setting that is not there
UNSET = "null"  # of JSON
CODE = "instruction_set"  # where the engine has several; runs begun before klayer kept it lack it


def versions() -> dict[str, str]:
    """Return the versions that a run depends on."""
    from klayer import __version__

    return {"klayer": __version__, "python": platform.python_version(), "numpy": np.__version__}


def computed_by(engine: Engine) -> dict[str, Any]:
    """Return whose bits they are: the engine, and where it has several, which code of it."""
    code = engine.instruction_set
    return {"engine": engine.name, **({} if code is None else {CODE: code})}


def same_code(found: dict[str, Any], asked: dict[str, Any]) -> str:
    """Return how to compute with the code that began a run or study, for a sentence; maybe ""."""
    before, now = found.get(CODE), asked.get(CODE)
    return "" if before in (None, now) else f"set KLAYER_NATIVE_ISA={before} where that runs, or "


def differences(found: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """Return what differs between two nested settings, each in words.

    A setting of None is as good as none: a run that was begun before klayer had it lacks it.

    Example:
        >>> differences({"plan": {"seed": 0, "dtype": "float32"}}, {"plan": {"seed": 1}})
        ['plan.dtype was "float32" and is nothing', 'plan.seed was 0 and is 1']
        >>> differences({"plan": {}}, {"plan": {"class_weight": None}})
        []
    """
    there, here = _flat(found), _flat(asked)
    return [
        f"{name} was {there.get(name, NOTHING)} and is {here.get(name, NOTHING)}"
        for name in sorted(there.keys() | here.keys())
        if there.get(name, UNSET) != here.get(name, UNSET)
    ]


def _flat(nested: dict[str, Any]) -> dict[str, str]:
    """Return {"plan.seed": "0", …} of nested settings."""
    found: dict[str, str] = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": text for inner, text in _flat(value).items()}
        else:
            found[name] = json.dumps(value, ensure_ascii=False)
    return found


def identity_of(plan: Plan, data: Data, engine: Engine) -> dict[str, Any]:
    """Return what plan.json holds, in JSON's own types.

    A run can be resumed only with the same identity.
    """
    weights = data.samples.weights
    weighted = {} if weights is None else {"weights": sha256(weights.tobytes()).hexdigest()}
    return {
        "plan": plan.to_dict(),
        "data": {**data.origin, "fingerprint": data.fingerprint, **weighted},
        **computed_by(engine),
        "versions": versions(),
    }


def read_identity(path: Path) -> dict[str, Any]:
    """Return what a run's plan.json holds.

    Raises:
        InputError: it cannot be read, or is not what `identity_of` returns.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} must be a run's plan, but cannot be read: {error}") from error
    kinds = {"plan": dict, "data": dict, "engine": str, "versions": dict}
    if not isinstance(found, dict) or any(
        not isinstance(found.get(name), kind) for name, kind in kinds.items()
    ):
        raise InputError(f"{path} must hold a run's plan, data, engine and versions, but does not")
    return found
