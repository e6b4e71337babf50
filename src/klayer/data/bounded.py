"""A stream that gives only as many bytes as it was told to expect.

A tar's headers may have any length and, packed, take next to no room in the file: `tarfile` would
hold one of many GiB in memory before anybody could look at it.
"""

import gzip
from pathlib import Path
from typing import Any

from klayer.errors import InputError

HEADER_BYTES = 1 << 20  # of the headers of one member, long names included
GZIP = b"\x1f\x8b"


class BoundedStream:
    """The bytes of a file, unpacked if it is packed by gzip.

    Args:
        path: of the file.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a"
        ...     _ = path.write_bytes(gzip.compress(b"abc"))
        ...     with BoundedStream(path) as stream:
        ...         stream.expect(10)
        ...         stream.read(3)
        b'abc'
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
        self._file: Any = gzip.open(path) if packed else path.open("rb")  # noqa: SIM115
        self._given, self._most = 0, HEADER_BYTES

    def __enter__(self) -> "BoundedStream":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def expect(self, size: int) -> None:
        """Allow so many bytes from here on, and those of headers."""
        self._most = self._given + size + HEADER_BYTES

    def read(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            InputError: they are more than was said to be expected.
        """
        if self._given + size > self._most:
            raise InputError(
                f"a member's header must have at most {HEADER_BYTES} bytes, but {self._path} has "
                f"one of more after {self._given} bytes"
            )
        found: bytes = self._file.read(size)
        self._given += len(found)
        return found
