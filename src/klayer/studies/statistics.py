"""What replicates say: mean, spread, and intervals from Student's t.

Nothing is inferred from fewer than three replicates: from two, a 95 % interval is nine standard
deviations wide to either side (Cumming, Fidler and Vaux, "Error bars in experimental biology",
J. Cell Biol. 177, 2007: where there are few, show each). Nor from the spread of replicates that are
all equal: an accuracy is a count of rows, so that some are equal by chance, and repeated readings
that are the same have no less uncertainty for that (Guide to the expression of uncertainty in
measurement, JCGM 100:2008, F.2.2.1). What is left of equal ones is their sign: were gain and loss
as likely as each other, all n would agree with probability 2 · 2⁻ⁿ, which is below 5 % from six on
(Dixon and Mood, "The statistical sign test", J. Am. Stat. Assoc. 41, 1946).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = Sequence[float] | NDArray[np.float64]

LEAST = 3  # replicates that anything is inferred from
LEAST_EQUAL = 6  # replicates that something is inferred from where all are equal
EQUAL = 1e-9  # relative: far below one row of any set, far above rounding
ROUNDING = 1e-12  # absolute: of differences between figures near one


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
        The interval; everything where n is below 3. Replicates that are all equal, such as those of
        networks that do not learn, predict the same again.

    Example:
        >>> interval = prediction_interval([1.0, 2.0, 3.0])
        >>> round(interval.low, 2), round(interval.high, 2)
        (-9.46, 13.46)
    """
    if len(values) < LEAST:
        return Interval(-np.inf, np.inf)
    return _around(values, level, np.sqrt(1 + 1 / len(values)))


def mean_interval(values: Values, level: float = 0.95) -> Interval:
    """Return the confidence interval of the mean, mean ± t((1 + level)/2, n − 1) · sd / √n.

    Args:
        values: n replicates, normally distributed.
        level: 0 … 1.

    Returns:
        The interval; everything where the values do not tell their spread, as `untold` has it.

    Example:
        >>> interval = mean_interval([1.0, 2.0, 3.0])
        >>> round(interval.low, 2), round(interval.high, 2)
        (-0.48, 4.48)
        >>> mean_interval([1.0, 2.0])
        Interval(low=-inf, high=inf)
    """
    if untold(values):
        return Interval(-np.inf, np.inf)
    return _around(values, level, np.sqrt(1 / len(values)))


def equal(values: Values) -> bool:
    """Return whether replicates are all equal, but for rounding.

    Example:
        >>> equal([0.1 + 0.2, 0.3, 0.3]), equal([0.3, 0.3, 0.3001])
        (True, False)
    """
    found = np.asarray(values, float)
    return bool(np.ptp(found) <= max(ROUNDING, EQUAL * np.abs(found).max()))


def untold(values: Values) -> str:
    """Return why replicates do not tell their spread, in words; "" where they tell it.

    Example:
        >>> untold([0.1, 0.2]), untold([0.1, 0.1, 0.1]), untold([0.1, 0.2, float("nan")])
        ('2 replicates, at least 3 are needed', 'all 3 are equal, at least 6 are needed',
        '1 of 3 replicates diverged or were not tested')
        >>> untold([0.1, 0.2, 0.3])
        ''
    """
    found = np.asarray(values, float)
    missing = int((~np.isfinite(found)).sum())
    if missing:
        return f"{missing} of {len(found)} replicates diverged or were not tested"
    if len(found) < LEAST:
        several = "s" if len(found) != 1 else ""
        return f"{len(found)} replicate{several}, at least {LEAST} are needed"
    if equal(found):
        few = len(found) < LEAST_EQUAL
        return f"all {len(found)} are equal, at least {LEAST_EQUAL} are needed" if few else ""
    return ""


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
    half = float(t.ppf((1 + level) / 2, found.n - 1)) * found.sd * float(scale)
    return Interval(found.mean - half, found.mean + half)
