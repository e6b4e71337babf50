"""What is said of sets too small to measure an accuracy by."""

from math import sqrt

from klayer.cli.console import words
from klayer.data import Data

FEWEST = 20  # rows


def say_small_sets(data: Data) -> None:
    """Say on standard error of each set that has few rows how much its accuracy is worth.

    The standard deviation of the share of n independent answers that are right is at most 1/(2√n).
    """
    for name in ("validation", "test"):
        n = len(data.rows(name))
        if 0 < n < FEWEST:
            words().print(
                f"the {name} set has {n} row{'' if n == 1 else 's'}: accuracies on it are "
                f"uncertain by up to ±{0.5 / sqrt(n):.2f} (one standard deviation)"
            )
