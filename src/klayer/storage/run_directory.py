"""A run directory: one folder that holds everything a run is, written by one process at a time."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from klayer.errors import InputError, StorageError
from klayer.storage.atomic import is_rest_of, write_whole

LOCK = ".lock"


class RunDirectory:
    """A claimed folder; it is a context manager that gives the claim back.

    A folder that was made for the claim is removed where nothing was written into it.

    The claim is a lock of the operating system, so that a process that dies cannot keep it.

    Args:
        path: the folder; it is made where it is missing.
        force: take a folder that already holds a run, and remove that run's files.
        resume: take a folder that already holds a run, and keep its files.

    Raises:
        InputError: another process holds the folder, it is filled, or it cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, RunDirectory(Path(folder) / "a") as run:
        ...     written = run.write("plan.json", "{}")
        ...     sorted(os.listdir(run.path))
        ['.lock', 'plan.json']
    """

    def __init__(self, path: Path, force: bool = False, resume: bool = False) -> None:
        self.path = path
        self._made = [folder for folder in (path, *path.parents) if not folder.exists()]
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock: IO[str] = open(path / LOCK, "a+", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise InputError(
                f"a run directory must be a folder that can be written, but got {path} "
                f"({error.strerror})"
            ) from error
        try:
            self._claim()
            self._remove_rests()
            if not resume:
                self._make_room(force)
        except BaseException:
            self._lock.close()
            raise

    def write(self, name: str, content: bytes | str, previous: str | None = None) -> Path:
        """Write one file of the run, whole or not at all, and keep the one before it as `previous`.

        Returns:
            Its path.
        """
        write_whole(self.path / name, content, self.path / previous if previous else None)
        return self.path / name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove_unused()
        self._lock.close()

    def _remove_unused(self) -> None:
        """Remove the folders that were made for the claim where nothing was written."""
        with suppress(OSError):  # they are gone, or another process writes there by now
            if not self._made or [entry.name for entry in self.path.iterdir()] != [LOCK]:
                return
            (self.path / LOCK).unlink()
            for folder in self._made:
                folder.rmdir()

    def _claim(self) -> None:
        """Take the lock and write down who holds it."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.seek(0)
            owner = self._lock.read().strip() or "unknown"
            raise InputError(
                f"a run directory must not be in use, but {self.path} is written by "
                f"process {owner}; wait for it, or choose another `out`"
            ) from error
        try:
            self._lock.truncate(0)
            self._lock.write(str(os.getpid()))
            self._lock.flush()
        except OSError as error:
            raise StorageError(str(self.path / LOCK), error) from error

    def _remove_rests(self) -> None:
        """Remove the temporary files of an owner that was killed while it wrote."""
        for entry in self.path.iterdir():
            if any(is_rest_of(entry.name, finished) for finished in RUN_FILES):
                entry.unlink()

    def _make_room(self, force: bool) -> None:
        """Refuse a filled folder, or empty it of files when forced."""
        filled = sorted(entry for entry in self.path.iterdir() if entry.name != LOCK)
        if filled and not force:
            raise InputError(
                f"a run directory must be new or empty, but {self.path} holds {filled[0].name}; "
                "use `resume` to go on, `force` to overwrite it (on the command line `--resume`, "
                "`--force`), or choose another `out`"
            )
        known = [entry for entry in filled if entry.name in RUN_FILES]
        if len(known) < len(filled):
            other = next(entry.name for entry in filled if entry not in known)
            raise InputError(
                f"`force` overwrites run directories only, but {self.path} also holds {other!r}, "
                "which is not a run's file; choose another `out`"
            )
        for entry in known:
            entry.unlink()


RUN_FILES = frozenset(
    {
        "plan.json",
        "history.csv",
        "checkpoint.safetensors",
        "checkpoint.previous.safetensors",
        "model.safetensors",
        "results.json",
        "curves.png",
        "weights.png",
        "report.html",
    }
)
