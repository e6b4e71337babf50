"""Where inputs lie: those to be read in memory, those that failed in a folder."""

import hashlib
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")


def folder_in_memory() -> "tempfile.TemporaryDirectory[str]":
    """Return a new folder, in memory where there is such a place: every input is written there."""
    return tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None)


def keep(folder: Path, name: str, content: bytes) -> Path:
    """Write an input that failed; return its path."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    path.write_bytes(content)
    return path
