"""A file written bit by bit that nevertheless appears whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def growing_file(path: Path) -> Iterator[Path]:
    """Give the path of a temporary file to write to, which becomes the file at the end.

    It lies in the same folder. Where the block is left by an error or Ctrl-C, it is removed, and
    what was there before stays.

    Args:
        path: of the file to be; its folder exists.

    Raises:
        OSError: the disk is full or the folder cannot be written.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with growing_file(Path(folder) / "a.txt") as temporary:
        ...         written = temporary.write_text("whole")
        ...     os.listdir(folder)
        ['a.txt']
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.close(handle)
        yield Path(name)
        _flush(name, os.O_RDWR)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    _flush(path.parent, os.O_RDONLY)


def _flush(path: str | Path, flags: int) -> None:
    """Make a file or a rename in a folder survive a power cut."""
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
