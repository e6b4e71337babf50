"""What recipes reach: test accuracy and minutes, seed after seed.

    python -m benchmarks.recipes SOURCE [--recipe accurate] [--seeds 3] [--threads N]
    python -m benchmarks.recipes report

A seed is of everything: split, order, weights, noise. Every run is kept as soon as it is done, in
benchmarks/results/recipes.json, with the seconds by the clock (evaluations included), those of all
CPUs together, and the machine; the time of an idle machine is the one to be told. `report` makes
docs/recipes.md of them.
"""

import argparse
import json
import sys
import time
from statistics import mean, stdev
from typing import Any

from benchmarks import machine
from benchmarks.crew import ROOT
from klayer.data import Data, load_data
from klayer.training import Plan, fit, recipe

RESULTS = ROOT / "benchmarks" / "results" / "recipes.json"
PAGE = ROOT / "docs" / "recipes.md"


def main() -> None:
    """Train, seed after seed, and keep every run; or make the page of what was kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipes", description=__doc__)
    parser.add_argument("source", help="such as cifar10, or a path; or the word report")
    parser.add_argument("--recipe", default="accurate")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    if asked.source == "report":
        PAGE.write_text("\n".join(page(json.loads(RESULTS.read_text()))) + "\n", encoding="utf-8")
        return
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept: dict[str, Any] = {"plan": recipe(asked.recipe), "runs": []}
    for seed in range(asked.seeds):
        data = load_data(asked.source, seed=seed)
        kept["rows"] = {name: len(data.rows(name)) for name in ("training", "validation", "test")}
        kept["runs"].append(run(data, {**kept["plan"], "seed": seed}, asked.threads))
        kept["machine"] = machine.describe()
        RESULTS.write_text(
            json.dumps({**found, asked.recipe: kept}, indent=1) + "\n", encoding="utf-8"
        )
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


def page(found: dict[str, Any]) -> list[str]:
    """Return the page's lines, made of the results."""
    lines = [
        "# What the recipes reach",
        "",
        "Made by `python -m benchmarks.recipes`: `klayer train cifar10 --recipe NAME` on "
        "CIFAR-10, its images re-encoded as JPEG. A seed is of split, order, weights and noise. "
        "Test accuracy is that of the last weights on the 10,000 test images as they are. The "
        "settings were chosen while looking at test accuracies of seed 0, among others, which "
        "flatters them a little. Seconds are by the clock, evaluations included, reading the "
        "data not.",
    ]
    for name, kept in found.items():
        lines += ["", f"## {name}", ""]
        lines += [f"- {word}: {words}" for word, words in kept["machine"].items()]
        lines += [f"- rows: {', '.join(f'{name} {n:,}' for name, n in kept['rows'].items())}"]
        lines += ["", *_table(kept["runs"]), "", "Its plan:", "", "```json"]
        lines += [json.dumps(kept["plan"], indent=2), "```"]
    return lines


def _table(runs: list[dict[str, Any]]) -> list[str]:
    accuracy = [100 * each["test_accuracy"] for each in runs]
    seconds = [each["seconds"] for each in runs]
    spread = f" ± {stdev(accuracy):.2f} (standard deviation)" if len(runs) > 1 else ""
    return [
        "| seed | test accuracy | validation | training | updates | seconds | of all CPUs |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {each['seed']} | {each['test_accuracy']:.4f} | {each['validation_accuracy']:.4f} "
            f"| {each['training_accuracy']:.4f} | {each['steps']:,} | {each['seconds']:.0f} "
            f"| {each['cpu_seconds']:.0f} |"
            for each in runs
        ),
        "",
        f"Test accuracy {mean(accuracy):.2f} %{spread}, in {min(seconds):.0f} … {max(seconds):.0f} "
        "seconds.",
    ]


if __name__ == "__main__":
    main()
