"""Time the native engine's updates against the machine's own peak of fused multiply-adds.

The peak is measured between the updates, in the same process, so that what else the machine does
weighs on both. The ratio is the time that the first layer's two products alone would take at the
peak, divided by the time of the whole update. Run with::

    python benchmarks/native_profile.py [--rounds 15] [--threads N]
"""

import argparse
from statistics import median
from time import perf_counter

import numpy as np

from klayer.architecture import Architecture
from klayer.engines import Objective
from klayer.engines.native import NativeEngine, _core, instruction_set
from klayer.samples import Samples, standardisation
from klayer.state import State, initial_state
from klayer.updates import SGD

BATCH = 100
DEEP = (50, 30, 20, 20, 10, 10, 10)
# name, inputs, hidden, batch norm, networks, updates per call
CASES = [
    ("3-layer", 3072, (50, 50), True, 1, 600),
    ("3-layer, no batch norm", 3072, (50, 50), False, 1, 600),
    ("9-layer", 3072, DEEP, True, 1, 600),
    ("stack of 8", 3072, (50, 50), True, 8, 80),
    ("stack of 64", 3072, (50, 50), True, 64, 12),
    ("64 inputs", 64, (50, 50), True, 1, 3000),
    ("64 inputs, stack of 8", 64, (50, 50), True, 8, 400),
]


def make_samples(inputs: int, n: int = 50_000) -> Samples:
    """Return random pixels."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (n, inputs), np.uint8)
    return Samples(X, rng.integers(0, 10, n), *standardisation(X, np.arange(1000)))


def make_state(inputs: int, hidden: tuple[int, ...], batch_norm: bool, networks: int) -> State:
    """Return a stack of He-like random weights."""
    rng = np.random.default_rng(1)
    state = initial_state(Architecture(inputs, hidden, 10, batch_norm), networks)
    for W in state.parameters.W:
        W[...] = rng.standard_normal(W.shape) * np.sqrt(2 / W.shape[-1])
    return state


def main() -> None:
    """Print one line for every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    engine = NativeEngine(arguments.threads)
    print(f"{instruction_set()}, {engine.threads} threads, medians of {arguments.rounds} rounds")
    print(f"{'case':24} {'us/update':>10} {'us/network':>10} {'peak GF/s':>10} {'ratio':>6}")
    for name, inputs, hidden, batch_norm, networks, steps in CASES:
        if arguments.only not in name:
            continue
        samples = make_samples(inputs)
        state = make_state(inputs, hidden, batch_norm, networks)
        rng = np.random.default_rng(2)
        offsets = BATCH * np.arange(steps + 1)
        objective = Objective(np.full(networks, 0.005))
        times, peaks = [], []
        for _ in range(arguments.rounds):
            order = rng.integers(0, len(samples.y), offsets[-1])
            peaks.append(_core.fma_peak(0.01, engine.threads))
            start = perf_counter()
            engine.train(state, samples, order, offsets, np.full(steps, 1e-3), objective, SGD())
            times.append((perf_counter() - start) / steps)
        flops = 4 * BATCH * inputs * hidden[0] * networks
        ratio = median(flops / peak / time for peak, time in zip(peaks, times, strict=True))
        micro = 1e6 * median(times)
        print(
            f"{name:24} {micro:10.1f} {micro / networks:10.1f}"
            f" {median(peaks) / 1e9:10.0f} {ratio:6.2f}",
            flush=True,
        )
    samples, state = make_samples(3072), make_state(3072, (50, 50), True, 1)
    rows = np.arange(45_000)
    times, peaks = [], []
    for _ in range(arguments.rounds):
        peaks.append(_core.fma_peak(0.01, engine.threads))
        start = perf_counter()
        engine.evaluate(state, samples, rows)
        times.append(perf_counter() - start)
    ratio = median(2 * 45_000 * 3072 * 50 / p / t for p, t in zip(peaks, times, strict=True))
    print(f"evaluation of 45,000 rows: {1e3 * median(times):.1f} ms, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
