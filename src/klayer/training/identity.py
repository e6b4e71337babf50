"""What determines every number of a run: plan, data, engine and versions."""

import platform
from hashlib import sha256
from typing import Any

import numpy as np

from klayer.data import Data
from klayer.engines import Engine
from klayer.training.plan import Plan


def versions() -> dict[str, str]:
    """Return the versions that a run depends on."""
    from klayer import __version__

    return {"klayer": __version__, "python": platform.python_version(), "numpy": np.__version__}


def identity_of(plan: Plan, data: Data, engine: Engine) -> dict[str, Any]:
    """Return what plan.json holds, in JSON's own types.

    A run can be resumed only with the same identity.
    """
    weights = data.samples.weights
    weighted = {} if weights is None else {"weights": sha256(weights.tobytes()).hexdigest()}
    return {
        "plan": plan.to_dict(),
        "data": {**data.origin, "fingerprint": data.fingerprint, **weighted},
        "engine": engine.name,
        "versions": versions(),
    }
