"""The benchmark of the recipes: what one run tells."""

from benchmarks.recipes import run
from klayer.data import load_data
from klayer.training import recipe


def test_a_run_tells_accuracy_and_time() -> None:
    settings = {**recipe("accurate"), "hidden": [20], "epochs": 10, "batch_size": 50, "seed": 3}
    settings |= {"flip": False, "shift": 0}
    found = run(load_data("digits", seed=3), settings, threads=1)
    assert found["seed"] == 3
    assert found["steps"] == 230
    assert found["test_accuracy"] > 0.7
    assert found["seconds"] > 0
