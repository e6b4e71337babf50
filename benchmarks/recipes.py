"""What a recipe reaches: test accuracy and minutes, seed after seed.

    python -m benchmarks.recipes SOURCE [--recipe accurate] [--seeds 3] [--threads N]

A seed is of everything: split, order, weights, noise. Every run is kept as soon as it is done, in
benchmarks/results/recipes.json, with the seconds by the clock (evaluations included), those of all
CPUs together, and the machine; the time of an idle machine is the one to be told.
"""

import argparse
import json
import sys
import time
from typing import Any

from benchmarks import machine
from benchmarks.crew import ROOT
from klayer.data import Data, load_data
from klayer.training import Plan, fit, recipe

RESULTS = ROOT / "benchmarks" / "results" / "recipes.json"


def main() -> None:
    """Train, seed after seed, and keep every run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipes", description=__doc__)
    parser.add_argument("source", help="such as cifar10, or a path")
    parser.add_argument("--recipe", default="accurate")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    kept: dict[str, Any] = {"recipe": asked.recipe, "plan": recipe(asked.recipe), "runs": []}
    for seed in range(asked.seeds):
        data = load_data(asked.source, seed=seed)
        kept["runs"].append(run(data, {**kept["plan"], "seed": seed}, asked.threads))
        kept["machine"] = machine.describe()
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"seed {seed}: {kept['runs'][-1]}", file=sys.stderr, flush=True)


def run(data: Data, settings: dict[str, Any], threads: int | None = None) -> dict[str, Any]:
    """Return what one training reached, and how long it took."""
    clock, processor = time.perf_counter(), time.process_time()
    fitted = fit(data, Plan(**settings), threads=threads)
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - processor
    assert fitted.test is not None, f"{data.name} has no test set"
    return {
        "seed": fitted.plan.seed,
        "test_accuracy": float(fitted.test.accuracy[0]),
        "validation_accuracy": fitted.history.final("validation_accuracy"),
        "training_accuracy": fitted.history.final("training_accuracy"),
        "steps": fitted.steps,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "engine": fitted.engine,
    }


if __name__ == "__main__":
    main()
