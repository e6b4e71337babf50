"""CIFAR-10 as it is published: five training batches and a test batch, pickled or binary.

Each lies in a folder, or in a .tar.gz of one. The python version has a pickle of 10,000 rows per
batch, the binary one 10,000 records of a label byte and 3,072 pixel bytes. In both a row is the
red, the green and the blue plane, 32 × 32 each, row after row.
"""

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from klayer.data.bounded import BoundedStream
from klayer.data.dataset import Source
from klayer.data.limits import MAX_MEMBERS, check_unpacked
from klayer.data.members import check_name, check_size
from klayer.data.unpickle import unpickle
from klayer.errors import InputError

PICTURE = (32, 32, 3)
PIXELS = 32 * 32 * 3
ROWS_OF_A_BATCH = 10_000

Bytes = NDArray[np.uint8]


class Layout(NamedTuple):
    """The files of one version: training batches first, the test batch last."""

    folder: str
    batches: tuple[str, ...]
    meta: str


PYTHON = Layout(
    "cifar-10-batches-py", (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"), "batches.meta"
)
BINARY = Layout(
    "cifar-10-batches-bin",
    (*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"),
    "batches.meta.txt",
)
LAYOUTS = (PYTHON, BINARY)


def cifar10_folder(path: Path) -> Path | None:
    """Return the folder with CIFAR-10's batches: this one or its official subfolder, else None.

    Example:
        >>> cifar10_folder(Path("nowhere")) is None
        True
    """
    places = [path, *(path / layout.folder for layout in LAYOUTS)]
    names = [name for layout in LAYOUTS for name in layout.batches]
    return next((place for place in places if any((place / n).is_file() for n in names)), None)


def read_cifar10(path: Path) -> Source:
    """Read CIFAR-10 from a folder of its batches, or a .tar or .tar.gz of one.

    Args:
        path: the folder that `cifar10_folder` found, or the archive; python or binary version.

    Returns:
        X (n, 3072) uint8 with the training rows first, labels 0 … 9, the test rows, class names.

    Raises:
        InputError: a file is missing, damaged, hostile, or not what it must be.
    """
    files = _files_of_folder(path) if path.is_dir() else _files_of_tar(path)
    X = np.empty((6 * ROWS_OF_A_BATCH, PIXELS), np.uint8)  # memory is taken only as it is filled
    labels: list[Bytes | None] = [None] * 6
    seen: dict[str, Any] = {}
    for name, content in files:
        layout = next(one for one in LAYOUTS if name in (*one.batches, one.meta))
        where = f"{path}: {name}"
        if name == layout.meta:
            seen[name] = _class_names(layout, content, where)
            continue
        seen[name] = None
        place = layout.batches.index(name)
        rows, labels[place] = _batch(layout, content, where)
        X[place * ROWS_OF_A_BATCH :][: len(rows)] = rows
        del rows, content
    layout = _complete(path, seen)
    return _joined(path, X, [part for part in labels if part is not None], seen[layout.meta])


def _complete(path: Path, seen: dict[str, Any]) -> Layout:
    """Return the version whose files are all there."""
    missing: list[str] = []
    for layout in LAYOUTS:
        missing = [name for name in (*layout.batches, layout.meta) if name not in seen]
        if not missing:
            return layout
        if len(missing) < len(layout.batches) + 1:
            break
    raise InputError(
        "CIFAR-10 must have data_batch_1 … data_batch_5, test_batch and batches.meta, "
        f"but {path} lacks {', '.join(missing)}"
    )


def _joined(path: Path, X: Bytes, labels: list[Bytes], names: tuple[str, ...]) -> Source:
    """Close the gaps that batches of fewer than 10,000 rows leave, and name the classes."""
    sizes = [len(part) for part in labels]
    total = 0
    for place, size in enumerate(sizes):
        start = place * ROWS_OF_A_BATCH
        if start != total:
            X[total : total + size] = X[start : start + size]
        total += size
    y = np.concatenate(labels).astype(np.int64)
    if y.max() >= len(names):
        raise InputError(
            f"labels must be below {len(names)}, the number of class names, "
            f"but {path} has a label {y.max()}"
        )
    present = tuple(names[label] for label in np.unique(y))
    return Source(
        X[:total],
        y,
        test=np.arange(total - sizes[-1], total),
        class_names=present,
        picture=PICTURE,
    )


def _batch(layout: Layout, content: bytes, where: str) -> tuple[Bytes, Bytes]:
    """Return rows (n, 3072) and labels (n,) of one batch."""
    if layout is BINARY:
        if len(content) % (PIXELS + 1):
            raise InputError(
                f"a binary batch must have records of {PIXELS + 1} bytes, "
                f"but {where} has {len(content)} bytes"
            )
        records = np.frombuffer(content, np.uint8).reshape(-1, PIXELS + 1)
        rows, labels = records[:, 1:], records[:, 0].copy()
    else:
        rows, labels = _pickled_batch(unpickle(content, where), where)
    if not 1 <= len(rows) <= ROWS_OF_A_BATCH:
        raise InputError(
            f"a batch must have 1 to {ROWS_OF_A_BATCH} rows, but {where} has {len(rows)}"
        )
    return rows, labels


def _pickled_batch(batch: Any, where: str) -> tuple[Bytes, Bytes]:
    """Return rows and labels from the dictionary of a python batch."""
    rows, labels = _entry(batch, "data"), _entry(batch, "labels")
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != PIXELS:
        raise InputError(f"'data' must be an array of {PIXELS} columns, but in {where} it is not")
    if not isinstance(labels, list) or len(labels) != len(rows):
        found = f"{len(labels)} labels" if isinstance(labels, list) else "no list of labels"
        raise InputError(
            f"there must be a label for each of {len(rows)} rows, but {where} has {found}"
        )
    if not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise InputError(f"labels must be whole numbers of 0 to 255, but in {where} they are not")
    return rows, np.array(labels, np.uint8)


def _entry(content: Any, key: str) -> Any:
    """Return an entry of a pickled dictionary, whose keys are bytes or, rewritten, text."""
    if not isinstance(content, dict):
        return None
    return content.get(key.encode(), content.get(key))


def _class_names(layout: Layout, content: bytes, where: str) -> tuple[str, ...]:
    """Return the names in batches.meta, or the lines of batches.meta.txt."""
    names: Any = content.split()
    if layout is PYTHON:
        names = _entry(unpickle(content, where), "label_names")
    if not isinstance(names, list) or not all(isinstance(name, str | bytes) for name in names):
        raise InputError(f"{where} must hold a list of class names, but it does not")
    return tuple(
        name if isinstance(name, str) else name.decode("utf-8", "replace") for name in names
    )


def _files_of_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files of one version."""
    layout = next(one for one in LAYOUTS if any((path / name).is_file() for name in one.batches))
    for name in (*layout.batches, layout.meta):
        try:
            with (path / name).open("rb") as file:
                check_size(path, name, (path / name).stat().st_size)
                content = file.read()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise InputError(f"{path / name} cannot be read: {error.strerror}") from error
        yield name, content


def _files_of_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of CIFAR-10's files in a tar, in the order in which they come."""
    known = {name for layout in LAYOUTS for name in (*layout.batches, layout.meta)}
    unpacked, packed = 0, path.stat().st_size
    try:
        with (
            BoundedStream(path) as stream,
            tarfile.open(mode="r|", fileobj=cast(IO[bytes], stream)) as archive,
        ):
            for count, member in enumerate(archive):
                stream.expect(member.size)
                check_name(path, member.name)
                check_size(path, member.name, member.size)
                unpacked += member.size
                check_unpacked(str(path), unpacked, packed)
                if not (member.isreg() or member.isdir()) or count >= MAX_MEMBERS:
                    raise InputError(
                        f"{path} must hold plain files and folders only, but {member.name!r} is not"
                    )
                name = PurePosixPath(member.name).name
                if member.isreg() and name in known:
                    file = archive.extractfile(member)
                    yield name, file.read() if file else b""
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} must be a whole tar archive, but {error}") from error
