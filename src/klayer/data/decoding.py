"""Decode many pictures on all cores, straight into the rows of one array.

Small pictures cost Pillow more time in Python than in its decoders, which threads cannot share, so
the cores are used by processes of `decoder.py`: encoded pictures go in, pixels come out, and a
picture that upsets a decoder upsets a process without anything of ours in it.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer.data import decoder
from klayer.data.child import Child, LostError, script_of
from klayer.errors import InputError

CHUNK = 128  # pictures at once, fewer where they are large
CHUNK_BYTES = 1 << 22  # of their pixels
FEW_BYTES = 1 << 22  # so many are decoded here: processes take a tenth of a second to start

SCRIPT = script_of(decoder)
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
        InputError: a picture is damaged or of another size, or a process is lost.
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
                fault, _, pixels = decoder.answer(chunk.contents, picture).partition(b"\n")
                _refuse(fault, chunk, name)
                _rows(X, chunk)[:] = pixels
        return
    with ExitStack() as stack:
        children = [stack.enter_context(Child(SCRIPT)) for _ in range(workers)]
        threads = stack.enter_context(ThreadPoolExecutor(workers))
        queue = _Shared(chunks)

        def serve(child: Child) -> None:
            for chunk in queue:
                try:
                    _asked(child, chunk, picture, name)
                    child.fill(_rows(X, chunk))
                except LostError as error:
                    first, last = chunk.start, chunk.start + len(chunk.contents) - 1
                    raise InputError(
                        "pictures must be decoded by a process that lasts, but that of "
                        f"{name(first)} to {name(last)} {error}"
                    ) from error

        served = [threads.submit(serve, child) for child in children]
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


def _asked(
    child: Child, chunk: Chunk, picture: tuple[int, int, int], name: Callable[[int], str]
) -> None:
    """Send a chunk to a decoder, and refuse what it says is at fault; the pixels are next."""
    height, width, channels = picture
    parts = [f"{len(chunk.contents)} {height} {width} {channels}\n".encode()]
    for content in chunk.contents:
        parts += (b"%d\n" % len(content), content)
    child.write(b"".join(parts))
    _refuse(child.line(), chunk, name)


def _refuse(fault: bytes, chunk: Chunk, name: Callable[[int], str]) -> None:
    """Raise what a decoder says is at fault; nothing where it says nothing."""
    if not fault:
        return
    kind, place, *words = fault.decode("utf-8", "replace").split()
    if kind == "colour":
        raise ColourAmongGreysError
    raise InputError(
        "every picture must be whole and of one size, but "
        f"{name(chunk.start + int(place))}: {' '.join(words)}"
    )


def _rows(X: NDArray[np.uint8], chunk: Chunk) -> memoryview:
    """Return the bytes of a chunk's rows."""
    return X[chunk.start : chunk.start + len(chunk.contents)].data.cast("B")
