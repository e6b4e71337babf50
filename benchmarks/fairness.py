"""Whether contenders do the same job: their losses on a task's trial agree with klayer's."""

from collections.abc import Sequence

import numpy as np

from benchmarks.crew import Member

TOLERANCE = 1e-4  # relative; half a penalty is off by 30 times as much


def check_fair(members: Sequence[Member]) -> float:
    """Return the largest relative difference between any contender's losses and the first's.

    Of a stack the median over its networks counts: where a unit is constant over a batch, rounding
    decides what its normalisation makes of it, and such a network goes its own way.

    Raises:
        RuntimeError: a contender does something else.
    """
    expected = np.array(members[0].trial)
    worst = 0.0
    for member in members:
        difference = float(np.median(np.abs(np.array(member.trial) / expected - 1)))
        if not difference <= TOLERANCE:
            raise RuntimeError(
                f"{member.entry.name} must have the losses of {members[0].entry.name} to within "
                f"{TOLERANCE}, but on {member.task.words} they differ by {difference:.1e}"
            )
        worst = max(worst, difference)
    return worst
