"""A .npz file with X, features or pictures, and y, labels: `numpy.savez(path, X=X, y=y)`.

Arrays of objects, which are pickles, are refused, and a header is believed only if the file holds
as many bytes as it says.
"""

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from klayer.data.dataset import Source
from klayer.data.limits import check_unpacked
from klayer.data.planes import source_of
from klayer.errors import InputError

CHUNK_BYTES = 1 << 20
LAST_CHARACTER = 0x10FFFF
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npz(path: Path) -> Source:
    """Read X and y.

    Args:
        path: of the file.

    Returns:
        X (n, d), of the type that it has in the file or pictures made rows, and the labels (n,).

    Raises:
        InputError: an array is missing, of objects, damaged, or its header is not true; or
            pictures are no bytes.
    """
    with open_npz(path) as (archive, members):
        for name in ("X", "y"):
            if name not in members:
                found = ", ".join(sorted(members))
                raise InputError(f"{path} must hold X and y, but it holds {found or 'nothing'}")
        wanted = [members["X"], members["y"]]
        check_unpacked(str(path), sum(info.file_size for info in wanted), path.stat().st_size)
        X, y = (_array(path, archive, info) for info in wanted)
    return source_of(X, y)


def _array(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    with open_array(path, archive, info) as array:
        return read_whole(array)


@contextmanager
def open_npz(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """Open a .npz; whatever goes wrong while it is open becomes one sentence.

    Args:
        path: of the file.

    Returns:
        The archive, and its members by the names of their arrays.

    Raises:
        InputError: something went wrong.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            yield archive, {info.filename.removesuffix(".npy"): info for info in infos}
    except InputError:
        raise
    except Exception as error:  # zipfile, its decompressors and NumPy raise many kinds
        raise InputError(f"{path} must be a whole .npz file, but {error}") from error


class ArrayFile(NamedTuple):
    """One array of an open .npz, its header read and found true.

    Attributes:
        file: at the first number.
        where: its file and name, for the sentence.
        shape: of the array.
        by_columns: the first index changes fastest.
        dtype: of its numbers as they lie in the file.
    """

    file: IO[bytes]
    where: str
    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[Any]


@contextmanager
def open_array(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[ArrayFile]:
    """Open one array.

    Raises:
        InputError: it is of objects, or its header is not true.
    """
    with archive.open(info) as file:
        version = npy.read_magic(file)
        if version not in HEADERS:
            raise InputError(f"{path}: {info.filename} has the unknown version {version}")
        shape, by_columns, dtype = HEADERS[version](file)
        if dtype.hasobject or dtype.kind not in "biufU" or not dtype.itemsize:
            raise InputError(
                f"arrays must be of numbers, text or truth values, "
                f"but {info.filename} of {path} is of type {dtype}"
            )
        said, there = math.prod(shape) * dtype.itemsize, info.file_size - file.tell()
        if said != there or min(shape, default=0) < 0:
            raise InputError(
                f"an array's header must be true, but that of {info.filename} in {path} "
                f"says {said} bytes where there are {there}"
            )
        yield ArrayFile(file, f"{info.filename} of {path}", shape, by_columns, dtype)


def read_whole(array: ArrayFile) -> NDArray[Any]:
    """Return all of an array.

    Raises:
        InputError: texts are not of Unicode's characters.
    """
    found = read_numbers(array, math.prod(array.shape))
    return found.reshape(array.shape, order="F" if array.by_columns else "C")


def read_numbers(array: ArrayFile, count: int) -> NDArray[Any]:
    """Return the next so many numbers of an array, (count,), in this machine's order of bytes.

    With the last of them zipfile compares the member's CRC.

    Raises:
        InputError: there are fewer, or texts are not of Unicode's characters.
    """
    found = np.empty(count, array.dtype)
    content, at = found.view(np.uint8).data, 0
    while at < len(content):
        part = array.file.read(min(CHUNK_BYTES, len(content) - at))
        if not part:
            raise InputError(f"{array.where} must be whole, but it ends too soon")
        content[at : at + len(part)] = part
        at += len(part)
    found = found.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind == "U" and found.size and found.view(np.uint32).max() > LAST_CHARACTER:
        raise InputError(
            f"texts must be of Unicode's characters, but those in {array.where} are not"
        )
    return found
