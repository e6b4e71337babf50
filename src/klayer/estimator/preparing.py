"""What a classifier's parameters ask for: a seed, a plan, an engine, early stopping, a start."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from klayer.data import Data
from klayer.engines import Engine, choose_engine
from klayer.errors import InputError
from klayer.estimator.rates import suggested
from klayer.estimator.settings import plan_of
from klayer.estimator.stopping import BestKept, score_named
from klayer.estimator.threads import flops_of, threads_of
from klayer.state import State
from klayer.training import Plan
from klayer.training.job import Job, needs_of


def seed_of(random_state: Any) -> int:
    """Return the seed that `random_state` means: itself, if it is a whole number.

    Raises:
        ValueError: it is none of what scikit-learn takes.

    Example:
        >>> seed_of(5), seed_of(np.random.RandomState(5)) == seed_of(np.random.RandomState(5))
        (5, True)
    """
    state = check_random_state(random_state)
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(state.randint(np.iinfo(np.int32).max))


def plan_for(data: Data, settings: Mapping[str, Any], seed: int) -> Plan:
    """Return the plan that the parameters mean for some data.

    Raises:
        InputError: the rows are too few, or the cost falls at no learning rate.
    """
    rows = len(data.training)
    plan = plan_of(settings, rows, seed)
    if settings["learning_rate"] != "auto":
        return plan
    rates = suggested(data, plan, engine_for(data, settings, plan))
    return plan_of(settings, rows, seed, rates)


def engine_for(data: Data, settings: Mapping[str, Any], plan: Plan) -> Engine:
    """Return who computes.

    Raises:
        InputError: there is no such engine, or it does not know what the plan asks for.
    """
    threads = threads_of(settings["n_jobs"], flops_of(plan, data.inputs, data.classes))
    return choose_engine(settings["engine"], threads, needs_of(data, plan))


def stopping_for(
    data: Data, settings: Mapping[str, Any], plan: Plan, snapshot: Callable[[State, int], Any]
) -> BestKept:
    """Return early stopping; its patience is a cycle of the rate where none is asked for.

    Args:
        data: with a validation set.
        settings: the classifier's parameters by name.
        plan: made of them.
        snapshot: (state, network) → a classifier of that one network.

    Raises:
        InputError: there is no such scorer.
    """
    rows, asked = data.validation, settings["n_iter_no_change"]
    n = len(data.training)
    cycle = 2 * plan.half_cycle(n) / plan.updates_per_epoch(n)
    epochs = cycle if asked is None else asked
    y = data.labels[data.samples.y[rows]]
    score = score_named(settings["scoring"], snapshot, data.samples.X[rows], y)
    return BestKept(score, max(1, ceil(epochs / plan.evaluate_every)), settings["tol"])


def start_for(job: Job, state: State) -> State:
    """Return a trained stack as the start of a job: what its update rule remembers is zero.

    Raises:
        InputError: the job is one for other networks.
    """
    found = state.architecture, state.networks, state.theta.dtype
    if found != (job.architecture, job.plan.stack_size, np.dtype(job.plan.dtype)):
        raise InputError(
            "a training must go on with the same networks, but the last one had "
            f"{state.networks} of widths {state.architecture.widths} in {state.theta.dtype}; "
            "leave the parameters as they were, or make a new classifier"
        )
    return replace(state, slots={name: np.zeros_like(state.theta) for name in job.update.slots})
