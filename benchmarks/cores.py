"""Whether this machine's CPUs are cores of their own just now.

The host of a virtual machine may run two of its CPUs on one core for seconds or minutes: what all
threads compute together is then hardly more than what one computes, and nothing inside tells.
"""

import time
from collections.abc import Callable

ENOUGH = 0.8  # of the most that was ever seen
LOOK_SECONDS = 0.3


class Cores:
    """Compares what all CPUs compute together with what one computes.

    The most that was seen is the measure, so that CPUs which always share cores are taken as they
    are; so one of these should see all contests of a run.

    Args:
        peak: returns the FMA peak of so many threads, quickly.
        threads: as many as CPUs are compared with one.
        patience: seconds in all to wait for them to be whole again.
    """

    def __init__(self, peak: Callable[[int], float], threads: int, patience: float = 900) -> None:
        self._peak = peak
        self._threads = threads
        self._patience = patience
        self._most = 0.0

    def are_whole(self) -> bool:
        """Return whether all CPUs together compute about as much as they ever did."""
        gain = self._peak(self._threads) / self._peak(1)
        self._most = max(self._most, min(gain, self._threads))  # one may have been held up
        return gain >= ENOUGH * self._most

    def wait(self) -> bool:
        """Wait until they are whole, or patience is at an end; return whether they are."""
        while not (whole := self.are_whole()) and self._patience > 0:
            time.sleep(LOOK_SECONDS)
            self._patience -= LOOK_SECONDS
        return whole
