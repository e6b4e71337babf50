"""The machine's float32 FMA peak, measured by a small C program beside the contenders.

Without a C compiler a large NumPy product takes its place, and the words say so.
"""

import atexit
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from benchmarks.cores import Cores
from benchmarks.interleave import Measure, Slice

SOURCE = Path(__file__).with_name("peak.c")
SIDE = 2048


QUICK_SECONDS = 0.01


def peak_measure(threads: int) -> tuple[Measure, str]:
    """Return the measure of the peak in GFLOP/s, and how it is taken, in words.

    Args:
        threads: how many compute at once.
    """
    program = _program()
    if program is None:
        return _product, "a large sgemm of NumPy (no C compiler here), a lower bound"

    def measure() -> Slice:
        began = time.perf_counter()
        rate, cpu_seconds = _run(program, threads, 0.2)
        return Slice(rate, time.perf_counter() - began, cpu_seconds)

    return measure, "independent FMA chains in registers"


@cache
def cores(threads: int) -> Cores | None:
    """Return what tells whether the CPUs are cores of their own; None without a compiler.

    It is the same for all contests of a run.
    """
    program = _program()
    if program is None:
        return None
    return Cores(lambda number: _run(program, number, QUICK_SECONDS)[0], threads)


@cache
def _program() -> Path | None:
    """Build the program for as long as this process lives; None without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder)
    program = Path(folder) / "peak"
    command = [compiler, "-O3", "-march=native", "-pthread", "-o", str(program), str(SOURCE)]
    subprocess.run(command, check=True)
    return program


def _run(program: Path, threads: int, seconds: float) -> tuple[float, float]:
    """Return the peak and the CPU seconds that it took."""
    command = [str(program), str(threads), str(seconds)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    rate, cpu_seconds = map(float, found.stdout.split())
    return rate, cpu_seconds


def _product() -> Slice:
    """Measure a product of two large matrices."""
    A = np.ones((SIDE, SIDE), np.float32)
    cpu, began = time.process_time(), time.perf_counter()
    A @ A
    seconds = time.perf_counter() - began
    return Slice(2e-9 * SIDE**3 / seconds, seconds, time.process_time() - cpu)
