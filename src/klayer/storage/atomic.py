"""Files that appear whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from klayer.errors import StorageError


def write_whole(path: Path, content: bytes | str, previous: Path | None = None) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part.

    The content goes to a temporary file in the same folder, is flushed to disk and renamed; then
    the folder is flushed.

    Args:
        path: where to; its folder exists.
        content: bytes, or text to be encoded as UTF-8.
        previous: where the old content is kept, in the same folder; it moves there only when the
            new one is safe on the disk. None: it is not kept.

    Raises:
        StorageError: the disk is full, or the folder is gone or cannot be written; what was there
            before stays.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder) / "a.txt", "whole")
        ...     (Path(folder) / "a.txt").read_text(), len(os.listdir(folder))
        ('whole', 1)
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        _replace(path, data, previous)
    except OSError as error:
        raise StorageError(str(path), error) from error


def is_rest_of(name: str, finished: str) -> bool:
    """Return whether a file's name is that of a temporary file, left by a process that was killed.

    Example:
        >>> is_rest_of(".a.txt.x7_2k9qz", "a.txt"), is_rest_of("a.txt", "a.txt")
        (True, False)
    """
    return name.startswith(f".{finished}.")


def _replace(path: Path, data: bytes, previous: Path | None) -> None:
    """Write a temporary file beside a file, and put it in its place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        if previous is not None:
            with suppress(FileNotFoundError):  # the first has none before it
                os.replace(path, previous)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):  # the folder may be gone
            os.unlink(name)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
