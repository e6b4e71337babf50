"""`KLayerClassifier` beside scikit-learn's own classifiers: accuracy and fit time, paired.

    python -m benchmarks.estimator [SET …] [--seeds 5]
    python -m benchmarks.estimator report

Every classifier has its defaults, the same split of every seed (a quarter of the rows for the
test, classes in proportion) and one thread; `MLPClassifier` has a `StandardScaler` before it, which
`KLayerClassifier` has within. What was capped is in `SETS` and said on the page. Results go to
benchmarks/results/estimator.json, set by set; `report` makes docs/estimator.md of them.
"""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks import ensembles, machine
from benchmarks.crew import ROOT
from benchmarks.pixels import CIFAR10
from klayer import KLayerClassifier, load_data

RESULTS = ROOT / "benchmarks" / "results" / "estimator.json"
PAGE = ROOT / "docs" / "estimator.md"
KLAYER, MLP, TREES = "KLayerClassifier", "MLPClassifier", "HistGradientBoosting"


@dataclass(frozen=True)
class Set:
    """Rows to be told apart.

    Attributes:
        words: what they are.
        load: returns X and y.
        train: how many training rows; None for three quarters.
        test: how many test rows; None for a quarter.
        mlp: settings of MLPClassifier that cap it.
        trees: settings of HistGradientBoostingClassifier that cap it.
    """

    words: str
    load: Callable[[], tuple[Any, Any]]
    train: int | None = None
    test: int | None = None
    mlp: tuple[tuple[str, Any], ...] = ()
    trees: tuple[tuple[str, Any], ...] = ()


def _bundled(name: str) -> Callable[[], tuple[Any, Any]]:
    def load() -> tuple[Any, Any]:
        from sklearn import datasets

        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        return X, y

    return load


def _made(rows: int, **settings: Any) -> Callable[[], tuple[Any, Any]]:
    def load() -> tuple[Any, Any]:
        from sklearn.datasets import make_classification

        X, y = make_classification(rows, random_state=0, **settings)
        return X, y

    return load


def _pictures() -> tuple[Any, Any]:
    data = load_data(CIFAR10)
    rows = np.concatenate([data.training, data.validation])
    return data.samples.X[rows], data.samples.y[rows]


SMALL = {"n_features": 20, "n_informative": 10, "n_redundant": 4, "n_classes": 3}
LARGE = {"n_features": 30, "n_informative": 15, "n_redundant": 5, "n_classes": 4}
SETS = {
    "wine": Set("178 rows, 13 features, 3 classes", _bundled("wine")),
    "breast cancer": Set("569 rows, 30 features, 2 classes", _bundled("breast_cancer")),
    "digits": Set("1,797 rows, 64 features, 10 classes", _bundled("digits")),
    "made, small": Set(
        "`make_classification`: 2,000 rows, 20 features (10 informative), 3 classes of 3 clusters",
        _made(2_000, n_clusters_per_class=3, **SMALL),
    ),
    "made, large": Set(
        "`make_classification`: 100,000 rows, 30 features (15 informative), 4 classes of 4 "
        "clusters",
        _made(100_000, n_clusters_per_class=4, **LARGE),
    ),
    "CIFAR-10": Set(
        "CIFAR-10 (its images re-encoded as JPEG): 5,000 rows for training and 2,500 for the test "
        "of the 50,000, 3,072 features, 10 classes. So few rows, and `MLPClassifier` capped at "
        "`max_iter=50` and `HistGradientBoostingClassifier` at `max_iter=5`, because they take "
        "minutes",
        _pictures,
        train=5_000,
        test=2_500,
        mlp=(("max_iter", 50),),
        trees=(("max_iter", 5),),
    ),
}


def main() -> None:
    """Run the sets asked for, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimator", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=", ".join([*SETS, "report"]))
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    if asked.sets == ["report"]:
        PAGE.write_text("\n".join(page()) + "\n", encoding="utf-8")
        return
    for name in asked.sets or SETS:
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        kept[name] = measure(SETS[name], asked.seeds)
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
        print(f"{name} is done", file=sys.stderr, flush=True)


def measure(each: Set, seeds: int) -> dict[str, Any]:
    """Fit every classifier on the split of every seed; they take turns."""
    from sklearn.model_selection import train_test_split
    from threadpoolctl import threadpool_limits

    X, y = each.load()
    found: dict[str, Any] = {name: [] for name in (KLAYER, MLP, TREES)}
    for seed in range(seeds):
        parts = train_test_split(
            X, y, test_size=each.test or 0.25, train_size=each.train, stratify=y, random_state=seed
        )
        for name, classifier in contenders(each, seed).items():
            with threadpool_limits(1):
                found[name].append(fitted(classifier, *parts))
            print(f"  {name}, seed {seed}: {found[name][-1]}", file=sys.stderr, flush=True)
    versions = {name: version(name) for name in ("scikit-learn", "numpy")}
    return {"runs": found, "seeds": seeds, "machine": machine.describe() | versions}


def contenders(each: Set, seed: int) -> dict[str, Any]:
    """Return the classifiers by name."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    perceptron = MLPClassifier(random_state=seed, **dict(each.mlp))
    return {
        KLAYER: KLayerClassifier(random_state=seed, n_jobs=1),
        MLP: make_pipeline(StandardScaler(), perceptron),
        TREES: HistGradientBoostingClassifier(random_state=seed, **dict(each.trees)),
    }


