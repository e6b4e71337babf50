"""Sources of any length, part after part: nothing lost, nothing doubled, whole rows only."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klayer.data import blocks, incoming, incoming_arrays, load_data, parquet
from klayer.data.blocks import csv_blocks
from klayer.data.digits import read_digits
from klayer.data.incoming import csv_parts, parquet_parts, picture_parts
from klayer.data.incoming_arrays import npz_parts, source_parts
from klayer.errors import InputError
from tests.data.makers import class_folders, encoded, pixels, write_folder, write_zip

cells = st.text(st.sampled_from('ab"\n,\r '), max_size=5)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=12), st.integers(1, 40))
def test_blocks_are_whole_rows_and_together_the_file(
    rows: list[tuple[str, str]], size: int
) -> None:
    frame = pl.DataFrame(rows, schema=["a", "b"], orient="row")
    content = frame.write_csv(quote_style="always").encode()
    found = list(csv_blocks(io.BytesIO(content), "it", size))
    assert b"".join(found) == content
    assert found[0] == b'"a","b"\n'
    read = [
        tuple(row) for block in found[1:] for row in csv.reader(io.StringIO(block.decode(), ""))
    ]
    assert read == rows


def test_small_blocks_end_where_rows_end() -> None:
    content = b"a,b\n" + b"1,2\n" * 10 + b"3,4"
    found = list(csv_blocks(io.BytesIO(content), "it", 10))
    assert found[0] == b"a,b\n"
    assert all(block.endswith(b"\n") for block in found[:-1])
    assert found[-1] == b"3,4"
    assert max(map(len, found)) <= 13


def test_a_quote_that_is_never_closed_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST_BYTES", 1 << 20)
    content = b'a,b\n1,"2\n' + b"1,2\n" * 400_000
    with pytest.raises(InputError, match="at most 1 MiB, but it has a longer one; is a quote"):
        list(csv_blocks(io.BytesIO(content), "it", 1 << 18))


def test_csv_parts_are_text_and_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "BLOCK_BYTES", 16)
    content = b"\xef\xbb\xbfa,b\r\n" + b"".join(b"%d,x\r\n" % k for k in range(20))
    parts = list(csv_parts(io.BytesIO(content), "it", len(content)))
    assert len(parts) > 5
    assert pl.concat([part.rows for part in parts])["a"].to_list() == [str(k) for k in range(20)]
    first = 1
    for part in parts:
        assert part.first == first
        first += len(part.rows)
    assert parts[-1].done == parts[-1].total == len(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it must be a whole table with a line of names"),
        (b"a,a\n1,2\n", "names of columns must differ, but it has 'a' twice"),
        (b",".join(map(b"%d".__mod__, range(25_001))), "at most 25000 columns, but it has 25001"),
        (b"a,b\n1,2,3\n", "it must be a whole table"),
        (b"a,b\n1,\xff\xfe\n", "it must be a whole table"),
        (b'a,b\n1,"2\n', "it must be a whole table"),
    ],
)
def test_what_is_no_csv_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        list(csv_parts(io.BytesIO(content), "it", None))


def test_parquet_parts_are_all_rows_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "PART_BYTES", 64)
    frame = pl.DataFrame({"a": range(10), "b": ["x"] * 10})
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=3)
    parts = list(parquet_parts(tmp_path / "a.parquet"))
    assert [part.first for part in parts] == [1, 5, 9]
    assert pl.concat([part.rows for part in parts]).equals(frame)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="must be a whole parquet file"):
        list(parquet_parts(tmp_path / "a.parquet"))


def test_columns_of_a_parquet_are_read_some_after_others_whatever_their_names(
    tmp_path: Path,
) -> None:
    """In a query of polars, "*" and "^.*$" would be patterns."""
    names = ["*", "^.*$", "", "a", *(f"c{k}" for k in range(40))]
    frame = pl.DataFrame({name: [k, k + 1] for k, name in enumerate(names)})
    frame.write_parquet(tmp_path / "a.parquet")
    (part,) = parquet_parts(tmp_path / "a.parquet")
    assert part.rows.equals(frame)


def test_a_parquet_is_read_here_where_the_interpreter_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "")
    monkeypatch.setattr(incoming, "PART_BYTES", 64)
    frame = pl.DataFrame({"a": range(10), "b": ["x"] * 10})
    frame.write_parquet(tmp_path / "a.parquet")
    parts = list(parquet_parts(tmp_path / "a.parquet"))
    assert pl.concat([part.rows for part in parts]).equals(frame)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="must be a whole parquet file"):
        list(parquet_parts(tmp_path / "a.parquet"))


def test_a_parquet_that_is_damaged_far_down_is_refused_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "PART_BYTES", 800)
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame({"a": np.random.default_rng(0).random(300)})
    frame.write_parquet(path, row_group_size=100, compression="uncompressed")
    content = bytearray(path.read_bytes())
    start = content.rindex(frame["a"].to_numpy()[200:].tobytes())
    content[start - 20 : start] = bytes(20)  # of the last page's header
    path.write_bytes(content)
    parts = parquet_parts(path)
    assert [next(parts).first, next(parts).first] == [1, 101]
    with pytest.raises(InputError, match="must be a whole parquet file"):
        next(parts)


PEAK = """
import os, sys
from klayer.data.parquet_reader import parts, shape
from tests.fuzz.reading import memory
names, rows = shape(sys.argv[1])
before = memory("VmRSS")
with open(sys.argv[1]) as file:  # what the system holds of it, polars does not
    os.fsync(file.fileno())
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
next(parts(sys.argv[1], names, rows, 1 << 17))
print(memory("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_of_a_large_row_group_a_sixteenth_is_held(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({f"c{k}": rng.random(200_000) for k in range(64)})
    path = tmp_path / "a.parquet"
    frame.write_parquet(path, row_group_size=len(frame), compression="uncompressed")
    assert path.stat().st_size > 100_000_000
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)],
        capture_output=True, text=True, check=True, env=os.environ | {"POLARS_MAX_THREADS": "1"},
    )  # fmt: skip
    assert int(done.stdout) < 50 << 20


