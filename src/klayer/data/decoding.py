"""Decode many pictures on all cores, straight into the rows of one array.

Small pictures cost Pillow more time in Python than in its decoders, which threads cannot share, so
the cores are used by processes of `decoder.py`: encoded pictures go in, pixels come out, and a
picture that upsets a decoder upsets a process without anything of ours in it.
"""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer.data import decoder
from klayer.errors import InputError

CHUNK = 128  # pictures at once, fewer where they are large
CHUNK_BYTES = 1 << 22  # of their pixels
FEW_BYTES = 1 << 22  # so many are decoded here: processes take a tenth of a second to start

Read = Callable[[int], bytes]


class Chunk(NamedTuple):
    """Consecutive rows and their encoded pictures."""

    start: int
    contents: list[bytes]


class ColourAmongGreysError(Exception):
    """The first picture is grey, a later one is not."""


def decode_all(
    X: NDArray[np.uint8],
    read: Read,
    picture: tuple[int, int, int],
    name: Callable[[int], str],
    workers: int | None = None,
) -> None:
    """Decode picture after picture into the rows of X.

    Args:
        X: (n, height · width · channels) uint8, to be filled.
        read: row → encoded picture; called for 0, 1, 2, … once each.
        picture: (height, width, channels) that every picture must have.
        name: row → what a sentence calls the picture.
        workers: processes; 0 decodes in this one. By default it depends on how much there is.

    Raises:
        InputError: a picture is damaged or of another size.
        ColourAmongGreysError: one channel is wanted, but a picture has colour.
    """
    if workers is None:
        workers = allowed_cpus() + 1 if X.nbytes > FEW_BYTES and sys.executable else 0
    size = max(1, min(CHUNK, CHUNK_BYTES // X.shape[1]))
    chunks = (
        Chunk(start, [read(row) for row in range(start, min(start + size, len(X)))])
        for start in range(0, len(X), size)
    )
    if not workers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for chunk in chunks:
                _take_answer(X, chunk, _Answer(decoder.answer(chunk.contents, picture)), name)
        return
    with _processes(workers) as processes, ThreadPoolExecutor(workers) as threads:
        queue = _Shared(chunks)

        def serve(process: "subprocess.Popen[bytes]") -> None:
            for chunk in queue:
                _ask(process, chunk, picture)
                _take_answer(X, chunk, process.stdout, name)

        served = [threads.submit(serve, process) for process in processes]
        try:
            wait(served, return_when=FIRST_EXCEPTION)
        finally:
            queue.close()
        for one in served:
            one.result()


def allowed_cpus() -> int:
    """Return how many processors this process may use.

    Example:
        >>> allowed_cpus() >= 1
        True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Shared(Iterator[Chunk]):
    """An iterator that several threads draw from; closed, it is at its end."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self._lock = Lock()
        self._closed = False

    def __next__(self) -> Chunk:
        with self._lock:
            if self._closed:
                raise StopIteration
            return next(self._chunks)

    def close(self) -> None:
        """End the iteration for all."""
        self._closed = True


class _Answer:
    """A decoder's answer in memory, read as from a process."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def readline(self) -> bytes:
        self._at = self._content.index(b"\n") + 1
        return self._content[: self._at]

    def readinto(self, rows: Any) -> int:
        part = self._content[self._at :]
        rows[: len(part)] = part
        return len(part)


@contextmanager
def _processes(count: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Start decoders, out of reach of the terminal's Ctrl-C, and end them."""
    command = [sys.executable, "-P", "-W", "ignore", str(Path(decoder.__file__))]
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            started.append(
                subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, process_group=0)
            )
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _ask(process: "subprocess.Popen[bytes]", chunk: Chunk, picture: tuple[int, int, int]) -> None:
    """Send a chunk to a decoder."""
    height, width, channels = picture
    parts = [f"{len(chunk.contents)} {height} {width} {channels}\n".encode()]
    for content in chunk.contents:
        parts += (b"%d\n" % len(content), content)
    assert process.stdin is not None
    try:
        process.stdin.write(b"".join(parts))
        process.stdin.flush()
    except BrokenPipeError:
        pass  # its answer says that it ended


def _take_answer(
    X: NDArray[np.uint8], chunk: Chunk, stream: Any, name: Callable[[int], str]
) -> None:
    """Read the answer to a chunk into its rows."""
    fault = stream.readline()
    if fault == b"\n":
        rows = X[chunk.start : chunk.start + len(chunk.contents)].data.cast("B")
        if stream.readinto(rows) == len(rows):
            return
    kind, place, *words = fault.decode("utf-8", "replace").split() or ("fault", "0")
    if kind == "colour":
        raise ColourAmongGreysError
    said = " ".join(words) or "its decoder ended unexpectedly"
    raise InputError(
        f"every picture must be whole and of one size, but {name(chunk.start + int(place))}: {said}"
    )
