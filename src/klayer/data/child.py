"""A process of its own for what may end a process: started, heard, and ended in bounded time.

The decoders of pictures and the reader of Parquet files run in such processes. One that ends, or
says nothing for long, is an error here, whoever else may hold an end of its pipes.
"""

import inspect
import io
import os
import select
import signal
import subprocess
import sys
from subprocess import DEVNULL, PIPE, TimeoutExpired
from types import ModuleType, TracebackType
from typing import Any, Self

LOOK_SECONDS = 1.0
LOOKS = 300  # without a byte; they are counted, so that a machine that sleeps is waited for


class LostError(Exception):
    """The process ended or fell silent; the message says how, to follow "its process"."""


class Child:
    """A Python process that runs one script; a context manager that ends it.

    Ctrl-C in the terminal does not reach it.

    Args:
        script: what `script_of` returned.
        arguments: the script's.
    """

    def __init__(self, script: str, *arguments: str) -> None:
        command = [sys.executable, "-P", "-W", "ignore", "-c", script, *arguments]
        self._process = subprocess.Popen(
            command, bufsize=0, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, process_group=0
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        os.set_blocking(self._input.fileno(), False)
        self._buffered = io.BufferedReader(_Heard(self))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()

    def write(self, content: bytes) -> None:
        """Write all of the content.

        Raises:
            LostError: the process ended, or does not take it.
        """
        rest = memoryview(content)
        while len(rest):
            self._wait(self._input.fileno(), select.POLLOUT)
            try:
                rest = rest[os.write(self._input.fileno(), rest) :]
            except BrokenPipeError:
                raise LostError(self._fate()) from None

    def line(self) -> bytes:
        """Return the next line of what the process says, without its end.

        Raises:
            LostError: the process ended, or says nothing.
        """
        found = self._buffered.readline()
        if not found.endswith(b"\n"):
            raise LostError(self._fate())
        return found[:-1]

    def fill(self, room: Any) -> None:
        """Fill all of a buffer with the next bytes of what the process says.

        Raises:
            LostError: the process ended, or says nothing.
        """
        if self._buffered.readinto(room) != memoryview(room).nbytes:
            raise LostError(self._fate())

    def hear(self, room: Any) -> int:
        """Read what there is into a buffer, once it is there; return its size, 0 at the end."""
        handle = self._output.fileno()
        self._wait(handle, select.POLLIN)
        return os.readv(handle, [room])

    def _wait(self, handle: int, event: int) -> None:
        """Wait until a pipe is ready; a dead process makes none ready whose end another holds."""
        poll = select.poll()
        poll.register(handle, event)
        for _ in range(LOOKS):
            if poll.poll(1000 * LOOK_SECONDS):
                return
            if self._process.poll() is not None and not poll.poll(0):
                raise LostError(self._fate())
        raise LostError(f"did not answer for {LOOKS * LOOK_SECONDS:g} seconds")

    def _fate(self) -> str:
        """Say how the process ended."""
        try:
            code = self._process.wait(LOOK_SECONDS)
        except TimeoutExpired:
            return "stopped answering"
        return f"was ended by {_signal(-code)}" if code < 0 else f"ended with exit code {code}"


def script_of(module: ModuleType) -> str:
    """Return the text of a module that can run as a script.

    To be called when the module has just been imported: a file that is replaced later would
    speak another language than the process that starts it.
    """
    return inspect.getsource(module)


class _Heard(io.RawIOBase):
    """What a child says, as a stream."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        return self._child.hear(room)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
