"""Files that a command writes: never over what it reads, and of the kind that the name promises."""

from collections.abc import Collection
from pathlib import Path

from klayer.errors import InputError
from klayer.storage.run_directory import RUN_FILES

KEPT = RUN_FILES - {"report.html"}  # which may be written anew


def check_folder(out: Path | None, own: Collection[str]) -> None:
    """Refuse a folder to write into that holds anything but what the command itself writes.

    Args:
        out: the folder; None for none.
        own: the names of the command's files.

    Raises:
        InputError: it does, or is a file.
    """
    if out is None or not out.exists():
        return
    others = sorted(entry.name for entry in out.iterdir()) if out.is_dir() else ["a file"]
    for other in others:
        if other not in own:
            raise InputError(
                f"`--out` must be a folder that is new, empty or the command's own, but {out} "
                f"holds {other}; choose another"
            )


def check_output(
    option: str, out: Path | None, *inputs: Path | str | None, suffix: str | None = None
) -> None:
    """Refuse a file to write that is read by the same command, or has another suffix.

    Args:
        option: how the file is asked for, for the sentence.
        out: the file; None for none.
        inputs: files and folders that are read; of a run directory, all that a run is.
        suffix: that the file must have.

    Raises:
        InputError: it is one of those, or has another suffix.

    Example:
        >>> check_output("--picture", Path("grid.jpg"), suffix=".png")
        Traceback (most recent call last):
        ...
        klayer.errors.InputError: `--picture` must end in .png, but got grid.jpg
    """
    if out is None:
        return
    if suffix is not None and out.suffix.lower() != suffix:
        raise InputError(f"`{option}` must end in {suffix}, but got {out}")
    paths = [Path(given) for given in inputs if given is not None]
    for path in [*paths, *(folder / name for folder in paths for name in KEPT)]:
        if path.exists() and out.exists() and path.samefile(out):
            raise InputError(
                f"`{option}` must not be a file that the command reads, but got {out}; "
                "choose another name"
            )
