"""The reference engine beside PyTorch's eager mode, and what share each of its phases takes.

One update of the 3-layer batch-normalised network, batch 100, float32, from raw uint8 rows, which
both read and standardise in every update. Once as the C library comes, once with a library that
keeps the memory that is freed, on which PyTorch's eager mode gains.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks import roster
from benchmarks.peers import klayer_engines
from benchmarks.pixels import prepare_pictures
from benchmarks.tasks import Task
from benchmarks.updates import hold
from klayer import network
from klayer.updates import SGD

UPDATES = 400
WARM_UP = 50


def run(folder: Path, rounds: int, only: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the two contests and the shares of the phases."""
    source = {"source": prepare_pictures(folder)}
    reference = tuple(entry for entry in roster.KLAYER if entry.name.endswith("reference"))
    for title, kept in (("memory as it comes", False), ("freed memory kept", True)):
        if title.startswith(only):
            task = replace(Task(folder=str(folder)), keep_memory=kept)
            yield title, source | hold(title, (task, reference + roster.TORCH_EAGER_RAW), rounds)
    if "phases".startswith(only):
        yield "phases", source | {"microseconds": phases(Task(folder=str(folder)))}


def phases(task: Task) -> dict[str, float]:
    """Return the median microseconds of each phase of the reference engine's update."""
    samples, state = klayer_engines.make_samples(task), klayer_engines.make_state(task)
    parameters, moving = state.parameters, state.statistics
    lam, decay, rule = np.full(1, task.lam), task.moving_decay, SGD()
    named = dict(parameters.named())
    times = []
    for rows, rate in zip(task.order(0, UPDATES), task.rates(0, UPDATES), strict=True):
        marks = [perf_counter()]
        H = samples.gather(rows, np.float32).T
        marks.append(perf_counter())
        done = network.cost(parameters, H, samples.y[rows], lam, task.epsilon)
        marks.append(perf_counter())
        gradient = done.gradient()
        marks.append(perf_counter())
        for name, d_theta in gradient.named():
            rule(named[name], d_theta, rate.reshape(1, 1, 1), {}, 0)
        for kept, batch in zip(moving, done.forward.statistics, strict=True):
            for old, new in zip(kept, batch, strict=True):
                old *= decay
                old += (1 - decay) * new
        marks.append(perf_counter())
        times.append(np.diff(marks) * 1e6)
    medians = np.median(times[WARM_UP:], axis=0).tolist()
    names = ("gather and standardise", "forward", "backward", "update")
    return dict(zip(names, medians, strict=True))