ABORTS = """print('{"names": ["a"], "rows": 3}', flush=True); import os; os.abort()"""


def test_a_parquet_that_ends_its_reader_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "SCRIPT", ABORTS)
    pl.DataFrame({"a": [1, 2, 3], "y": ["u", "v", "v"]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="whole parquet file, but its reader was ended by SIGABRT"):
        list(parquet_parts(tmp_path / "a.parquet"))
    with pytest.raises(InputError, match="whole parquet file, but its reader was ended by SIGABRT"):
        load_data(tmp_path / "a.parquet", target="a")


@pytest.mark.parametrize("zipped", [False, True])
def test_picture_parts_are_all_pictures_by_name_however_deep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setattr(incoming, "PART_BYTES", 60 * 3)
    files = class_folders(each=2) | {"deep/er/z.png": encoded(pixels(7)), "notes.txt": b"no"}
    path = tmp_path / ("a.zip" if zipped else "a")
    (write_zip if zipped else write_folder)(path, files)
    parts = list(picture_parts(path, (4, 5, 3)))
    names = [name for part in parts if part.beside is not None for name in part.beside["file"]]
    assert names == sorted(set(files) - {"notes.txt"})
    assert [len(part.rows) for part in parts] == [3, 2]
    deep = np.concatenate([part.rows for part in parts])[names.index("deep/er/z.png")]
    assert np.array_equal(deep.reshape(3, 4, 5).transpose(1, 2, 0), pixels(7))


def test_pictures_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "a", class_folders(each=1))
    with pytest.raises(InputError, match=r"takes grey pictures, but .* has some in colour"):
        list(picture_parts(path, (4, 5, 1)))
    with pytest.raises(InputError, match="it is 5 × 4 pixels, not 6 × 6"):
        list(picture_parts(path, (6, 6, 3)))
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="must hold pictures, but it has none"):
        list(picture_parts(tmp_path / "none", (4, 5, 3)))


