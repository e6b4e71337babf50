"""Statistics of repeated measurements: the median, the spread about it, ratios of medians."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Summary:
    """Repeats of one measurement.

    Attributes:
        median: the middle one.
        low: the first quartile.
        high: the third quartile.
        repeats: how many.

    Example:
        >>> summarise([3.0, 1.0, 2.0, 5.0, 4.0])
        Summary(median=3.0, low=2.0, high=4.0, repeats=5)
    """

    median: float
    low: float
    high: float
    repeats: int

    @property
    def spread(self) -> float:
        """Half the interquartile range, as a share of the median."""
        return (self.high - self.low) / 2 / self.median


def summarise(values: Sequence[float]) -> Summary:
    """Return the summary of at least one value."""
    low, median, high = np.percentile(values, [25, 50, 75]).tolist()
    return Summary(median, low, high, len(values))


def ratio(slower: Sequence[float], faster: Sequence[float]) -> float:
    """Return how many times the one's median is the other's.

    Example:
        >>> ratio([9.0, 10.0, 100.0], [4.0, 5.0, 6.0])
        2.0
    """
    return summarise(slower).median / summarise(faster).median
