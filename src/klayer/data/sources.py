"""Which reader a source needs: by its name, or by what lies at its path."""

from difflib import get_close_matches
from pathlib import Path

from klayer.data.cifar10 import cifar10_folder, read_cifar10
from klayer.data.dataset import Source
from klayer.data.digits import read_digits
from klayer.errors import InputError

NAMES = ("digits", "cifar10")


def read_source(
    source: str | Path, *, target: str | None = None, data_dir: str | Path | None = None
) -> Source:
    """Read a source.

    Args:
        source: a name or a path.
        target: the column of labels, where the source is a table.
        data_dir: where "cifar10" lies.

    Raises:
        InputError: there is no such source, or its content breaks a rule.

    Example:
        >>> len(read_source("digits").X)
        1797
    """
    if str(source) == "digits":
        return read_digits()
    if str(source) == "cifar10":
        from klayer.data.download import find_cifar10

        return read_cifar10(find_cifar10(data_dir))
    path = Path(source)
    if not path.exists():
        close = get_close_matches(str(source), NAMES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"SOURCE must be {', '.join(NAMES)} or an existing path, but got {str(source)!r}{hint}"
        )
    return read_path(path, target)


def read_path(path: Path, target: str | None) -> Source:
    """Read what lies at an existing path.

    Raises:
        InputError: it is of no known kind, or its content breaks a rule.
    """
    name = path.name.lower()
    if path.is_dir():
        folder = cifar10_folder(path)
        if folder:
            return read_cifar10(folder)
    if path.is_dir() or name.endswith(".zip"):
        from klayer.data.pictures import read_pictures

        return read_pictures(path)
    if name.endswith((".tar.gz", ".tgz", ".tar")):
        return read_cifar10(path)
    raise InputError(
        "SOURCE must be a folder, a .zip, .tar.gz, .npz, .csv or .parquet file, "
        f"but got {str(path)!r}"
    )