X = np.arange(60.0).reshape(20, 3)
IDS = np.array([f"n{row}" for row in range(20)])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "u1", "<i8", "?", "<f2"])
@pytest.mark.parametrize("compressed", [False, True])
def test_npz_parts_are_all_rows_in_order_with_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compressed: bool, dtype: str, order: Any
) -> None:
    monkeypatch.setattr(incoming_arrays, "PART_BYTES", 24 * 7)
    rows = np.asarray(X, dtype, order=order)
    write = np.savez_compressed if compressed else np.savez
    write(tmp_path / "a.npz", X=rows, id=IDS, y=rows[:, 1])
    parts = list(npz_parts(tmp_path / "a.npz", ["y", "id"]))
    assert [part.first for part in parts] == list(range(1, 21, len(parts[0].rows)))
    assert np.array_equal(np.concatenate([part.rows for part in parts]), rows)
    assert all(part.rows.dtype == rows.dtype.newbyteorder("=") for part in parts)
    beside = pl.concat([part.beside for part in parts if part.beside is not None])
    assert beside.columns == ["y", "id"]
    assert beside["id"].to_list() == IDS.tolist()
    assert np.array_equal(beside["y"].to_numpy(), rows[:, 1])
    assert (parts[-1].done, parts[-1].total) == (20, 20)
    assert len(parts) > 1 or rows.itemsize < 8


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(20, 4, 5), (20, 4, 5, 3), (20, 4, 1, 1)])
def test_npz_parts_may_be_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], order: Any
) -> None:
    monkeypatch.setattr(incoming_arrays, "PART_BYTES", 200)
    pictures = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8, order=order)
    np.savez(tmp_path / "a.npz", X=pictures)
    parts = list(npz_parts(tmp_path / "a.npz"))
    assert np.array_equal(np.concatenate([part.rows for part in parts]), pictures)


def test_npz_parts_need_x_alone(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=X, other=np.zeros((2, 2)))
    (part,) = npz_parts(tmp_path / "a.npz")
    assert part.beside is None
    assert np.array_equal(part.rows, X)


@pytest.mark.parametrize(
    ("arrays", "keep", "sentence"),
    [
        ({"y": IDS}, (), "must hold X, but it holds y"),
        ({"X": X}, ("id",), "must hold id, but it holds X"),
        ({"X": X[0]}, (), r"array of numbers \(rows, features\).* X.npy of .* has shape \(3,\)"),
        ({"X": X.astype("U5")}, (), "array of numbers"),
        (
            {"X": X, "id": IDS[1:]},
            ("id",),
            r"for each of 20 rows, but id.npy of .* has shape \(19,\)",
        ),
        ({"X": X, "id": X}, ("id",), "for each of 20 rows"),
        ({"X": X.astype(object)}, (), "numbers, text or truth values"),
    ],
)
def test_an_npz_that_has_no_rows_to_predict_is_refused(
    tmp_path: Path, arrays: dict[str, Any], keep: tuple[str, ...], sentence: str
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=sentence):
        list(npz_parts(tmp_path / "a.npz", keep))


def test_an_npz_that_is_cut_or_changed_is_refused_at_the_latest_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, X=X, id=IDS)
    content = path.read_bytes()
    for at in (180, content.index(b"n\0\0\0001\0\0\0")):
        changed = bytearray(content)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(InputError, match=r"must be a whole \.npz file"):
            list(npz_parts(path, ["id"]))
    path.write_bytes(content[:-30])
    with pytest.raises(InputError, match=r"must be a whole \.npz file"):
        list(npz_parts(path))


def test_an_npz_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((1 << 20, 100), np.uint8))
    with pytest.raises(InputError, match="must unpack to at most 200 times its size"):
        next(npz_parts(tmp_path / "a.npz"))


def test_a_source_gives_its_rows_and_where_asked_its_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incoming_arrays, "PART_BYTES", 64 * 500)
    source = read_digits()
    parts = list(source_parts(source, "digits", ["label"]))
    assert [part.first for part in parts] == [1, 501, 1001, 1501]
    assert np.array_equal(np.concatenate([part.rows for part in parts]), source.X)
    beside = pl.concat([part.beside for part in parts if part.beside is not None])
    assert beside["label"].to_list() == source.labels.tolist()
    assert next(source_parts(source, "digits")).beside is None
    with pytest.raises(InputError, match="only the column label of digits can be kept"):
        next(source_parts(source, "digits", ["id"]))
