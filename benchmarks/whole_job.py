"""The whole job: two cycles, 9,000 updates, 21 evaluations, from process start to results.

klayer beside PyTorch and JAX on CIFAR-10 in its python layout, wall clock and peak memory of the
process; and klayer alone on a zip of JPEG pictures, which it has to decode.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.crew import PEERS_PYTHON, ROOT, THREAD_LIMITS
from benchmarks.interleave import Record, Slice, interleave
from benchmarks.peak import cores
from benchmarks.pixels import CIFAR10
from benchmarks.summary import summarise
from klayer.engines import available_engines

MAKER = CIFAR10.with_name("make_cifar10_batches.py")
SETTINGS = ("--hidden", "50,50", "--batch-norm", "--validation", "5000", "--json", "--force")
TRIES = 3
THREADS = 2  # of every job


def run(folder: Path, rounds: int, only: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the jobs' seconds and peak memory."""
    batches, words = prepare_batches(folder)
    out = folder / "run"
    groups = {"job": commands(batches, out)}
    if CIFAR10.exists():
        groups["zip"] = {
            f"klayer {engine}, zip of JPEG": _klayer(CIFAR10, out, "--engine", engine)
            for engine in available_engines()
        }
    for title, group in groups.items():
        if title.startswith(only):
            yield title, {"source": words, "rows": _measure(group, max(5, rounds))}


def commands(batches: Path, out: Path) -> dict[str, list[str]]:
    """Return every job's command line by name."""
    found = {}
    for engine in available_engines():
        found[f"klayer {engine}"] = _klayer(batches, out, "--engine", engine)
    found["klayer, 2 evaluations"] = _klayer(batches, out, "--evaluate-every", "1000")
    found["klayer, one update"] = _klayer(batches, out, "--steps", "1", "--evaluate-every", "1000")
    read = f"klayer.load_data({str(batches)!r}, validation=5000)"
    plan = "klayer.Plan(hidden=(50, 50), batch_norm=True, steps=1, evaluate_every=1000)"
    for name, call in (
        ("klayer, one update in Python, no pictures", f"klayer.fit({read}, {plan})"),
        ("klayer, reading alone", read),
    ):
        found[name] = [sys.executable, "-c", f"import klayer; {call}"]
    for name, module in (("PyTorch eager, fused SGD", "torch_job"), ("JAX jit + scan", "jax_job")):
        found[name] = [str(PEERS_PYTHON), "-m", f"benchmarks.jobs.{module}", str(batches)]
    return found


def prepare_batches(folder: Path) -> tuple[Path, str]:
    """Write CIFAR-10's python layout, of real pictures where they are; return it and words."""
    if MAKER.exists():
        subprocess.run([sys.executable, str(MAKER), str(folder)], check=True, capture_output=True)
        return folder / "cifar-10-batches-py", "CIFAR-10 (its images re-encoded as JPEG)"
    batches, rng = folder / "cifar-10-batches-py", np.random.default_rng(0)
    batches.mkdir(parents=True)
    for name in (*(f"data_batch_{part}" for part in range(1, 6)), "test_batch"):
        data = rng.integers(0, 256, (10_000, 3072), np.uint8)
        content = {b"data": data, b"labels": rng.integers(0, 10, 10_000).tolist()}
        (batches / name).write_bytes(pickle.dumps(content, protocol=2))
    names = {b"label_names": [str(label).encode() for label in range(10)]}
    (batches / "batches.meta").write_bytes(pickle.dumps(names, protocol=2))
    return batches, "random uint8 pixels in CIFAR-10's layout"


def _klayer(source: Path, out: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "klayer",
        "train",
        str(source),
        "--out",
        str(out),
        *SETTINGS,
        *more,
    ]


def _measure(jobs: dict[str, list[str]], rounds: int) -> list[dict[str, Any]]:
    """Return a row for every job: seconds with their spread, and the largest peak memory."""
    memory: dict[str, int] = {}

    def once(name: str) -> Slice:
        seconds, cpu_seconds, peak = time_of(jobs[name])
        memory[name] = max(peak, memory.get(name, 0))
        return Slice(seconds, seconds, cpu_seconds)

    measures = {name: partial(once, name) for name in jobs}
    records = interleave(measures, rounds, TRIES, cores(THREADS))
    return [_row(name, records[name], memory[name]) for name in jobs]


def time_of(command: list[str]) -> tuple[float, float, int]:
    """Run a process; return its wall-clock seconds, CPU seconds and peak memory in bytes."""
    environment = os.environ | dict.fromkeys(THREAD_LIMITS, str(THREADS))
    began = perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return perf_counter() - began, cpu_seconds, usage.ru_maxrss * 1024


def _row(name: str, record: Record, peak: int) -> dict[str, Any]:
    found = summarise(record.values)
    return {
        "name": name,
        "seconds": found.median,
        "low": found.low,
        "high": found.high,
        "repeats": found.repeats,
        "disturbed": record.disturbed,
        "peak_memory_bytes": peak,
    }
