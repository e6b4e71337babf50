"""Small runs to be disturbed, and what is compared of them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load

TIMES = {"seconds", "run"}  # what may differ between two runs: how long, and where

COMMON = {"batch_size": 16, "step_size": 300}
CASES: dict[str, dict[str, Any]] = {  # engine, and settings of the plan
    "native, batch norm": {"engine": "native", "hidden": [16, 8], "batch_norm": True, "steps": 6000},
    "native, a stack with patience": {
        "engine": "native", "hidden": [12], "lam": [0, 0.003, 3], "schedule": "cosine",
        "dtype": "float64", "patience": 25, "steps": 6000, "evaluate_every": 7,
    },
    "native, AdamW, noise and moved pictures": {
        "source": "digits", "engine": "native", "networks": 2, "hidden": [16, 9], "batch_norm": True,
        "optimizer": "adamw", "weight_decay": 0.01, "lam": 0.0, "dropout": 0.2,
        "label_smoothing": 0.1, "class_weight": "balanced", "flip": True, "shift": 1, "precise_statistics": 3,
        "schedule": "one-cycle", "rate_max": 0.01, "steps": 3000,
    },
    "native, Nesterov and early stopping": {
        "source": "digits", "engine": "native", "hidden": [12], "lam": [0, 0.003, 3],
        "optimizer": "nesterov", "dropout": 0.1, "shift": 2, "dtype": "float64",
        "rate_max": 0.02, "patience": 8, "steps": 4000,
    },
    "reference, batch norm": {"engine": "reference", "hidden": [9], "batch_norm": True, "steps": 900},
    "reference, AdamW and noise": {
        "engine": "reference",
        "hidden": [9],
        "batch_norm": True,
        "optimizer": "adamw",
        "weight_decay": 0.01,
        "clip_norm": 1.0,
        "dropout": 0.2,
        "label_smoothing": 0.1,
        "precise_statistics": 3,
        "schedule": "one-cycle",
        "rate_max": 0.01,
        "steps": 700,
    },
    "reference, a stack with patience": {
        "engine": "reference", "hidden": [8], "lam": [0, 0.003, 3], "patience": 12,
        "schedule": "triangular2", "steps": 1500,
    },
}  # fmt: skip


def write_rows(path: Path, rows: int = 400, features: int = 20) -> Path:
    """Write a small data set of three overlapping classes; return its path."""
    rng = np.random.default_rng(5)
    y = rng.integers(0, 3, rows)
    X = rng.standard_normal((3, features))[y] + 1.5 * rng.standard_normal((rows, features))
    np.savez(path, X=X.astype(np.float32), y=y)
    return path


def command(source: Path, out: Path, case: str) -> list[str]:
    """Return the command line of a case, one that goes on where there is something."""
    settings = {**COMMON, **CASES[case]}
    source = settings.pop("source", source)
    found = ["train", str(source), "--threads", "1", "--out", str(out), "--resume"]
    for name, value in settings.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            found.append(option)
        else:
            words = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            found += [option, words]
    return found


def call(source: Path, out: Path, case: str) -> dict[str, Any]:
    """Return the same as settings of a call of `klayer.fit`, which draws no pictures."""
    plan = {**COMMON, **CASES[case]}
    engine, source = plan.pop("engine"), plan.pop("source", source)
    return {"source": str(source), "out": str(out), "plan": plan, "engine": engine}


def content_of(run: Path) -> dict[str, Any]:
    """Return every file of a run directory in a form that can be compared, the times left out.

    The checkpoint before the last one was written at a moment that depends on the clock: of it
    only what it belongs to is kept.
    """
    return {path.name: _content(path) for path in sorted(run.iterdir()) if path.name != ".lock"}


def _content(path: Path) -> Any:
    if path.name == "checkpoint.previous.safetensors":
        return _header(path)["identity"]
    if path.suffix == ".safetensors" and path.stem == "checkpoint":
        arrays = load(path.read_bytes())
        del arrays["digest"]  # it covers the times
        header = _header(path)
        history = _untimed(header.pop("history"))
        del header["seconds"]
        return header, history, {name: array.tobytes() for name, array in arrays.items()}
    if path.name == "history.csv":
        return _untimed(path.read_text())
    if path.name == "results.json":
        results = json.loads(path.read_text())
        return {name: value for name, value in results.items() if name not in TIMES}
    return path.read_bytes()


def _header(path: Path) -> dict[str, Any]:
    with safe_open(path, "numpy") as file:
        header: dict[str, Any] = json.loads(file.metadata()["klayer"])
    return header


def _untimed(text: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(text)))
    return [{name: cell for name, cell in row.items() if name not in TIMES} for row in rows]
