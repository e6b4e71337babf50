"""The cosine schedule with warm restarts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer.schedules.contract import Schedule


def cosine(rate_min: float, rate_max: float, step_size: int) -> Schedule:
    """Return the schedule that falls along half a cosine and begins again after 2 · step_size.

        η(t) = rate_min + (rate_max − rate_min) · (1 + cos(π (t mod 2s)/2s))/2,  s = step_size

    Args:
        rate_min: towards the end of every cycle.
        rate_max: at the beginning of every cycle.
        step_size: half a cycle, in steps, as in the triangular schedule.

    Returns:
        A function of steps.

    References:
        Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017,
        equation 5.

    Example:
        >>> cosine(0.0, 1.0, step_size=2)([0, 2, 4]).round(3)
        array([1. , 0.5, 1. ])
    """

    def schedule(steps: ArrayLike) -> NDArray[np.float64]:
        phase = np.mod(steps, 2 * step_size) / (2 * step_size)
        return np.asarray(rate_min + (rate_max - rate_min) * (1 + np.cos(np.pi * phase)) / 2)

    return schedule
