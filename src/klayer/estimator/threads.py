"""How many threads `n_jobs` means."""

import os
from itertools import pairwise

from klayer.training import Plan

FLOPS_PER_THREAD = 2e7  # of an update: below it a second thread waits more than it works


def threads_of(n_jobs: int | None, flops: float) -> int:
    """Return the number of threads.

    Args:
        n_jobs: so many; −1 for every CPU that the process may use, −2 for all but one, …; None
            for as many as the work deserves, at most every CPU or, where it says fewer,
            OMP_NUM_THREADS: joblib sets it in its workers, so that a search over many fits at
            once does not crowd the machine.
        flops: of one update, about.

    Example:
        >>> threads_of(3, flops=1e6), threads_of(None, flops=1e6)
        (3, 1)
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if n_jobs is None:
        limit = os.environ.get("OMP_NUM_THREADS", "")
        most = min(cpus, int(limit)) if limit.isdecimal() and int(limit) > 0 else cpus
        return max(1, min(most, int(flops / FLOPS_PER_THREAD)))
    return n_jobs if n_jobs > 0 else max(1, cpus + 1 + n_jobs)


def flops_of(plan: Plan, inputs: int, classes: int) -> float:
    """Return the floating-point operations of an update, about: six per weight and row.

    Example:
        >>> flops_of(Plan(hidden=(50,), batch_size=100), inputs=64, classes=10)
        2220000
    """
    widths = (inputs, *plan.hidden, classes)
    weights = sum(below * width for below, width in pairwise(widths))
    return 6 * plan.batch_size * plan.stack_size * weights
