"""What happens during a training, as one stream of events.

The loop emits events; whoever listens (progress bar, history, early stopping, run directory) is a
function of an event. It may answer with a mask (P,) of networks that are to stop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.state import State


@dataclass(frozen=True)
class Row:
    """The figures of one network at one evaluation.

    Attributes:
        step: updates done.
        epoch: passes over the training set done.
        network: position in the stack.
        rate: learning rate of the update that comes next, or of the last where none does.
        seconds: since the training began.
        training_cross_entropy: mean of −log P[y_i, i] over the training set.
        training_cost: J, with the penalty.
        training_accuracy: 0 … 1.
        validation_cross_entropy: likewise on the validation set; nan where there is none.
        validation_cost: likewise.
        validation_accuracy: likewise.
    """

    step: int
    epoch: float
    network: int
    rate: float
    seconds: float
    training_cross_entropy: float
    training_cost: float
    training_accuracy: float
    validation_cross_entropy: float = nan
    validation_cost: float = nan
    validation_accuracy: float = nan


@dataclass(frozen=True, eq=False)
class Started:
    """The first update is about to be made; there will be `steps` of them in all."""

    state: State
    steps: int


@dataclass(frozen=True, eq=False)
class Advanced:
    """Some updates were made.

    Attributes:
        state: after them.
        rate: learning rate of the last one.
        cross_entropy: mean over these mini-batches, (P,).
        seconds: since the training began.
    """

    state: State
    rate: float
    cross_entropy: NDArray[np.float64]
    seconds: float


@dataclass(frozen=True, eq=False)
class Evaluated:
    """The networks that still train were evaluated on the whole sets; one row for each."""

    state: State
    rows: tuple[Row, ...]


@dataclass(frozen=True, eq=False)
class Diverged:
    """One network was not finite at `step`, first in `layer`; it has stopped, others go on."""

    state: State
    step: int
    rate: float
    network: int
    layer: int


@dataclass(frozen=True, eq=False)
class Ended:
    """No further update will be made; `reason` says why."""

    state: State
    reason: str


Event = Started | Advanced | Evaluated | Diverged | Ended
"""Anything that a listener may hear."""

Consumer = Callable[[Event], Any]
"""Returns None, True where all networks are to stop, or a mask (P,) of those that are."""
