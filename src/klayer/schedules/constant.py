"""A learning rate that stays as it is."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer.schedules.contract import Schedule


def constant(rate: float) -> Schedule:
    """Return the schedule η(t) = rate.

    Args:
        rate: the learning rate.

    Returns:
        A function of steps.

    Example:
        >>> constant(0.1)([0, 1000])
        array([0.1, 0.1])
    """

    def schedule(steps: ArrayLike) -> NDArray[np.float64]:
        return np.full(np.shape(steps), rate, np.float64)

    return schedule
