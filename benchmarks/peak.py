"""The machine's float32 FMA peak, measured by a small C program beside the contenders.

Without a C compiler a large NumPy product takes its place, and the words say so.
"""

import shutil
import subprocess
import time
from pathlib import Path

import numpy as np

from benchmarks.interleave import Measure, Slice

SOURCE = Path(__file__).with_name("peak.c")
SIDE = 2048


def peak_measure(folder: Path, threads: int) -> tuple[Measure, str]:
    """Return the measure of the peak in GFLOP/s, and how it is taken, in words.

    Args:
        folder: where the program is built.
        threads: how many compute at once.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return _product, "a large sgemm of NumPy (no C compiler here), a lower bound"
    program = folder / "peak"
    command = [compiler, "-O3", "-march=native", "-pthread", "-o", str(program), str(SOURCE)]
    subprocess.run(command, check=True)

    def measure() -> Slice:
        began = time.perf_counter()
        found = subprocess.run(
            [str(program), str(threads), "0.2"], check=True, capture_output=True, text=True
        )
        rate, cpu_seconds = map(float, found.stdout.split())
        return Slice(rate, time.perf_counter() - began, cpu_seconds)

    return measure, "independent FMA chains in registers"


def _product() -> Slice:
    """Measure a product of two large matrices."""
    A = np.ones((SIDE, SIDE), np.float32)
    cpu, began = time.process_time(), time.perf_counter()
    A @ A
    seconds = time.perf_counter() - began
    return Slice(2e-9 * SIDE**3 / seconds, seconds, time.process_time() - cpu)
