"""The readers that are klayer's own, each with small real files to begin from.

A target reads bytes as a user's file would be read, and may raise nothing but klayer's errors.
"""

import io
import json
import pickle
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from klayer import Plan, fit, load_data, load_model
from klayer.cli.plan_asked import read_plan
from klayer.data import decoder
from klayer.data.cifar10 import BINARY, PYTHON
from klayer.data.incoming_arrays import npz_parts
from klayer.data.unpickle import unpickle
from klayer.errors import InputError
from klayer.state import State
from klayer.training import History
from klayer.training.checkpoint import Checkpoint
from klayer.training.identity import read_identity
from tests.data.makers import cifar10_files, encoded, pixels, python_batch, write_tar
from tests.faults.runs import write_rows
from tests.fuzz.edits import Inside
from tests.fuzz.inside import in_csv, in_json, in_safetensors, in_zip


class Target(NamedTuple):
    """One reader.

    Attributes:
        name: of the reader.
        seeds: small real files.
        read: reads a file's content, given a folder to write it to.
        tokens: words of the format.
        inside: edits what the format holds.
        repaired: the content with its checksums made right, so that what is behind them is reached.
        guided: whether what reads it runs in this process, where its branches can be counted.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Path], None]
    tokens: tuple[bytes, ...] = ()
    inside: Inside | None = None
    repaired: Callable[[bytes], bytes] | None = None
    guided: bool = True


def _as_file(name: str, target: str | None = None) -> Callable[[bytes, Path], None]:
    """Return a reader of a data set's file."""

    def read(content: bytes, folder: Path) -> None:
        path = folder / name
        path.write_bytes(content)
        load_data(path, target=target)

    return read


def _read_npz_in_parts(content: bytes, folder: Path) -> None:
    (folder / "a.npz").write_bytes(content)
    for part in npz_parts(folder / "a.npz", ["y"]):
        assert part.beside is not None
        assert len(part.rows) == len(part.beside)


def _pickles() -> list[bytes]:
    rows = np.arange(4 * 6, dtype=np.uint8).reshape(4, 6)
    found = [
        pickle.dumps({b"data": rows, b"labels": [1, 2, 3, 0], b"n": [b"a.png"] * 4}, protocol)
        for protocol in (2, 3, 4, 5)
    ]
    return [*found, python_batch(pixels(1, 1, 3072)[:, :, 0], [3]), python2_plain()]


def python2_plain() -> bytes:
    """Return a small pickle of Python 2's kind."""
    return b"\x80\x02}q\x01(U\x06labelsq\x02]q\x03(K\x01K\x02eU\x04textq\x04T\x03\0\0\0abcu."


def _cifar_tars() -> list[bytes]:
    found = []
    for version in ("python", "binary"):
        files = cifar10_files(version, rows=10)
        with tempfile.TemporaryDirectory() as folder:
            path = write_tar(Path(folder) / "a.tar.gz", files)
            with tarfile.open(path) as archive:
                plain = io.BytesIO()
                with tarfile.open(fileobj=plain, mode="w") as other:
                    for member in archive:
                        other.addfile(member, archive.extractfile(member))
            found += [path.read_bytes(), plain.getvalue()]
    return found


def _read_pickle(content: bytes, _folder: Path) -> None:
    unpickle(content, "batch")


def _read_cifar_folder(content: bytes, folder: Path) -> None:
    """Read a folder of CIFAR-10's binary or python version, one batch of it edited."""
    where = folder / ("binary" if content[:1] != b"\x80" else "python")
    layout = BINARY if where.name == "binary" else PYTHON
    if not where.exists():
        where.mkdir()
        for name, whole in cifar10_files(where.name, rows=10).items():
            (where / name).write_bytes(whole)
    (where / layout.batches[2]).write_bytes(content)
    load_data(where)


def _cifar_batches() -> list[bytes]:
    return [
        cifar10_files("binary", rows=10)[BINARY.batches[2]],
        cifar10_files("python", rows=10)[PYTHON.batches[2]],
        cifar10_files("python2", rows=10)[PYTHON.batches[2]],
    ]


def _zips() -> list[bytes]:
    found = []
    for names in (
        ["a/1.png", "a/2.png", "b/1.png", "b/2.png"],
        ["train/a/1.png", "train/b/2.png", "test/a/3.png", "train/a/4.png"],
    ):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            content = io.BytesIO()
            with zipfile.ZipFile(content, "w", method) as archive:
                for seed, name in enumerate(names):
                    archive.writestr(name, encoded(pixels(seed)))
            found.append(content.getvalue())
    return found


