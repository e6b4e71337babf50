"""Runs command lines of klayer in processes that start at once, so that many can be killed.

As a script it is the parent: it imports klayer, then forks a child for each line of JSON on its
standard input, says the child's process id, and once it ended how: a line "PID STATUS" each. The
child runs `klayer.cli.main.run`, which is what the command `klayer` does, or `klayer.fit`.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from klayer import Plan, fit, load_data
from klayer.cli.main import run


class Child:
    """A command that runs; it ended when `wait` returns.

    Attributes:
        pid: its process id.
    """

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self._nursery, self.pid = nursery, pid

    def kill(self) -> None:
        """Send SIGKILL."""
        with suppress(ProcessLookupError):  # it may have ended just now
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Return its exit code, or minus the signal that it died of."""
        return self._nursery.line()[1]


class Nursery:
    """The parent of children; a context manager. One child at a time.

    Args:
        log: the file of what the last child said.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def start(self, *arguments: object, die_at: int | None = None) -> Child:
        """Start a command line of klayer.

        Args:
            arguments: without the program's name; or one dictionary, `fit`'s (see `runs.call`).
            die_at: the child kills itself at its so-manieth touch of a file in its --out.
        """
        words = [each if isinstance(each, dict) else str(each) for each in arguments]
        line = {"arguments": words, "log": str(self._log), "die_at": die_at}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return Child(self, self.line()[0])

    def run(self, *arguments: object, die_at: int | None = None) -> int:
        """Run a command line to its end; return its exit code."""
        return self.start(*arguments, die_at=die_at).wait()

    def said(self) -> str:
        """Return what the last child said."""
        return self._log.read_text()

    def line(self) -> tuple[int, int]:
        """Return the next line of the parent."""
        assert self._process.stdout is not None
        pid, status = self._process.stdout.readline().split()
        return int(pid), int(status)


def _child(line: dict[str, Any]) -> None:
    """Be the child."""
    log = os.open(line["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    arguments = line["arguments"]
    call = arguments[0] if isinstance(arguments[0], dict) else None
    if line["die_at"] is not None:
        _die_at(line["die_at"], call["out"] if call else arguments[arguments.index("--out") + 1])
    code = _fit(call) if call else run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _fit(call: dict[str, Any]) -> int:
    """Call `klayer.fit` as a case says."""
    fit(
        load_data(call["source"]),
        Plan(**call["plan"]),
        engine=call["engine"],
        threads=1,
        out=call["out"],
        resume=True,
    )
    return 0


MODULES = (  # what a training imports on its way: the children have it already
    "klayer.cli.train_run",
    "klayer.engines.native",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "rich.progress",
    "rich.table",
    "safetensors.numpy",
    "threadpoolctl",
)
TOUCHES = {"open", "os.rename", "os.remove", "os.chmod", "tempfile.mkstemp"}


def _die_at(count: int, folder: str) -> None:
    """Die by SIGKILL at the so-manieth touch of a file in the run directory."""
    seen = 0

    def hook(event: str, values: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in TOUCHES and str(values[0]).startswith(folder):
            seen += 1
            if seen == count:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main() -> None:
    """Be the parent."""
    for name in MODULES:
        importlib.import_module(name)

    for text in sys.stdin:
        pid = os.fork()
        if not pid:
            _child(json.loads(text))
        print(pid, 0, flush=True)
        _, status = os.waitpid(pid, 0)
        print(pid, os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
