"""What is said of sets without a class, or too small to measure an accuracy by."""

from math import sqrt

import numpy as np

from klayer.cli.console import words
from klayer.data import Data

FEWEST = 20  # rows
SHOWN = 5  # classes


def say_small_sets(data: Data) -> None:
    """Say on standard error which classes cannot be learned or judged, and what few rows are worth.

    The standard deviation of the share of n independent answers that are right is at most 1/(2√n).
    """
    trained = np.bincount(data.samples.y[data.training], minlength=data.classes)
    if (trained == 0).any():
        absent = ", ".join(repr(data.class_names[k]) for k in np.flatnonzero(trained == 0)[:SHOWN])
        words().print(f"no training row is of class {absent}, so it can never be answered")
    for name in ("validation", "test"):
        n = len(data.rows(name))
        judged = np.bincount(data.samples.y[data.rows(name)], minlength=data.classes)
        if n and (missing := np.flatnonzero((judged == 0) & (trained > 0))).size:
            absent = ", ".join(repr(data.class_names[k]) for k in missing[:SHOWN])
            words().print(
                f"no {name} row is of class {absent}, so figures on that set say nothing of it; "
                "--stratify keeps the shares of the classes in every set"
            )
        if 0 < n < FEWEST:
            words().print(
                f"the {name} set has {n} row{'' if n == 1 else 's'}: accuracies on it are "
                f"uncertain by up to ±{0.5 / sqrt(n):.2f} (one standard deviation)"
            )
