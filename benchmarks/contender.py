"""What a contender is: a name, and a way to do a task."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.tasks import Task

Run = Callable[[int, int], NDArray[np.float64]]
"""``run(start, steps)`` does so many updates and returns, when they are done, the mean
cross-entropy over their mini-batches (P,), each taken before its update."""


@dataclass(frozen=True)
class Contender:
    """One way to train.

    Attributes:
        name: as the table has it.
        library: the distribution whose version counts.
        data: what it reads in every update.
        build: makes everything that is not timed, and returns ``run``.
        environment: "klayer" or "peers", whose interpreter runs it.
    """

    name: str
    library: str
    data: str
    build: Callable[[Task], Run]
    environment: str = "peers"
