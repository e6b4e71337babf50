"""Small sources that tests write: CIFAR-10 in both versions, class folders, tables."""

import io
import pickle
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from klayer.data.cifar10 import BINARY, PIXELS, PYTHON

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

Bytes = NDArray[np.uint8]


def batches(rows: int = 20) -> list[tuple[Bytes, list[int]]]:
    """Return five training batches and a test batch of random rows, every class in each."""
    rng = np.random.default_rng(1)
    return [
        (rng.integers(0, 256, (rows, PIXELS), np.uint8), [k % 10 for k in range(rows)])
        for _ in range(6)
    ]


def python_batch(rows: Bytes, labels: list[int], protocol: int = 2) -> bytes:
    """Return a batch as Python 3 pickles it."""
    names = [b"%d.png" % k for k in range(len(labels))]
    content = {b"batch_label": b"one", b"labels": labels, b"data": rows, b"filenames": names}
    return pickle.dumps(content, protocol=protocol)


def python2_batch(rows: Bytes, labels: list[int]) -> bytes:
    """Return a batch as Python 2 and NumPy 1 pickled the official ones, with byte strings."""

    def short(text: bytes) -> bytes:
        return b"U" + bytes([len(text)]) + text

    content = rows.tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x05cnumpy\nndarray\nq\x06K\x00\x85U\x01b\x87Rq\x07"
        b"(K\x01K" + bytes([len(rows)]) + b"M" + PIXELS.to_bytes(2, "little") + b"\x86"
        b"cnumpy\ndtype\nq\x08U\x02u1K\x00K\x01\x87Rq\x09"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + len(content).to_bytes(4, "little") + content + b"tb"
    )  # fmt: skip
    numbers = b"]q\x03(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return (
        b"\x80\x02}q\x01(" + short(b"data") + b"q\x04" + array
        + short(b"labels") + b"q\x02" + numbers + b"u."
    )  # fmt: skip


def cifar10_files(version: str = "python", rows: int = 20) -> dict[str, bytes]:
    """Return the files of one version by name: "python", "python2" or "binary"."""
    found = batches(rows)
    if version == "binary":
        records = [np.column_stack([np.array(y, np.uint8), X]).tobytes() for X, y in found]
        meta = ("\n".join(NAMES) + "\n").encode()
        return {**dict(zip(BINARY.batches, records, strict=True)), BINARY.meta: meta}
    write = python2_batch if version == "python2" else python_batch
    contents = [write(X, y) for X, y in found]
    meta = pickle.dumps({b"label_names": [name.encode() for name in NAMES]}, protocol=2)
    return {**dict(zip(PYTHON.batches, contents, strict=True)), PYTHON.meta: meta}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files by name below a folder, and return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_tar(path: Path, files: Mapping[str, bytes], top: str = "cifar-10-batches-py") -> Path:
    """Write files into a .tar.gz, in one folder, last name first."""
    with tarfile.open(path, "w:gz") as archive:
        for name in sorted(files, reverse=True):
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size = len(files[name])
            archive.addfile(info, io.BytesIO(files[name]))
    return path


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def encoded(pixels: Bytes, kind: str = "PNG", **options: Any) -> bytes:
    """Return pixels (h, w) or (h, w, 3) as a picture's file."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind, **options)
    return content.getvalue()


def pixels(seed: int, height: int = 4, width: int = 5, channels: int = 3) -> Bytes:
    """Return random pixels, (height, width, channels), or (height, width) in grey."""
    shape = (height, width, channels) if channels == 3 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def class_folders(channels: int = 3, each: int = 4, top: str = "") -> dict[str, bytes]:
    """Return pictures of two classes by name."""
    return {
        f"{top}{label}/{k}.png": encoded(pixels(100 * number + k, channels=channels))
        for number, label in enumerate(("cat", "dog"))
        for k in range(each)
    }
