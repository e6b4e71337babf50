"""Does the finest detail of the images explain the training accuracies at small λ?

    python -m benchmarks.finest_detail SOURCE [--seeds 3]

JPEG takes detail from an image that a network with a small penalty could have fitted. More of it is
taken away (by coding the images again at lower qualities), or detail of no meaning is added (noise
that stays with its image), and the 3-layer batch-normalised network is trained on either for the
full schedule. If detail explains the gap to the reference figures, training accuracy must fall with
what is taken and rise with what is added, most at small λ, and validation accuracy must not rise.

Writes benchmarks/results/finest-detail.json; `benchmarks.reproduction` puts it on the page.
"""

import argparse
import io
import json
from collections.abc import Callable
from dataclasses import replace
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.crew import ROOT
from klayer import Plan, fit, load_data
from klayer.data import Data
from klayer.samples import standardisation

RESULTS = ROOT / "benchmarks" / "results" / "finest-detail.json"
LAMS = (1.180847e-05, 0.00014009, 0.00114426, 0.00548111)
HIDDEN = (50, 50)
Pixels = NDArray[np.uint8]


def coded(quality: int) -> Callable[[Pixels], Pixels]:
    """Return a function that codes images as JPEG of a quality, and decodes them."""

    def apply(X: Pixels) -> Pixels:
        found = np.empty_like(X)
        for row, planes in enumerate(X):
            coded = io.BytesIO()
            pixels = planes.reshape(3, 32, 32).transpose(1, 2, 0)
            Image.fromarray(pixels).save(coded, "JPEG", quality=quality)
            found[row] = np.asarray(Image.open(coded)).transpose(2, 0, 1).reshape(-1)
        return found

    return apply


def noisy(sd: float) -> Callable[[Pixels], Pixels]:
    """Return a function that adds Gaussian noise, the same for an image at every epoch."""

    def apply(X: Pixels) -> Pixels:
        noise = np.random.default_rng(0)
        found = np.empty_like(X)
        for row, pixels in enumerate(X):
            found[row] = np.clip(np.rint(pixels + noise.normal(0, sd, len(pixels))), 0, 255)
        return found

    return apply


TREATMENTS: dict[str, Callable[[Pixels], Pixels]] = {
    "as they are": lambda X: X,
    "coded again, quality 40": coded(40),
    "noise of sd 8 added": noisy(8),
}


def main() -> None:
    """Train on every treatment of the images, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", help="CIFAR-10")
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    rows = []
    if RESULTS.exists() and (before := json.loads(RESULTS.read_text()))["seeds"] == asked.seeds:
        rows = before["rows"]  # a run that was stopped goes on
    for name, change in TREATMENTS.items():
        if any(row["images"] == name for row in rows):
            continue
        data = load_data(asked.source, validation=5000, seed=0)
        X = change(data.samples.X)
        rmse = float(np.sqrt(np.mean((X.astype(np.float32) - data.samples.X) ** 2)))
        found = [accuracies(asked.source, X, seed) for seed in range(asked.seeds)]
        rows += summary(name, rmse, found)
        RESULTS.write_text(json.dumps({"seeds": asked.seeds, "rows": rows}, indent=1) + "\n")
        print(*(row for row in rows if row["images"] == name), sep="\n", flush=True)


def accuracies(source: str, X: Pixels, seed: int) -> list[tuple[float, float]]:
    """Return (training, validation) accuracy after the last update for every λ."""
    data = changed(load_data(source, validation=5000, seed=seed), X)
    plan = Plan(hidden=HIDDEN, batch_norm=True, epsilon=1e-15, lam=list(LAMS), seed=seed)
    fitted = fit(data, plan)
    if fitted.reason != "finished":
        raise SystemExit(f"{fitted.reason}: begin again, finished treatments are kept")
    last = [fitted.history.of(network)[-1] for network in range(len(LAMS))]
    return [(row.training_accuracy, row.validation_accuracy) for row in last]


def changed(data: Data, X: Pixels) -> Data:
    """Return the data with other pixels, standardised by them."""
    center, inverse_std = standardisation(X, data.training)
    return replace(data, samples=replace(data.samples, X=X, mean=center, inverse_std=inverse_std))


def summary(
    name: str, rmse: float, found: list[list[tuple[float, float]]]
) -> list[dict[str, object]]:
    """Return a row for every λ: mean and standard deviation over the seeds."""
    return [
        {
            "images": name,
            "rmse": rmse,
            "lam": lam,
            **{
                f"{kind}_{word}": function([seed[place][which] for seed in found])
                for which, kind in enumerate(("training", "validation"))
                for word, function in (("mean", mean), ("sd", stdev))
            },
        }
        for place, lam in enumerate(LAMS)
    ]


if __name__ == "__main__":
    main()
