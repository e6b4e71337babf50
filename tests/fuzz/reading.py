"""One input, read under watch: only klayer's own errors, in bounded time and memory."""

import os
import random
import resource
import time
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path

from klayer.errors import DataWarning, KlayerError
from tests.fuzz.edits import Edit, edited
from tests.fuzz.targets import Target

SECONDS = 1.0  # of the processor, for one input
BYTES = 256 << 20  # of memory, above what the process had


class FailureError(AssertionError):
    """A reader broke its promise."""


@cache
def seeds_of(target: Target) -> list[bytes]:
    """Return the seeds of a target, made once."""
    return target.seeds()


def made(target: Target, seed: int, changes: list[Edit], repair: bool) -> bytes:
    """Return a seed of a target after some edits, its checksums made right if asked to."""
    seeds = seeds_of(target)
    content = edited(seeds[seed % len(seeds)], changes, seeds, target.tokens, target.inside)
    return target.repaired(content) if repair and target.repaired else content


def read(target: Target, content: bytes, folder: Path) -> bool:
    """Read an input; return whether it was accepted.

    Raises:
        FailureError: another error than klayer's came out, or it took too long or too much.
    """
    warm(target, folder)
    if memory("VmHWM") - memory("VmRSS") > BYTES // 4:
        forget_peak()  # of what was done before
    started, before = time.process_time(), memory("VmRSS")
    accepted = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", DataWarning)
            target.read(content, folder)
    except KlayerError as error:
        accepted = False
        if not str(error):
            raise FailureError(f"{target.name}: an error without words") from error
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise FailureError(f"{target.name}: {type(error).__name__}: {error}") from error
    spent = time.process_time() - started
    if spent > SECONDS:
        raise FailureError(f"{target.name}: it took {spent:.1f} s")
    grown = memory("VmHWM") - before
    if grown > BYTES:
        forget_peak()
        raise FailureError(f"{target.name}: it took {grown >> 20} MiB")
    return accepted


@cache
def warm(target: Target, folder: Path) -> None:
    """Read a seed, so that no input pays for the modules that a reader imports."""
    with suppress(Exception):
        target.read(seeds_of(target)[0], folder)


def memory(name: str) -> int:
    """Return the bytes in memory now ("VmRSS") or at most so far ("VmHWM"); 0 where unknown."""
    try:
        with open("/proc/self/status", "rb") as file:
            content = file.read()
    except OSError:
        return 0
    at = content.find(name.encode())
    return int(content[at:].split(None, 2)[1]) << 10


def forget_peak() -> None:
    """Let the peak of memory begin again from what there is now."""
    with suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def generator_of(seed: int, count: int) -> random.Random:
    """Return the generator of the so-manieth input."""
    return random.Random(seed << 40 | count)


def limit_memory() -> None:
    """Let a runaway allocation fail instead of taking the machine with it."""
    room = 8 << 30
    resource.setrlimit(resource.RLIMIT_DATA, (room, room))
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
