"""What replicates say: mean, spread, and intervals from Student's t."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = Sequence[float] | NDArray[np.float64]


class Interval(NamedTuple):
    """From `low` to `high`, both included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether a value lies inside."""
        return self.low <= value <= self.high


class Summary(NamedTuple):
    """Some replicates of one figure.

    Attributes:
        mean: of all.
        sd: standard deviation, with n − 1; nan for one replicate.
        low: the lowest.
        high: the highest.
        n: how many.
    """

    mean: float
    sd: float
    low: float
    high: float
    n: int


def summary(values: Values) -> Summary:
    """Return mean, standard deviation and range.

    Example:
        >>> summary([1.0, 2.0, 3.0])
        Summary(mean=2.0, sd=1.0, low=1.0, high=3.0, n=3)
    """
    found = np.asarray(values, float)
    sd = float(found.std(ddof=1)) if len(found) > 1 else float("nan")
    return Summary(float(found.mean()), sd, float(found.min()), float(found.max()), len(found))


def prediction_interval(values: Values, level: float = 0.99) -> Interval:
    """Return where one further replicate lies with probability `level`.

        mean ± t((1 + level)/2, n − 1) · sd · √(1 + 1/n)

    Args:
        values: n replicates, normally distributed.
        level: 0 … 1.

    Returns:
        The interval; everything where n is 1.

    Example:
        >>> interval = prediction_interval([1.0, 2.0, 3.0])
        >>> round(interval.low, 2), round(interval.high, 2)
        (-9.46, 13.46)
    """
    return _around(values, level, np.sqrt(1 + 1 / len(values)))


def mean_interval(values: Values, level: float = 0.95) -> Interval:
    """Return the confidence interval of the mean, mean ± t((1 + level)/2, n − 1) · sd / √n.

    Example:
        >>> interval = mean_interval([1.0, 2.0, 3.0])
        >>> round(interval.low, 2), round(interval.high, 2)
        (-0.48, 4.48)
    """
    return _around(values, level, np.sqrt(1 / len(values)))


def chance_of(outside: int, figures: int, share: float = 0.01) -> float:
    """Return the probability that so many figures or more are outside by chance alone.

    Args:
        outside: how many are.
        figures: of how many.
        share: the probability for each, one minus the level of its interval.

    Example:
        >>> round(chance_of(outside=2, figures=50), 3), chance_of(0, 50)
        (0.089, 1.0)
    """
    from scipy.stats import binom

    return float(binom.sf(outside - 1, figures, share))


def _around(values: Values, level: float, scale: float) -> Interval:
    from scipy.stats import t

    found = summary(values)
    if found.n == 1:
        return Interval(-np.inf, np.inf)
    half = float(t.ppf((1 + level) / 2, found.n - 1)) * found.sd * float(scale)
    return Interval(found.mean - half, found.mean + half)
