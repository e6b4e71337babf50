"""klayer's own engines, as `klayer train` calls them: many updates per call, raw uint8 rows."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.contender import Contender, Run
from benchmarks.peers.words import RAW
from benchmarks.tasks import Task
from klayer.architecture import Architecture
from klayer.engines import Objective, available_engines, choose_engine
from klayer.samples import Samples
from klayer.state import State, initial_state
from klayer.updates import SGD


def make_state(task: Task) -> State:
    """Return the stack with the task's initial weights."""
    architecture = Architecture(
        task.inputs, task.hidden, task.classes, task.batch_norm, task.epsilon
    )
    state = initial_state(architecture, task.networks)
    for own, W in zip(state.parameters.W, task.weights(), strict=True):
        own[...] = W
    return state


def make_samples(task: Task) -> Samples:
    """Return the task's raw rows."""
    mean, inverse_std = (task.array(name).astype(np.float64) for name in ("mean", "inverse_std"))
    return Samples(task.array("X"), task.array("y"), mean, inverse_std)


def build(task: Task, engine: str) -> Run:
    """Return the run of a stack on one of the engines."""
    chosen = choose_engine(engine, task.threads)
    samples, kept = make_samples(task), [make_state(task)]
    objective = Objective(np.full(task.networks, task.lam), task.moving_decay)

    def run(start: int, steps: int) -> NDArray[np.float64]:
        order, offsets = task.order(start, steps).ravel(), np.arange(steps + 1) * task.batch_size
        rates = task.rates(start, steps).astype(np.float64)
        kept[0], losses = chosen.train(kept[0], samples, order, offsets, rates, objective, SGD())
        return np.asarray(losses.mean(axis=0), np.float64)

    return run


CONTENDERS = tuple(
    Contender(f"klayer {engine}", "klayer", RAW, partial(build, engine=engine), "klayer")
    for engine in ("native", "reference")
    if engine in available_engines()
)
