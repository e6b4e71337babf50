"""What `klayer predict` reads: by FILE's name, or by what lies there, the rows in parts."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from klayer.cli.standard_input import StandardInput
from klayer.data.cifar10 import cifar10_folder
from klayer.data.incoming import Part, csv_parts, parquet_parts, picture_parts
from klayer.data.incoming_arrays import npz_parts, source_parts
from klayer.data.pictures import is_picture
from klayer.data.sources import NAMES, read_source
from klayer.errors import InputError
from klayer.models import Model
from klayer.training.interrupts import Request

TARS = (".tar.gz", ".tgz", ".tar")


@dataclass(frozen=True)
class Asked:
    """What is to be predicted, and how it is to be answered.

    Attributes:
        model: who answers.
        file: the source; - is standard input.
        probabilities: a column for each class.
        keep: columns of the source to repeat.
        data_dir: where "cifar10" lies.
    """

    model: Model
    file: Path
    probabilities: bool
    keep: tuple[str, ...]
    data_dir: Path | None

    @property
    def where(self) -> str:
        """The source, for sentences."""
        return "standard input" if str(self.file) == "-" else str(self.file)


def parts_of(asked: Asked, request: Request) -> Iterator[Part]:
    """Yield the parts of the source, by its kind.

    Raises:
        InputError: there is no such source, its content breaks a rule, or what is to be kept is
            not in it.
    """
    file, name = asked.file, asked.file.name.lower()
    if str(file) == "-":
        yield from csv_parts(StandardInput(request), asked.where, None)
    elif str(file) in NAMES:
        yield from _of_source(asked)
    elif not file.exists():
        close = get_close_matches(str(file), NAMES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"FILE must be {', '.join(NAMES)}, an existing path, or -, but got {str(file)!r}{hint}"
        )
    elif name.endswith(TARS) or (file.is_dir() and cifar10_folder(file)):
        yield from _of_source(asked)
    elif file.is_dir() or name.endswith(".zip") or is_picture(name):
        yield from _of_pictures(asked)
    elif name.endswith(".npz"):
        yield from npz_parts(file, asked.keep)
    elif name.endswith(".parquet"):
        yield from parquet_parts(file)
    elif name.endswith((".csv", ".tsv")):
        yield from _of_csv(file)
    else:
        raise InputError(
            "FILE must be a .csv, .tsv, .parquet, .npz or .tar.gz, a picture, a folder or .zip of "
            f"pictures, or -, but got {file}"
        )


def _of_source(asked: Asked) -> Iterator[Part]:
    """Yield the rows of the digits or of CIFAR-10, training rows first, which memory can hold."""
    source = read_source(asked.file, data_dir=asked.data_dir)
    yield from source_parts(source, asked.where, asked.keep)


def _of_pictures(asked: Asked) -> Iterator[Part]:
    """Yield the pictures of a folder or a zip, or a single one."""
    if asked.model.picture is None:
        raise InputError(f"the model must take pictures for {asked.file}, but it takes tables")
    other = [name for name in asked.keep if name != "label"]
    if other:
        raise InputError(f"`--keep` must be label for pictures, but got {other[0]!r}")
    yield from picture_parts(asked.file, asked.model.picture, bool(asked.keep))


def _of_csv(file: Path) -> Iterator[Part]:
    """Yield the rows of a table in a file."""
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(file.open("rb"))
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error.strerror}") from error
        yield from csv_parts(stream, str(file), file.stat().st_size)
