"""`fit`: one call from data and a plan to a trained model with its history."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from klayer.data import Data
from klayer.engines import Engine, Evaluation, choose_engine
from klayer.errors import InputError
from klayer.models import Model
from klayer.training.events import Consumer
from klayer.training.history import History
from klayer.training.job import Job
from klayer.training.loop import Loop
from klayer.training.plan import Plan
from klayer.training.stopping import EarlyStopping, TimeLimit


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a training leaves.

    Attributes:
        plan: the settings.
        model: the stack that was saved: the last weights or, with patience, the best ones.
        history: all evaluations.
        test: the model's figures on the test set; None where there is no such set.
        reason: why it ended: "finished", "patience", "time limit" or "interrupted".
        steps: updates done.
        seconds: of the training with its evaluations.
        engine: the engine's name.
    """

    plan: Plan
    model: Model
    history: History
    test: Evaluation | None
    reason: str
    steps: int
    seconds: float
    engine: str


def fit(
    data: Data,
    plan: Plan | None = None,
    *,
    engine: str = "auto",
    threads: int | None = None,
    consumers: Sequence[Consumer] = (),
) -> Fitted:
    """Train a stack of networks as the plan says.

    Args:
        data: training, validation and test sets.
        plan: the settings; `Plan()` by default.
        engine: "auto", "native" or "reference".
        threads: how many threads compute; the process's allowed CPUs by default.
        consumers: listeners to the events of the training, such as a progress bar.

    Returns:
        The model, its history, its test figures, and how it went.

    Raises:
        InputError: the plan does not fit the data.
        DivergenceError: the cost stopped being finite.

    Example:
        >>> from klayer import Plan, fit, load_data
        >>> fitted = fit(load_data("digits"), Plan(hidden=(30,), step_size=100, cycles=1))
        >>> fitted.steps, bool(fitted.test.accuracy[0] > 0.9)
        (200, True)
    """
    plan = plan or Plan()
    if plan.patience is not None and not len(data.validation):
        raise InputError("`patience` needs a validation set, but the data has none")
    chosen = choose_engine(engine, threads)
    history = History()
    early = EarlyStopping(plan.patience) if plan.patience else None
    limit = TimeLimit(plan.time_limit) if plan.time_limit else None
    own = [listener for listener in (history, early, limit) if listener is not None]
    with _blas_threads(chosen, threads):
        started = perf_counter()
        loop = Loop(Job.of(data, plan, chosen), [*own, *consumers])
        reason = loop.run()
        seconds = perf_counter() - started
        if reason == "stopped":
            reason = "time limit" if limit and limit.reached else "patience"
        saved = early.best if early and early.best is not None else loop.state
        model = Model.of(data, saved, plan.per_network("lam"), _best(history, early is not None))
        test = model.evaluate(data, data.test, chosen) if len(data.test) else None
    steps = loop.state.steps
    return Fitted(plan, model, history, test, reason, steps, seconds, chosen.name)


def _best(history: History, best_weights: bool) -> int:
    """Return the position of the network with the highest validation accuracy as saved.

    Without a validation set the training accuracy decides.
    """
    networks = sorted({row.network for row in history.rows})
    measure = history.best if best_weights else history.final
    figures = [
        [measure(metric, network) for network in networks]
        for metric in ("validation_accuracy", "training_accuracy")
    ]
    chosen = figures[1] if np.isnan(figures[0]).any() else figures[0]
    return networks[int(np.argmax(chosen))]


def _blas_threads(engine: Engine, threads: int | None) -> Any:
    """Hold NumPy's matrix products to so many threads while the reference engine computes."""
    if engine.name != "reference" or threads is None:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    return threadpool_limits(threads)
