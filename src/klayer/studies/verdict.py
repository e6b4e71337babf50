"""What paired differences say: the one place where the words of a verdict are chosen.

Two treatments under one seed share split, mini-batches and initial draws, so that their difference
is free of what these do to both. The 95 % confidence interval of its mean over the seeds decides;
where the replicates do not tell their spread, nothing does.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from klayer.studies.statistics import ROUNDING, Interval, Values, mean_interval, summary, untold

GAINS, LOSES, UNSURE = "gains", "loses", "may gain or lose"
TOO_FEW = f"{UNSURE}, too few replicates to tell"
MISSING = "cannot be judged"  # of networks that diverged, or where there is no test set
EACH = "Each interval holds the true difference with probability 95 %, all {n} together with less."
CHOSEN = (
    "The best is chosen by these same figures, which makes the differences to it larger than new "
    "replicates would show them."
)
CHANCE_ROOM = 0.02  # of accuracy above that of guessing


@dataclass(frozen=True)
class Verdict:
    """What the paired differences of two treatments say.

    Attributes:
        word: `GAINS`, `LOSES`, `UNSURE`, `TOO_FEW` or `MISSING`.
        mean: of the differences.
        interval: the 95 % confidence interval of the mean; everything where there is none.
        values: the difference for every seed.
        why: why there is no interval; "" where there is one.
    """

    word: str
    mean: float
    interval: Interval
    values: tuple[float, ...]
    why: str

    def __str__(self) -> str:
        """Return the mean and its interval in words."""
        if self.word == MISSING:
            return self.why
        if self.why:
            return f"{self.mean:+.4f} (no interval: {self.why})"
        low, high = self.interval
        return f"{self.mean:+.4f} (95 % interval {low:+.4f} to {high:+.4f})"

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in JSON's own types; bounds are infinite where there is no interval."""
        return {
            "verdict": self.word,
            "mean": self.mean,
            "interval": list(self.interval),
            "n": len(self.values),
            "values": list(self.values),
        }


def least_learned(unlearned: float) -> float:
    """Return above which accuracy something was learned: a little above what needs no learning.

    Args:
        unlearned: the accuracy of guessing, or of answering the largest class alone.

    Example:
        >>> round(least_learned(0.5), 3), round(least_learned(0.99), 3)
        (0.52, 0.995)
    """
    return unlearned + min(CHANCE_ROOM, (1 - unlearned) / 2)


def verdict(differences: Values, bound: float = 0.0) -> Verdict:
    """Return whether differences are above a bound on average, below it, or cannot be told.

    Args:
        differences: one for every seed, (R,).
        bound: what they are compared with.

    Example:
        >>> verdict([0.01, 0.02, 0.02]).word, verdict([-0.02, -0.01, -0.02]).word
        ('gains', 'loses')
        >>> verdict([0.01, -0.02, 0.02]).word, verdict([0.01, 0.01]).word
        ('may gain or lose', 'may gain or lose, too few replicates to tell')
        >>> print(verdict([0.01, 0.02, 0.03]))
        +0.0200 (95 % interval -0.0048 to +0.0448)
        >>> print(verdict([0.01, 0.01]))
        +0.0100 (no interval: 2 replicates, at least 3 are needed)
    """
    interval, why = mean_interval(differences), untold(differences)
    word = UNSURE
    if interval.low > bound + ROUNDING:
        word = GAINS
    elif interval.high < bound - ROUNDING:
        word = LOSES
    values, mean = tuple(float(value) for value in differences), summary(differences).mean
    if why:
        word = TOO_FEW if isfinite(mean) else MISSING
    return Verdict(word, mean, interval, values, why)