def _npzs() -> list[bytes]:
    rng = np.random.default_rng(0)
    found = []
    for X, y in (
        (rng.standard_normal((12, 3)), np.arange(12) % 3),
        (rng.integers(0, 256, (12, 3), np.uint8), np.array(["a", "b"] * 6)),
        (
            np.asfortranarray(rng.standard_normal((12, 3)).astype(np.float32)),
            np.arange(12) % 2 == 0,
        ),
    ):
        for save in (np.savez, np.savez_compressed):
            content = io.BytesIO()
            save(content, X=X, y=y)
            found.append(content.getvalue())
    return found


def _csvs() -> list[bytes]:
    lines = ["a,b,y", *(f"{k},{k / 3:.3f},{'uv'[k % 2]}" for k in range(12))]
    quoted = ['"a",b,"y"', *(f'"{k}",-{k}e3,{k % 3}' for k in range(12))]
    return ["\n".join(lines).encode(), "\r\n".join(quoted).encode()]


def _parquets() -> list[bytes]:
    import polars as pl

    y = ["u", "v", "w"] * 4
    plain = pl.DataFrame({"a": [1.5, 2.5] * 6, "b": list(range(12)), "y": y})
    days = [date(2020, 1, day) for day in range(1, 13)]
    mixed = pl.DataFrame({"d": days, "t": ["é", None] * 6, "b": [True, None] * 6, "y": y})
    rare = pl.DataFrame({"n": pl.Series([1 << 70] * 12, dtype=pl.Int128), "a": range(12), "y": y})
    found = []
    for frame in (plain, mixed, rare):
        for compression in ("uncompressed", "zstd"):
            content = io.BytesIO()
            frame.write_parquet(content, compression=compression)
            found.append(content.getvalue())
    return found


def _pictures() -> list[bytes]:
    kinds = ("PNG", "JPEG", "BMP", "GIF", "PPM", "WEBP", "TIFF")
    return [
        *(encoded(pixels(1), kind) for kind in kinds),
        *(encoded(pixels(2, channels=1), kind) for kind in kinds),
    ]


def _read_picture(content: bytes, _folder: Path) -> None:
    """Decode as the readers of pictures do; what is wrong is an answer in words."""
    try:
        image = decoder.open_picture(content)
    except decoder.PictureError as error:
        raise InputError(str(error)) from error
    height, width = image.size[1], image.size[0]
    for channels in (1, 3):
        decoder.answer([content], (height, width, channels))


@lru_cache(1)
def _run() -> tuple[bytes, dict[str, bytes], State]:
    """Return a small model's file, the files of its run, and a state of its shape."""
    with tempfile.TemporaryDirectory() as folder:
        data = load_data(write_rows(Path(folder) / "rows.npz", rows=60, features=3))
        plan = Plan(hidden=(3,), batch_norm=True, networks=2, steps=12, step_size=6, patience=9)
        fitted = fit(data, plan, engine="reference", out=Path(folder) / "run")
        names = ("model.safetensors", "checkpoint.safetensors", "plan.json", "history.csv")
        files = {name: (Path(folder) / "run" / name).read_bytes() for name in names}
    return files["model.safetensors"], files, fitted.model.state


