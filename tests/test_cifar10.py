"""The main job on the real CIFAR-10, at full schedule: figures within the bands of the reference.

Bands are those of four seeds of an independent NumPy implementation, widened to four standard
deviations where no narrower one is known.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer import Data, Plan, fit, load_data
from tests.conftest import SHARED, Program

NINE = (50, 30, 20, 20, 10, 10, 10, 10)
CASES: list[tuple[dict[str, Any], tuple[float, float], tuple[float, float]]] = [
    ({"hidden": (50,)}, (0.581, 0.594), (0.512, 0.535)),
    ({"hidden": (50, 50)}, (0.577, 0.592), (0.505, 0.550)),
    ({"hidden": NINE}, (0.467, 0.574), (0.412, 0.519)),
    ({"hidden": NINE[:7], "batch_norm": True}, (0.583, 0.606), (0.491, 0.540)),
    ({"hidden": (50, 50), "batch_norm": True, "epsilon": 1e-15}, (0.608, 0.625), (0.515, 0.550)),
]


@pytest.fixture(scope="module")
def cifar10(cifar_zip: Path) -> Data:
    return load_data(cifar_zip, validation=5000, seed=1)


def test_the_command_trains_and_evaluates(klayer: Program, cifar_zip: Path, tmp_path: Path) -> None:
    run = klayer.json(
        "train", cifar_zip, "--hidden", "50,50", "--batch-norm", "--lam", 0.005, "--cycles", 2,
        "--step-size", 2250, "--validation", 5000, "--seed", 1, "--out", tmp_path / "run",
    )  # fmt: skip
    assert 0.515 <= run["best_validation_accuracy"] <= 0.550
    assert 0.608 <= run["best_training_accuracy"] <= 0.625
    assert run["steps"] == 9000
    found = klayer.json("evaluate", tmp_path / "run")
    assert found["accuracy"] == run["test_accuracy"]
    assert found["n"] == 10000


@pytest.mark.parametrize(("settings", "training", "validation"), CASES)
def test_the_reference_networks_reach_their_figures(
    cifar10: Data,
    settings: dict[str, Any],
    training: tuple[float, float],
    validation: tuple[float, float],
) -> None:
    history = fit(cifar10, Plan(**settings, lam=0.005, seed=1)).history
    assert training[0] <= history.best("training_accuracy") <= training[1]
    assert validation[0] <= history.best("validation_accuracy") <= validation[1]
    assert len(history.rows) == 21


def test_the_official_layout_holds_the_same_pictures(cifar10: Data, tmp_path: Path) -> None:
    script = SHARED / "make_cifar10_batches.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, capture_output=True)
    batches = load_data(tmp_path, validation=5000, seed=1)
    assert batches.class_names == cifar10.class_names
    assert (len(batches.training), len(batches.test)) == (45000, 10000)

    def sums(data: Data) -> list[Any]:
        pixels = data.samples.X.sum(axis=1, dtype=np.int64)
        return [np.sort(pixels[data.samples.y == k]).tolist() for k in range(data.classes)]

    assert sums(batches) == sums(cifar10)
    plan = Plan(hidden=(50, 50), batch_norm=True, seed=1)
    history = fit(batches, plan).history
    assert 0.608 <= history.best("training_accuracy") <= 0.625
    assert 0.515 <= history.best("validation_accuracy") <= 0.550
