"""What every question is: stacks to train, and an answer made from their results."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from klayer.data import Data
from klayer.errors import InputError
from klayer.studies.answer import Answer
from klayer.studies.results import Results
from klayer.studies.sets import Sets
from klayer.studies.stack import Stack
from klayer.studies.statistics import Values, summary
from klayer.training import Consumer, Plan

LARGE = 1e5  # figures from here on are written with an exponent


@dataclass(frozen=True)
class Asked:
    """What a question is asked about.

    Attributes:
        plan: the settings that all treatments share; a question overrides those that it varies.
        depths: k of the networks compared, in affine layers.
        lams: λ compared.
        sigmas: standard deviations of initial weights compared; None for He's.
        step_sizes: half cycles compared, in updates.
        cycles: numbers of cycles compared.
        rows: training rows to be fitted.

    Raises:
        InputError: a depth or a number of rows is not positive, or a list is empty.
    """

    plan: Plan
    depths: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8, 9)
    lams: tuple[float, ...] = (1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    sigmas: tuple[float | None, ...] = (None, 1e-1, 1e-3, 1e-4)
    step_sizes: tuple[int, ...] = (500, 1000, 2250)
    cycles: tuple[int, ...] = (1, 2, 3)
    rows: int = 100

    def __post_init__(self) -> None:
        for name in ("depths", "lams", "sigmas", "step_sizes", "cycles"):
            if not getattr(self, name):
                raise InputError(f"`{name}` must name at least one value, but got none")
        if min(self.depths) < 1:
            raise InputError(f"`depths` must be at least 1 layer, but got {list(self.depths)}")
        if self.rows < 2:
            raise InputError(f"`rows` must be at least 2, but got {self.rows}")


class Question(ABC):
    """A question asked of many trainings.

    Args:
        asked: about what.
        out: the study's folder; None to keep everything in memory.
    """

    name: ClassVar[str]
    asks: ClassVar[str]

    def __init__(self, asked: Asked, out: Path | None = None) -> None:
        self.asked = asked
        self.out = out
        self._sets: Sets | None = None

    @abstractmethod
    def stacks(self) -> list[Stack]:
        """Return what is to be trained, under one seed; the caller replicates it."""

    @abstractmethod
    def answer(self, results: Results) -> Answer:
        """Return the answer with its evidence."""

    def sets(self, **where: Any) -> Sets:
        """Return the data that the networks see, and keep them for the answer."""
        self._sets = Sets(**where)
        return self._sets

    @property
    def largest_class(self) -> float:
        """The share of rows of the largest class; 0 where the data are not known."""
        return 0.0 if self._sets is None else self._sets.largest_class

    def witness(self, stack: Stack, data: Data, run: Path | None) -> Sequence[Consumer]:
        """Return further listeners to a stack's training."""
        return ()

    def plan(self, **settings: Any) -> Plan:
        """Return the shared plan with some settings in place of its own."""
        return Plan.from_dict(self.asked.plan.to_dict() | settings)

    def hidden(self, depth: int) -> tuple[int, ...]:
        """Return the hidden widths of a k-layer network as wide as the shared plan's first."""
        width = self.asked.plan.hidden[0] if self.asked.plan.hidden else 50
        return (width,) * (depth - 1)


def spread(values: Values) -> str:
    """Return mean and standard deviation in words; replicates may be missing that diverged.

    Example:
        >>> spread([0.51, 0.52, 0.53])
        '0.5200 ± 0.0100'
        >>> spread([1.5e9, 1.6e9]), spread([float("nan"), 0.5])
        ('1.55e+09 ± 7.07e+07', 'not of all')
    """
    mean, sd, *_ = summary(values)
    if mean != mean:
        return "not of all"
    digits = ".4f" if abs(mean) < LARGE else ".2e"
    return f"{mean:{digits}} ± {sd:{digits}}" if sd == sd else f"{mean:{digits}}"


def nothing_learned(what: str, where: str, metric: str, highest: Values, largest: float) -> str:
    """Return that none of what was compared is best: none has learned more than one answer for all.

    Args:
        what: was compared.
        where: the highest values were found.
        metric: in words.
        highest: its values, one for every seed.
        largest: the share of rows of the largest class.

    Example:
        >>> nothing_learned("λ", "λ = 1", "test accuracy", [0.89, 0.91], 0.9)
        ... # doctest: +NORMALIZE_WHITESPACE
        'By accuracy nothing was learned above the largest class, so no λ is best: that class alone
        is 0.9000 of the rows, and the highest test accuracy is 0.9000 ± 0.0141 (λ = 1).'
    """
    return (
        f"By accuracy nothing was learned above the largest class, so no {what} is best: that "
        f"class alone is {largest:.4f} of the rows, and the highest {metric} is "
        f"{spread(highest)} ({where})."
    )


def payload_of(results: Results, metrics: Sequence[str]) -> dict[str, Any]:
    """Return figures of all treatments in JSON's own types."""
    rows = []
    for treatment in results.treatments:
        for metric in metrics:
            values = results.values(treatment, metric)
            row = {"treatment": treatment, "metric": metric, **summary(values)._asdict()}
            rows.append({**row, "values": values.tolist()})
    return {
        "figures": rows,
        "seeds": list(results.seeds),
        "seconds": results.seconds,
        "peak_memory_bytes": results.peak_memory,
    }
