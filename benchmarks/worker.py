"""The process of one contender: it builds once, then does as many updates as each line asks for.

    python -m benchmarks.worker MODULE INDEX TASK

MODULE.CONTENDERS[INDEX] does TASK (JSON). Lines in: {"start": …, "steps": …}. Lines out: first
{"version": …, "trial": […]}, where trial is the losses of the task's trial, then {"seconds": …,
"cpu_seconds": …, "losses": […]} for each line.
"""

import json
import os
import sys
from importlib import import_module
from importlib.metadata import version
from time import perf_counter, process_time
from typing import IO, Any

from benchmarks.contender import Contender
from benchmarks.tasks import TRIAL_UPDATES, Task


def main(module: str, index: str, task: str) -> None:
    """Serve standard input until it ends."""
    answers = _private_output()
    contender: Contender = import_module(module).CONTENDERS[int(index)]
    job = Task.from_dict(json.loads(task))
    trial = contender.build(job.trial())(0, TRIAL_UPDATES)
    run = contender.build(job)
    _answer(answers, {"version": version(contender.library), "trial": trial.tolist()})
    for line in sys.stdin:
        asked = json.loads(line)
        cpu, began = process_time(), perf_counter()
        losses = run(asked["start"], asked["steps"])
        seconds, cpu_seconds = perf_counter() - began, process_time() - cpu
        found = {"seconds": seconds, "cpu_seconds": cpu_seconds, "losses": losses.tolist()}
        _answer(answers, found)


def _private_output() -> IO[str]:
    """Return standard output for answers alone; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _answer(answers: IO[str], payload: dict[str, Any]) -> None:
    answers.write(json.dumps(payload) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