def _read_model(content: bytes, folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(content)
    load_model(path).predict(np.zeros((2, 3)))


def _read_checkpoint(content: bytes, _folder: Path) -> None:
    Checkpoint.from_bytes(content, _run()[2], "checkpoint")


def _read_plan(content: bytes, folder: Path) -> None:
    path = folder / "plan.json"
    path.write_bytes(content)
    Plan.from_dict(read_plan(path))


def _read_identity(content: bytes, folder: Path) -> None:
    (folder / "plan.json").write_bytes(content)
    read_identity(folder / "plan.json")


def _read_history(content: bytes, folder: Path) -> None:
    (folder / "history.csv").write_bytes(content)
    History.read(folder / "history.csv")


def _checkpoints() -> list[bytes]:
    return [_run()[1]["checkpoint.safetensors"]]


def _plans() -> list[bytes]:
    return [_run()[1]["plan.json"], json.dumps({"hidden": [5, 5], "lam": [0.1, 1e-3]}).encode()]


def right_zip(content: bytes) -> bytes:
    """Return a zip whose members have the checksums of what they hold, where it can be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except Exception:
        return content
    found = bytearray(content)
    for info in members:
        at = info.header_offset
        if not 0 <= at <= len(found) - 30 or found[at : at + 4] != b"PK\3\4":
            continue
        lengths = struct.unpack("<HH", found[at + 26 : at + 30])
        start = at + 30 + sum(lengths)
        packed = bytes(found[start : start + info.compress_size])
        try:
            plain = zlib.decompress(packed, -15) if info.compress_type == 8 else packed
        except zlib.error:
            continue
        found[at + 14 : at + 18] = struct.pack("<I", zlib.crc32(plain))
        central = found.find(b"PK\1\2")
        while central >= 0:
            if found[central + 42 : central + 46] == struct.pack("<I", at):
                found[central + 16 : central + 20] = struct.pack("<I", zlib.crc32(plain))
            central = found.find(b"PK\1\2", central + 1)
    return bytes(found)


def right_tar(content: bytes) -> bytes:
    """Return a tar whose headers have right checksums."""
    found = bytearray(content)
    for at in range(0, len(found) - 511, 512):
        if found[at + 257 : at + 262] == b"ustar":
            total = sum(found[at : at + 148]) + 8 * 32 + sum(found[at + 156 : at + 512])
            found[at + 148 : at + 156] = b"%06o\0 " % total
    return bytes(found)


def right_png(content: bytes) -> bytes:
    """Return a PNG whose chunks have right checksums."""
    found, at = bytearray(content), 8
    if content[:4] != b"\x89PNG":
        return content
    while at + 12 <= len(found):
        size = int.from_bytes(found[at : at + 4], "big")
        end = at + 8 + size
        if end + 4 > len(found):
            break
        found[end : end + 4] = struct.pack(">I", zlib.crc32(found[at + 4 : end]))
        at = end + 4
    return bytes(found)


def right_checkpoint(content: bytes) -> bytes:
    """Return a checkpoint with the digest of what it holds, where it can be read."""
    from safetensors.numpy import load, save

    from klayer.training.checkpoint import _digest

    try:
        arrays = load(content)
        size = int.from_bytes(content[:8], "little")
        text = json.loads(content[8 : 8 + size])["__metadata__"]["klayer"]
        arrays["digest"] = np.frombuffer(_digest(
            {name: array for name, array in arrays.items() if name != "digest"}, text
        ), np.uint8)  # fmt: skip
        return bytes(save(arrays, {"klayer": text}))
    except Exception:
        return content


PICKLE_TOKENS = (
    b"cos\nsystem\n", b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\n_reconstruct\n", b"R", b"b", b"(",
    b"t", b"}", b"]", b"\x85", b"\x86", b"\x87", b"q\x00", b"h\x00", b"\x94", b"\x93", b"\x8e", b"\x95",
    b"\x96", b"\x8c\x05numpy", b"u", b"s", b"e", b"a", b"c_codecs\nencode\n", b"N", b".", b"U\x02u1",
)  # fmt: skip
JSON_TOKENS = (
    b"null", b"true", b"NaN", b"-Infinity", b"1e400", b"[]", b"{}", b'""', b"9" * 40, b"-1", b"0.5",
    b'"\\ud800"', b'"float32"', b"[" * 50, b'"hidden"', b'"plan"', b'"steps"', b":", b",",
)  # fmt: skip
CSV_TOKENS = (b'"', b",", b"\n", b"\r", b"nan", b"inf", b"1e400", b"\x00", b"\xff\xfe", b"-", b"y")
TAR_TOKENS = (b"../", b"/etc/", b"\x001", b"\x002")
ZIP_TOKENS = (b"../", b"/", b".png", b"PK\1\2", b"PK\3\4")
PICTURE_TOKENS = (b"IHDR", b"PLTE", b"tRNS", b"acTL", b"\xff\xc0")
NPY_TOKENS = (
    b"'descr': '|O'", b"'<f8'", b"'<U99999999'", b"True", b"(99999999999,)", b"()", b"(0, 3)", b"(-1, 3)",
    b"\x93NUMPY\x02\x00", b"[('a', '<f8')]", b"'<M8[ns]'", b"'>f8'", b"(2, 2, 9)",
)  # fmt: skip

TARGETS = (
    Target("pickle", _pickles, _read_pickle, PICKLE_TOKENS),
    Target("cifar-folder", _cifar_batches, _read_cifar_folder, PICKLE_TOKENS),
    Target("tar", _cifar_tars, _as_file("a.tar"), TAR_TOKENS, repaired=right_tar),
    Target("zip", _zips, _as_file("a.zip"), ZIP_TOKENS, in_zip, right_zip),
    Target("npz", _npzs, _as_file("a.npz"), NPY_TOKENS, in_zip, right_zip),
    Target("npz-parts", _npzs, _read_npz_in_parts, NPY_TOKENS, in_zip, right_zip),
    Target("csv", _csvs, _as_file("a.csv", "y"), CSV_TOKENS, in_csv),
    Target("parquet", _parquets, _as_file("a.parquet", "y"), (b"PAR1",), guided=False),
    Target("picture", _pictures, _read_picture, PICTURE_TOKENS, repaired=right_png),
    Target("model", lambda: [_run()[0]], _read_model, JSON_TOKENS, in_safetensors),
    Target("checkpoint", _checkpoints, _read_checkpoint, JSON_TOKENS, in_safetensors, right_checkpoint),
    Target("plan", _plans, _read_plan, JSON_TOKENS, in_json),
    Target("identity", _plans, _read_identity, JSON_TOKENS, in_json),
    Target("history", lambda: [_run()[1]["history.csv"]], _read_history, CSV_TOKENS, in_csv),
)  # fmt: skip
