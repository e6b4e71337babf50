"""What happens during a study, as events around those of each training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from klayer.data import Data
from klayer.errors import KlayerError
from klayer.studies.results import Outcome
from klayer.studies.stack import Stack
from klayer.training import Consumer, Event


class Interrupted(KlayerError):
    """Somebody asked the study to end; `reason` is "interrupted" or "terminated"."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the study was {reason}; what was reached is saved")


@dataclass(frozen=True, eq=False)
class StackStarted:
    """A stack is about to be trained.

    Attributes:
        stack: which.
        position: its place among all, from 0 on.
        stacks: all of the study.
    """

    stack: Stack
    position: int
    stacks: tuple[Stack, ...]


@dataclass(frozen=True, eq=False)
class StackEnded:
    """A stack was trained to its end, in this sitting or before."""

    outcome: Outcome


Listener = Callable[[StackStarted | StackEnded | Event], Any]
Witness = Callable[[Stack, Data, Path | None], Sequence[Consumer]]
"""Returns further listeners to a stack's training, which may write to its run directory."""


def ignore(event: object) -> None:
    """Listen to nothing."""


def no_witness(*_: Any) -> Sequence[Consumer]:
    """Make no further listeners."""
    return ()
