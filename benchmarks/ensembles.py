"""What an ensemble gains: eight networks of one stack against their own mean, on CIFAR-10.

    python -m benchmarks.ensembles [--seeds 3] [--networks 8]

Three-layer batch-normalised networks (50 and 50 hidden units) by klayer's default plan: 9,000
updates, λ = 0.005. A seed is of everything: split, order, weights. Training one of the networks
alone, on the same rows, says what the others cost. Results go to benchmarks/results/ensembles.json;
`python -m benchmarks.estimator report` makes the page of them.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.crew import ROOT
from benchmarks.pixels import CIFAR10, VALIDATION_ROWS
from klayer.data import Data, load_data
from klayer.data.split import draw_split
from klayer.engines import choose_engine
from klayer.models import judge
from klayer.samples import Samples, standardisation
from klayer.training import Fitted, Plan, fit

RESULTS = ROOT / "benchmarks" / "results" / "ensembles.json"
PLAN: dict[str, Any] = {"hidden": (50, 50), "batch_norm": True, "evaluate_every": 20}


def main() -> None:
    """Train, seed after seed, and keep every one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ensembles", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--networks", type=int, default=8)
    asked = parser.parse_args()
    pictures = load_data(CIFAR10, validation=VALIDATION_ROWS)
    runs = []
    for seed in range(asked.seeds):
        runs.append(run(split_anew(pictures, seed), seed, asked.networks))
        kept = {"networks": asked.networks, "runs": runs, "machine": machine.describe()}
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
        print(f"seed {seed}: {runs[-1]}", file=sys.stderr, flush=True)


def split_anew(data: Data, seed: int) -> Data:
    """Return the same pictures with another validation set, and the standardisation of the rest."""
    y = data.samples.y
    split = draw_split(y, data.test, validation=VALIDATION_ROWS, seed=seed)
    measured = standardisation(data.samples.X, split.training)
    samples = Samples(data.samples.X, y, *measured)
    return replace(data, samples=samples, training=split.training, validation=split.validation)


def run(data: Data, seed: int, networks: int) -> dict[str, Any]:
    """Return the figures of the networks one by one and together, and the times."""
    stack, stack_seconds = timed(lambda: fit(data, Plan(seed=seed, networks=networks, **PLAN)))
    _, alone_seconds = timed(lambda: fit(data, Plan(seed=seed, **PLAN)))
    engine = choose_engine()
    figures: dict[str, Any] = {"seed": seed, "engine": engine.name}
    for name, rows in {"validation": data.validation, "test": data.test}.items():
        each = stack.model.evaluate(data, rows, engine)
        together = judge(stack.model, data, rows)
        figures[name] = {
            "each": each.accuracy.tolist(),
            "mean": float(each.accuracy.mean()),
            "ensemble": together.accuracy,
            "mean_cross_entropy": float(each.cross_entropy.mean()),
            "ensemble_cross_entropy": together.cross_entropy,
        }
    return figures | {"stack": stack_seconds, "alone": alone_seconds}


def timed(train: Callable[[], Fitted]) -> tuple[Fitted, dict[str, float]]:
    """Return a training, its seconds by the clock, and those of all CPUs together."""
    clock, processor = time.perf_counter(), time.process_time()
    fitted = train()
    return fitted, {
        "seconds": time.perf_counter() - clock,
        "cpu_seconds": time.process_time() - processor,
    }


def lines(found: dict[str, Any]) -> list[str]:
    """Return the page's section."""
    runs, networks = found["runs"], found["networks"]
    gains = np.array([run["validation"]["ensemble"] - run["validation"]["mean"] for run in runs])
    rows = []
    for each in runs:
        cells = [str(each["seed"])]
        for name in ("validation", "test"):
            figures = each[name]
            gain = 100 * (figures["ensemble"] - figures["mean"])
            low, high = min(figures["each"]), max(figures["each"])
            cells += [f"{figures['mean']:.4f} ({low:.4f} … {high:.4f})"]
            cells += [f"{figures['ensemble']:.4f}", f"{gain:+.2f}"]
        ratio = each["stack"]["cpu_seconds"] / each["alone"]["cpu_seconds"]
        cells += [f"{each['alone']['cpu_seconds']:.1f}", f"{each['stack']['cpu_seconds']:.1f}"]
        rows.append(f"| {' | '.join([*cells, f'{ratio:.1f}'])} |")
    return [
        f"{networks} networks, 3072-50-50-10 with batch normalisation, λ = 0.005, 9,000 updates of "
        "100 rows, on CIFAR-10 (its images re-encoded as JPEG): 45,000 rows for training, 5,000 "
        "for validation, 10,000 for the test. A seed is of split, order and weights. The ensemble "
        "is the mean of the networks' probabilities. Seconds are of the process's CPUs together, "
        "for one network alone and for the stack, evaluations included.",
        "",
        f"Measured on: {', '.join(found['machine'].values())}.",
        "",
        "| seed | validation: mean of each (range) | ensemble | points "
        "| test: mean of each (range) | ensemble | points | one alone, s | stack, s | ratio |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"The ensemble gains {100 * gains.mean():.2f} points of validation accuracy "
        f"({100 * gains.min():.2f} … {100 * gains.max():.2f}) over the mean of its networks.",
    ]


if __name__ == "__main__":
    main()
