"""The one-cycle schedule: up once, and down once to the end of the training."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer.schedules.contract import Schedule

RISE = 0.3


def one_cycle(rate_min: float, rate_max: float, steps: int, rise: float = RISE) -> Schedule:
    """Return the schedule that rises for a share of all steps and falls for the rest.

        η(t) = rate_min + (rate_max − rate_min) · (1 − cos(π u))/2
        u = t/r for t ≤ r,  u = (s − 1 − t)/(s − 1 − r) beyond,  r = rise · (s − 1),  s = steps

    Args:
        rate_min: at the first and at the last step.
        rate_max: at the summit.
        steps: of the whole training; the rate stays at rate_min beyond them.
        rise: the share of the steps in which the rate rises, in (0, 1).

    Returns:
        A function of steps.

    References:
        Smith and Topin, "Super-Convergence", 2019, section 3, with half a cosine for each slope.

    Example:
        >>> one_cycle(0.0, 1.0, steps=11)([0, 3, 10]).round(3)
        array([0., 1., 0.])
    """
    last = max(steps - 1, 1)

    def schedule(steps: ArrayLike) -> NDArray[np.float64]:
        t = np.minimum(steps, last)
        u = np.minimum(t / (rise * last), (last - t) / (last - rise * last))
        return np.asarray(rate_min + (rate_max - rate_min) * (1 - np.cos(np.pi * u)) / 2)

    return schedule
