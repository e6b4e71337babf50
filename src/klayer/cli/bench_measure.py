"""What `klayer bench` measures: slices of updates, engine after engine, round after round."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter, sleep
from typing import Any

import numpy as np

from klayer import __version__
from klayer.architecture import Architecture
from klayer.engines import Objective, available_engines, choose_engine
from klayer.engines.native import fma_peak, is_built
from klayer.initializers import initialise
from klayer.samples import Samples, standardisation
from klayer.updates import SGD

BATCH = 100
RATE = 0.01
LAM = 0.005
SETTLE_SECONDS = 0.03  # in which the last engine's threads stop waiting actively


@dataclass(frozen=True)
class Setting:
    """A stack to time.

    Attributes:
        hidden: widths of the hidden layers; batch normalisation is on.
        networks: P.
    """

    hidden: tuple[int, ...]
    networks: int


def settings_of(quick: bool) -> list[Setting]:
    """Return the stacks to time: small ones only, or the design's 3- and 9-layer networks."""
    if quick:
        return [Setting((20,), 1), Setting((20,), 4)]
    nine = (50, 30, 20, 20, 10, 10, 10, 10)
    return [Setting(hidden, P) for hidden in ((50, 50), nine) for P in (1, 8)]


def random_pixels(quick: bool) -> Samples:
    """Return random pictures, as large as CIFAR-10's unless it is to be quick."""
    n, inputs = (500, 64) if quick else (10_000, 3072)
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (n, inputs), dtype=np.uint8)
    return Samples(X, rng.integers(0, 10, n), *standardisation(X, np.arange(n)))


def measure(
    samples: Samples, settings: list[Setting], repeats: int, threads: int | None, quick: bool
) -> list[dict[str, Any]]:
    """Return a row for every setting and engine: the median time of one update.

    Args:
        samples: the rows to train on.
        settings: the stacks.
        repeats: measurements of each; they are interleaved.
        threads: how many the native engine uses.
        quick: measure for milliseconds only.
    """
    runs = [
        (engine, setting, _trainer(samples, setting, engine, threads))
        for setting in settings
        for engine in available_engines()
    ]
    slice_seconds = 0.01 if quick else 0.2
    counts = [_updates_per_slice(run, slice_seconds) for *_, run in runs]
    times = np.empty((repeats, len(runs)))
    peaks = []
    for repeat in range(repeats):
        if is_built():
            sleep(SETTLE_SECONDS)
            peaks.append(fma_peak(slice_seconds, threads))
        for column, ((*_, run), count) in enumerate(zip(runs, counts, strict=True)):
            times[repeat, column] = _seconds(run, count) / count
    peak = median(peaks) if peaks else None
    return [
        _row(engine, setting, samples, 1e6 * times[:, column], peak)
        for column, (engine, setting, _) in enumerate(runs)
    ]


def _trainer(
    samples: Samples, setting: Setting, engine: str, threads: int | None
) -> Callable[[int], None]:
    """Return a function that does so many updates from the initial weights."""
    P = setting.networks
    classes = max(2, int(samples.y.max()) + 1)
    architecture = Architecture(samples.X.shape[1], setting.hidden, classes, batch_norm=True)
    state = initialise(architecture, 0, list(range(P)), [None] * P)
    chosen, objective = choose_engine(engine, threads), Objective(np.full(P, LAM))
    rng = np.random.default_rng(0)

    def train(updates: int) -> None:
        order = rng.integers(0, len(samples.X), updates * BATCH)
        offsets, rates = np.arange(updates + 1) * BATCH, np.full(updates, RATE)
        chosen.train(state, samples, order, offsets, rates, objective, SGD())

    return train


def _updates_per_slice(run: Callable[[int], None], seconds: float) -> int:
    """Return how many updates take about so long."""
    _seconds(run, 4)
    count = 4
    for _ in range(2):
        count = int(np.clip(count * seconds / _seconds(run, count), 2, 10_000))
    return count


def _seconds(run: Callable[[int], None], updates: int) -> float:
    sleep(SETTLE_SECONDS)
    began = perf_counter()
    run(updates)
    return perf_counter() - began


def _row(
    engine: str, setting: Setting, samples: Samples, times: Any, peak: float | None
) -> dict[str, Any]:
    """Return one row of the table, from the times of one update in microseconds.

    `peak_share` is what the two products of the first layer, 4 n d m_1 operations, would take at
    the machine's peak, as a share of the update's time.
    """
    low, middle, high = np.percentile(times, [25, 50, 75]).tolist()
    products = 4 * BATCH * samples.X.shape[1] * setting.hidden[0] * setting.networks
    widths = (samples.X.shape[1], *setting.hidden, max(2, int(samples.y.max()) + 1))
    return {
        "name": f"klayer {engine}",
        "version": __version__,
        "architecture": f"{len(widths) - 1}-layer BN, {'-'.join(map(str, widths))}",
        "networks": setting.networks,
        "microseconds_per_update": middle,
        "microseconds_per_update_per_network": middle / setting.networks,
        "spread": (high - low) / 2 / middle,
        "peak_flops": peak,
        "peak_share": None if peak is None else 1e6 * products / peak / middle,
    }
