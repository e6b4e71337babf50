"""Interleaved measuring: round after round, every contender in turn does one short slice.

What the machine does meanwhile (its clock, its neighbours) so meets all contenders alike. A slice
waits until other processes are idle, and if they took more than a few per cent of the CPUs during
it, or the CPUs were not cores of their own, it is done again, so many times at most; the record
says how often that did not help.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cores import Cores
from benchmarks.crew import Member

SLICE_SECONDS = 0.25
MOST_STEPS = 20_000
SETTLE_SECONDS = 0.03  # in which the last contender's threads stop waiting actively
MOST_OTHERS = 0.05
TRIES = 10
LOOK_SECONDS = 0.1
MOST_WAITING = 30.0  # seconds, for one slice


@dataclass(frozen=True)
class Slice:
    """One measurement.

    Attributes:
        value: what was measured.
        seconds: how long it took.
        cpu_seconds: of the contender's own threads.
    """

    value: float
    seconds: float
    cpu_seconds: float


@dataclass
class Record:
    """A contender's slices.

    Attributes:
        values: one per round.
        disturbed: in how many rounds no try was quiet.
    """

    values: list[float] = field(default_factory=list)
    disturbed: int = 0


Measure = Callable[[], Slice]


def interleave(
    measures: Mapping[str, Measure], rounds: int, tries: int = TRIES, cores: Cores | None = None
) -> dict[str, Record]:
    """Return the record of every measure after so many rounds.

    Args:
        measures: what to measure, by name.
        rounds: slices of each.
        tries: how often a disturbed slice is done at most.
        cores: whether the CPUs are cores of their own; not asked by default.
    """
    records = {name: Record() for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            value, quiet = _undisturbed(measure, tries, cores)
            records[name].values.append(value)
            records[name].disturbed += not quiet
    return records


def _undisturbed(measure: Measure, tries: int, cores: Cores | None) -> tuple[float, bool]:
    """Return the value of the first quiet slice, or of the least disturbed one."""
    found = []
    for _ in range(tries):
        time.sleep(SETTLE_SECONDS)
        wait_until_idle(MOST_WAITING / tries)
        whole = cores is None or cores.wait()  # last, for a host places CPUs anew that wake
        before = busy_seconds()
        slice_ = measure()
        after = busy_seconds()
        others = 0.0
        if before is not None and after is not None:
            taken = after - before - slice_.cpu_seconds
            others = taken / (slice_.seconds * (os.cpu_count() or 1))
        if not whole or (cores is not None and not cores.are_whole()):
            others += 1
        if others <= MOST_OTHERS:
            return slice_.value, True
        found.append((others, slice_.value))
    return min(found)[1], False


def wait_until_idle(most: float) -> None:
    """Wait until other processes leave the CPUs alone, for so many seconds at most."""
    end = time.monotonic() + most
    before = busy_seconds()
    while before is not None and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        after = busy_seconds() or before
        if after - before <= MOST_OTHERS * LOOK_SECONDS * (os.cpu_count() or 1):
            return
        before = after


def busy_seconds() -> float | None:
    """Return the time that all CPUs together were not idle since the start; None where unknown."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return None
    user, nice, system, _idle, _wait, *rest = map(int, fields)
    return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")


def updates_of(member: Member, warm_up: bool = True) -> Measure:
    """Return the measure of a contender: microseconds per update, over slices of a fixed number.

    The number is chosen so that a slice takes about `SLICE_SECONDS`; compiling happens here.
    """
    steps = 10
    for _ in range(3 if warm_up else 1):
        member.run(steps)
        seconds = min(member.run(steps)["seconds"] for _ in range(2))
        steps = max(4, min(MOST_STEPS, round(steps * SLICE_SECONDS / seconds)))
    member.run(steps)

    def measure() -> Slice:
        found = member.run(steps)
        seconds = found["seconds"]
        return Slice(seconds / steps * 1e6, seconds, found["cpu_seconds"])

    return measure
