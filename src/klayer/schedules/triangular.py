"""The triangular cyclical learning rate, and its variant with halving amplitude."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer.schedules.contract import Schedule


def triangular(rate_min: float, rate_max: float, step_size: int) -> Schedule:
    """Return the triangular schedule: up for `step_size` steps, down for as many, again and again.

        η(t) = rate_min + (rate_max − rate_min) · (1 − |(t mod 2s)/s − 1|),  s = step_size

    Args:
        rate_min: at the beginning and end of every cycle.
        rate_max: in the middle of every cycle.
        step_size: half a cycle, in steps.

    Returns:
        A function of steps.

    References:
        Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, section 3.

    Example:
        >>> triangular(0.0, 1.0, step_size=2)([0, 1, 2, 3, 4, 6])
        array([0. , 0.5, 1. , 0.5, 0. , 1. ])
    """

    def schedule(steps: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(rate_min + (rate_max - rate_min) * _wave(steps, step_size))

    return schedule


def triangular2(rate_min: float, rate_max: float, step_size: int) -> Schedule:
    """Return the triangular schedule whose amplitude is halved after every cycle.

        η(t) = rate_min + (rate_max − rate_min) · (1 − |(t mod 2s)/s − 1|)/2^⌊t/2s⌋,  s = step_size

    Args:
        rate_min: at the beginning and end of every cycle.
        rate_max: in the middle of the first cycle.
        step_size: half a cycle, in steps.

    Returns:
        A function of steps.

    References:
        Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, section 3.

    Example:
        >>> triangular2(0.0, 1.0, step_size=2)([2, 6, 10])
        array([1.  , 0.5 , 0.25])
    """

    def schedule(steps: ArrayLike) -> NDArray[np.float64]:
        cycle = np.floor_divide(steps, 2 * step_size)
        return np.asarray(rate_min + (rate_max - rate_min) * _wave(steps, step_size) / 2.0**cycle)

    return schedule


def _wave(steps: ArrayLike, step_size: int) -> NDArray[np.float64]:
    """Return the triangle of height 1 and period 2 · step_size."""
    return np.asarray(1 - np.abs(np.mod(steps, 2 * step_size) / step_size - 1))
