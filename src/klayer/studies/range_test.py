"""The learning-rate range test: a rate that grows from update to update, and what the cost says."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer.data import Data
from klayer.engines import Engine
from klayer.errors import InputError
from klayer.schedules import Schedule
from klayer.training import Plan
from klayer.training.job import Job
from klayer.training.rules import did_you_mean

SMOOTHING = 0.95  # weight of the past in the running mean of the cost
BURST = 10  # updates between looks at the cost
STOP_FACTOR = 4.0  # the test ends where the cost passes so many times its best
FALLEN = 0.1  # share of the whole fall at which a rate begins to teach
NOISE = 2.0  # standard deviations of a mini-batch's cost that the fall must exceed
RISEN = 0.1  # share of the fall by which the cost must rise again, where it is lowest at the end
SAFETY = 2.0  # rate_max is so many times below the rate of the lowest cost
RULE = (
    "rate_min is from where on the smoothed cost stays below a tenth of its fall from where it "
    "began (the median over the first tenth of the updates), rate_max half the rate at which it is "
    "lowest"
)
GROWTHS = ("exponential", "linear")


@dataclass(frozen=True)
class Range:
    """What a range test tries.

    Attributes:
        low: the first learning rate.
        high: the last one.
        updates: how many updates.
        growth: "exponential" or "linear".

    Raises:
        InputError: a rate is not positive, low is not below high, there are fewer than 20 updates,
            or the growth is unknown.

    Example:
        >>> rates = Range(1e-4, 1.0, updates=21).schedule()(np.array([0, 10, 20]))
        >>> np.round(rates, 6).tolist()
        [0.0001, 0.01, 1.0]
    """

    low: float = 1e-6
    high: float = 10.0
    updates: int = 400
    growth: str = "exponential"

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < np.inf:
            raise InputError(
                "`low` must be positive and below `high`, "
                f"but got low={self.low} and high={self.high}"
            )
        if self.updates < 2 * BURST:
            raise InputError(f"`updates` must be at least {2 * BURST}, but got {self.updates}")
        if self.growth not in GROWTHS:
            hint = did_you_mean(self.growth, GROWTHS)
            raise InputError(
                f"`growth` must be one of {', '.join(GROWTHS)}, but got {self.growth!r}{hint}"
            )

    def schedule(self) -> Schedule:
        """Return the learning rate of every update."""

        def schedule(steps: ArrayLike) -> NDArray[np.float64]:
            share = np.asarray(steps, np.float64) / (self.updates - 1)
            if self.growth == "linear":
                return self.low + (self.high - self.low) * share
            return np.asarray(self.low * (self.high / self.low) ** share)

        return schedule


@dataclass(frozen=True, eq=False)
class RangeTest:
    """One range test.

    Attributes:
        rates: learning rate of every update until the end, (T,).
        costs: smoothed cross-entropy of the mini-batches, (T,).
        rate_min: suggested, by `RULE`.
        rate_max: suggested, by `RULE`.
    """

    rates: NDArray[np.float64]
    costs: NDArray[np.float64]
    rate_min: float
    rate_max: float


def smooth(values: NDArray[np.float64], weight: float = SMOOTHING) -> NDArray[np.float64]:
    """Return the running mean m_t = w m_{t−1} + (1 − w) x_t, freed of its start: m_t/(1 − w^t).

    Example:
        >>> smooth(np.array([1.0, 1.0, 4.0]), weight=0.5).round(3).tolist()
        [1.0, 1.0, 2.714]
    """
    found, mean = np.empty(len(values)), 0.0
    for t, value in enumerate(values.tolist()):
        mean = weight * mean + (1 - weight) * value
        found[t] = mean / (1 - weight ** (t + 1))
    return found


def suggest(
    rates: NDArray[np.float64], costs: NDArray[np.float64], scatter: float = 0.0
) -> tuple[float, float]:
    """Return rate_min and rate_max by `RULE`.

    Args:
        rates: ascending, (T,).
        costs: smoothed, (T,).
        scatter: the standard deviation of a mini-batch's cost about them.

    Raises:
        InputError: the cost does not fall at any rate tried by more than it scatters, or still
            falls at the highest.

    Example:
        >>> rates = np.array([0.001, 0.01, 0.1, 1.0, 10.0])
        >>> suggest(rates, np.array([2.3, 2.1, 1.5, 1.3, 5.0]))
        (0.01, 0.5)
    """
    lowest = int(costs.argmin())
    beginning = max(1, len(costs) // 10)
    start = float(np.median(costs[:beginning]))
    fall = start - costs[lowest]
    if lowest < beginning or fall < NOISE * scatter:
        raise InputError(
            f"a range must hold rates at which the cost falls, but from {rates[0]:.3g} to "
            f"{rates[-1]:.3g} it does not; use a lower `low` or a higher `high`"
        )
    if lowest >= len(costs) - beginning and costs[-1] - costs[lowest] < RISEN * fall:
        raise InputError(
            f"a range must hold rates at which the cost rises again, but it still falls at "
            f"{rates[-1]:.3g}; use a higher `high`"
        )
    above = np.flatnonzero(costs[:lowest] > start - FALLEN * fall)
    begins = int(above[-1]) + 1 if len(above) else 0  # from there on it stays fallen
    rate_max = float(rates[lowest]) / SAFETY
    return min(float(rates[begins]), rate_max), rate_max


def range_test(
    data: Data,
    plan: Plan,
    range_: Range,
    engine: Engine,
    heard: Callable[[int], object] = lambda *_: None,
) -> RangeTest:
    """Train a fresh network while the rate grows, and suggest rates; nothing is left behind.

    The test ends where the smoothed cost passes four times its best, or is no longer finite.

    Args:
        data: the sets.
        plan: the network, batch size, λ and seed; its rates and length do not matter.
        range_: what to try.
        engine: who computes.
        heard: is told how many updates are done.

    Raises:
        InputError: the plan is of several networks, or the cost falls at no rate.
    """
    if plan.stack_size != 1:
        raise InputError(f"a range test takes one network, but got {plan.stack_size}")
    job = replace(Job.of(data, plan, engine), schedule=range_.schedule(), steps=range_.updates)
    state, losses = job.begin(), np.empty(0)
    while state.steps < range_.updates and state.active.all():
        stop = min(state.steps + BURST, range_.updates)
        state, found = job.advance(state, stop)
        losses = np.concatenate([losses, found[:, 0]])
        heard(state.steps)
        if not np.isfinite(losses).all() or _passed(smooth(losses)) < len(losses):
            break
    finite = np.argmin(np.isfinite(losses)) if not np.isfinite(losses).all() else len(losses)
    costs = smooth(losses[:finite])
    costs = costs[: _passed(costs)]
    rates = job.schedule(np.arange(len(costs)))
    scatter = float(np.median(np.abs(losses[: len(costs)] - costs))) / 0.6745  # of a normal law
    return RangeTest(rates, costs, *suggest(rates, costs, scatter))


def _passed(costs: NDArray[np.float64]) -> int:
    """Return how many updates are made until the cost passes `STOP_FACTOR` times its best."""
    beyond = costs > STOP_FACTOR * np.minimum.accumulate(costs)
    return int(beyond.argmax()) + 1 if beyond.any() else len(costs)
