"""The crew: contenders at work, each in a process of its own, idle until asked for a slice."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.tasks import Task

ROOT = Path(__file__).parents[1]
PEERS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"

THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MALLOC_THRESHOLDS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


@dataclass(frozen=True)
class Entry:
    """A contender by the place where it is listed.

    Attributes:
        module: of `benchmarks.peers`.
        index: in the module's CONTENDERS.
        name: as the table has it.
        data: what it reads in every update.
        environment: "klayer" or "peers".
    """

    module: str
    index: int
    name: str
    data: str
    environment: str = "peers"


@dataclass
class Member:
    """A contender's process.

    Attributes:
        entry: who it is.
        task: what it does.
        process: where.
        version: of its library.
        trial: losses of the task's trial, (P,).
        done: updates so far.
    """

    entry: Entry
    task: Task
    process: "subprocess.Popen[str]"
    version: str = ""
    trial: tuple[float, ...] = ()
    done: int = field(default=0)

    def run(self, steps: int) -> dict[str, Any]:
        """Do so many more updates; return seconds, cpu_seconds and losses."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"start": self.done, "steps": steps}) + "\n")
        self.process.stdin.flush()
        self.done += steps
        return self.read()

    def read(self) -> dict[str, Any]:
        """Return the process's next answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.entry.name} ended with {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def crew(jobs: list[tuple[Entry, Task]]) -> Iterator[list[Member]]:
    """Start a process for every job, wait until each is built, and end them all afterwards."""
    with ExitStack() as stack:
        members = []
        for entry, task in jobs:
            process = stack.enter_context(_start(entry, task))
            stack.callback(process.kill)
            member = Member(entry, task, process)
            built = member.read()
            member.version, member.trial = built["version"], tuple(built["trial"])
            members.append(member)
        yield members


def _start(entry: Entry, task: Task) -> "subprocess.Popen[str]":
    """Start the process of a contender, held to the task's number of threads."""
    python = sys.executable if entry.environment == "klayer" else str(PEERS_PYTHON)
    environment = os.environ | dict.fromkeys(THREAD_LIMITS, str(task.threads))
    if task.keep_memory:
        environment |= dict.fromkeys(MALLOC_THRESHOLDS, str(1 << 30))
    return subprocess.Popen(
        [
            python,
            "-m",
            "benchmarks.worker",
            f"benchmarks.peers.{entry.module}",
            str(entry.index),
            json.dumps(task.to_dict()),
        ],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
