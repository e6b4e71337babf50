"""Which reader a source needs: by its name, or by what lies at its path."""

from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from klayer.data.cifar10 import cifar10_folder, read_cifar10
from klayer.data.dataset import Source
from klayer.data.digits import read_digits
from klayer.errors import InputError

NAMES = ("digits", "cifar10")
TABLES = (".csv", ".tsv", ".parquet")


def read_source(
    source: Any,
    *,
    target: str | None = None,
    data_dir: str | Path | None = None,
    as_text: Collection[str] = (),
) -> Source:
    """Read a source.

    Args:
        source: a name, a path, or what `read_held` takes.
        target: the column of labels, where the source is a table.
        data_dir: where "cifar10" lies.
        as_text: columns of a .csv to be read as they are written.

    Raises:
        InputError: there is no such source, or its content breaks a rule.

    Example:
        >>> len(read_source("digits").X)
        1797
    """
    if not isinstance(source, str | Path):
        from klayer.data.held import read_held

        return read_held(source, target)
    path = Path(source)
    if target is not None and path.suffix.lower() not in TABLES:
        raise InputError(
            f"`target` must be left out unless SOURCE is a table ({', '.join(TABLES)}), "
            f"but got target={target!r} for {str(source)!r}; write a table of another kind as "
            "one of these first"
        )
    if str(source) == "digits":
        return read_digits()
    if str(source) == "cifar10":
        from klayer.data.download import find_cifar10

        return read_cifar10(find_cifar10(data_dir))
    if not path.exists():
        close = get_close_matches(str(source), NAMES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"SOURCE must be {', '.join(NAMES)} or an existing path, but got {str(source)!r}{hint}"
        )
    return read_path(path, target, as_text)


def read_path(path: Path, target: str | None, as_text: Collection[str] = ()) -> Source:
    """Read what lies at an existing path.

    Raises:
        InputError: it is of no known kind, or its content breaks a rule.
    """
    name = path.name.lower()
    if name.endswith(TABLES) and not path.is_dir():
        from klayer.data.tables import read_table

        return read_table(path, target, as_text)
    if path.is_dir():
        folder = cifar10_folder(path)
        if folder:
            return read_cifar10(folder)
    if path.is_dir() or name.endswith(".zip"):
        from klayer.data.pictures import read_pictures

        return read_pictures(path)
    if name.endswith((".tar.gz", ".tgz", ".tar")):
        return read_cifar10(path)
    if name.endswith(".npz"):
        from klayer.data.npz import read_npz

        return read_npz(path)
    raise InputError(
        "SOURCE must be a folder, a .zip, .tar.gz, .npz, .csv, .tsv or .parquet file, "
        f"but got {str(path)!r}"
    )
