"""A CSV of any length, block after block of whole rows, from a file or from standard input."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from klayer.errors import InputError

BLOCK_BYTES = 8 << 20
MOST_BYTES = 16 << 20  # of one row


class Readable(Protocol):
    """Where bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer only at the end."""
        ...


def csv_blocks(file: Readable, where: str, size: int) -> Iterator[bytes]:
    """Yield the line of names, then blocks of whole rows; a line's end in quotes ends no row.

    Args:
        file: opened for reading bytes; it need not be seekable.
        where: what it is, for the sentence.
        size: of a block, in bytes; a block with a longer row is as long as that.

    Raises:
        InputError: a row is longer than 16 MiB: a quote is not closed, or this is no CSV.

    Example:
        >>> import io
        >>> list(csv_blocks(io.BytesIO(b'a,b\\n1,"x\\ny"\\n2,z'), "it", size=8))
        [b'a,b\\n', b'1,"x\\ny"\\n', b'2,z']
    """
    block, find = b"", _first_end
    while part := file.read(size):
        block += part
        if find is _first_end and (end := find(block)):
            yield block[:end]
            block, find = block[end:], _last_end
        if find is _last_end and (end := find(block)):
            yield block[:end]
            block = block[end:]
        if len(block) > MOST_BYTES:
            raise InputError(
                f"a row of a table must have at most {MOST_BYTES >> 20} MiB, but {where} has a "
                "longer one; is a quote not closed?"
            )
    if block:
        yield block


def without_blank_end(blocks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Yield blocks of rows without the blank lines that no row comes after.

    Example:
        >>> list(without_blank_end([b"1,2\n\n", b"3,4\n\n\n"]))
        [b'1,2\n', b'\n3,4\n']
    """
    blank = b""
    for block in blocks:
        rows = block.rstrip(b"\r\n")
        if not rows:
            blank += block
            continue
        end = block.find(b"\n", len(rows)) + 1 or len(block)
        yield blank + block[:end]
        blank = block[end:]


def _first_end(block: bytes) -> int:
    """Return where the first row ends; 0 where it does not."""
    ends = _ends(block[: len(block) if b'"' in block else block.find(b"\n") + 1])
    return int(ends[0]) if len(ends) else 0


def _last_end(block: bytes) -> int:
    """Return where the last whole row ends; 0 where there is none. The block begins at a row."""
    end = block.rfind(b"\n") + 1
    if block.count(b'"', 0, end) % 2 == 0:
        return end
    ends = _ends(block)
    return int(ends[-1]) if len(ends) else 0


def _ends(block: bytes) -> NDArray[np.int64]:
    """Return where rows end: behind a newline that an even number of quotes stands before."""
    characters = np.frombuffer(block, np.uint8)
    newlines = np.flatnonzero(characters == ord("\n"))
    quotes = np.flatnonzero(characters == ord('"'))
    ends: NDArray[np.int64] = newlines[np.searchsorted(quotes, newlines) % 2 == 0] + 1
    return ends
