"""A .npz file with X, the features, and y, the labels, as `numpy.savez(path, X=X, y=y)` writes it.

Arrays of objects, which are pickles, are refused, and a header is believed only if the file holds
as many bytes as it says.
"""

import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from klayer.data.dataset import Source
from klayer.data.limits import check_unpacked
from klayer.errors import InputError

CHUNK_BYTES = 1 << 20
LAST_CHARACTER = 0x10FFFF
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npz(path: Path) -> Source:
    """Read X and y.

    Args:
        path: of the file.

    Returns:
        X (n, d) and the labels (n,), of the types that they have in the file.

    Raises:
        InputError: an array is missing, of objects, damaged, or its header is not true.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            for name in ("X.npy", "y.npy"):
                if name not in members:
                    found = ", ".join(sorted(key.removesuffix(".npy") for key in members))
                    raise InputError(f"{path} must hold X and y, but it holds {found or 'nothing'}")
            wanted = [members["X.npy"], members["y.npy"]]
            check_unpacked(str(path), sum(info.file_size for info in wanted), path.stat().st_size)
            X, y = (_array(path, archive, info) for info in wanted)
    except InputError:
        raise
    except Exception as error:  # zipfile, its decompressors and NumPy raise many kinds
        raise InputError(f"{path} must be a whole .npz file, but {error}") from error
    return Source(X, y)


def _array(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    """Return one array, read in place."""
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
        array = np.empty(math.prod(shape), dtype)
        content = array.view(np.uint8).data
        at = 0
        while part := file.read(CHUNK_BYTES):  # at the end the CRC is checked
            content[at : at + len(part)] = part
            at += len(part)
    array = array.astype(dtype.newbyteorder("="), copy=False)
    if dtype.kind == "U" and array.size and array.view(np.uint32).max() > LAST_CHARACTER:
        raise InputError(f"texts must be of Unicode's characters, but those in {path} are not")
    return array.reshape(shape, order="F" if by_columns else "C")