def fitted(classifier: Any, X: Any, X_test: Any, y: Any, y_test: Any) -> dict[str, float]:
    """Return test accuracy and fit time; warnings of what has not converged are left aside."""
    clock, processor = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classifier.fit(X, y)
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - processor
    accuracy = float(classifier.score(X_test, y_test))
    return {"accuracy": accuracy, "seconds": seconds, "cpu_seconds": cpu_seconds}


def page() -> list[str]:
    """Return the page's lines, made of the results."""
    found = json.loads(RESULTS.read_text())
    first = next(iter(found.values()))
    lines = [
        "# The classifier beside scikit-learn's",
        "",
        "Made by `python -m benchmarks.estimator`.",
    ]
    lines += ["", *(f"- {name}: {words}" for name, words in first["machine"].items()), ""]
    lines += [
        "All have their defaults, one thread each, and the same splits: of every seed a quarter "
        "of the rows for the test unless said otherwise. `MLPClassifier` stands behind a "
        "`StandardScaler`. Accuracy is the mean over the seeds on the test rows; the difference "
        "is paired by seed, KLayerClassifier less `MLPClassifier` in points, ± its standard "
        "error. Fit time is in seconds of CPU, the median of the seeds: others worked on the "
        "machine at the same time.",
        "",
        "KLayerClassifier's defaults were chosen while looking at splits of these very sets (seeds "
        "0 … 9 of the small ones, 0 of the others), MLPClassifier's were not: read the "
        "differences as the favourable case.",
        "",
        "| set | seeds | KLayerClassifier | MLPClassifier | difference | HistGradientBoosting "
        "| KLayerClassifier, s | MLPClassifier, s | HistGradientBoosting, s |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(name, found[name]["runs"]) for name in SETS if name in found),
        "",
        *_verdicts({name: found[name]["runs"] for name in SETS if name in found}),
        "",
        *(f"- {name}: {each.words}." for name, each in SETS.items() if name in found),
    ]
    if ensembles.RESULTS.exists():
        lines += ["", "## Ensembles", "", "Made by `python -m benchmarks.ensembles`.", ""]
        lines += ensembles.lines(json.loads(ensembles.RESULTS.read_text()))
    return lines


def difference(runs: dict[str, Any]) -> tuple[float, float]:
    """Return the paired difference of accuracies, KLayerClassifier's first, and its error."""
    pairs = zip(runs[KLAYER], runs[MLP], strict=False)
    each = np.array([own["accuracy"] - other["accuracy"] for own, other in pairs])
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))


def seconds(runs: dict[str, Any], name: str) -> float:
    """Return the median of the fit times in seconds of CPU."""
    return float(np.median([run["cpu_seconds"] for run in runs[name]]))


def _row(name: str, runs: dict[str, Any]) -> str:
    """Return a set's line of the table; a classifier of fewer seeds than others says so."""
    mean, error = difference(runs)
    count = len(runs[KLAYER])
    accuracies, times = [], []
    for who in (KLAYER, MLP, TREES):
        found = [run["accuracy"] for run in runs[who]]
        fewer = f" (seeds 0 … {len(found) - 1})" if len(found) < count else ""
        accuracies.append(f"{np.mean(found):.4f}{fewer}" if found else "–")
        times.append(f"{seconds(runs, who):.3g}" if found else "–")
    seeds = f"0 … {count - 1}"
    gained = f"{100 * mean:+.2f} ± {100 * error:.2f}"
    cells = [name, seeds, *accuracies[:2], gained, accuracies[2], *times]
    return f"| {' | '.join(cells)} |"


def _verdicts(found: dict[str, Any]) -> list[str]:
    """Say of what was hoped for whether it holds, set by set."""
    below = [name for name, runs in found.items() if sum(difference(runs)) < 0]
    slower = [name for name, runs in found.items() if seconds(runs, KLAYER) >= seconds(runs, MLP)]
    return [
        "Accuracy is below `MLPClassifier`'s by more than one standard error of the paired "
        f"difference on {_list(below)}; the fit takes as long or longer on {_list(slower)}.",
    ]


def _list(names: list[str]) -> str:
    return ", ".join(names) if names else "none of the sets"


if __name__ == "__main__":
    main()
