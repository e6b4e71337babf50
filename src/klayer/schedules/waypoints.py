"""A schedule of one's own: straight lines between given points."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer.schedules.contract import Schedule


def waypoints(rate_min: float, rate_max: float, points: Sequence[tuple[int, float]]) -> Schedule:
    """Return the schedule that goes straight from point to point.

    Before the first it is as high as there, and after the last as there.

        η(t) = rate_min + (rate_max − rate_min) · h(t),  h linear between the points (t_i, h_i)

    Args:
        rate_min: where h is 0.
        rate_max: where h is 1.
        points: a step t_i and a height h_i each; no step is below the one before it. Two points of
            one step are a jump: the second counts from that step on.

    Returns:
        A function of steps.

    Example:
        >>> rate = waypoints(0.0, 0.1, [(0, 0.0), (10, 1.0), (50, 1.0), (50, 0.1)])
        >>> rate([0, 5, 49, 50, 99]).round(3)
        array([0.  , 0.05, 0.1 , 0.01, 0.01])
    """
    steps_of, heights = (np.array(each, np.float64) for each in zip(*points, strict=True))

    def schedule(steps: ArrayLike) -> NDArray[np.float64]:
        reached = np.interp(np.asarray(steps, np.float64), steps_of, heights)
        return np.asarray(rate_min + (rate_max - rate_min) * reached)

    return schedule
