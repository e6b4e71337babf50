"""Sources of any length, part after part: nothing lost, nothing doubled, whole rows only."""

import csv
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klayer.data import blocks, incoming
from klayer.data.blocks import csv_blocks
from klayer.data.incoming import csv_parts, parquet_parts, picture_parts
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


@pytest.mark.parametrize("zipped", [False, True])
def test_picture_parts_are_all_pictures_by_name_however_deep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setattr(incoming, "PART_BYTES", 60 * 3)
    files = class_folders(each=2) | {"deep/er/z.png": encoded(pixels(7)), "notes.txt": b"no"}
    path = tmp_path / ("a.zip" if zipped else "a")
    (write_zip if zipped else write_folder)(path, files)
    parts = list(picture_parts(path, (4, 5, 3)))
    names = [name for part in parts if part.names is not None for name in part.names]
    assert names == sorted(set(files) - {"notes.txt"})
    assert [len(part.rows) for part in parts] == [3, 2]
    deep = np.concatenate([part.rows for part in parts])[names.index("deep/er/z.png")]
    assert np.array_equal(deep.reshape(3, 4, 5).transpose(1, 2, 0), pixels(7))


def test_pictures_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = write_folder(tmp_path / "a", class_folders(each=1))
    with pytest.raises(InputError, match=r"takes grey pictures, but .* has some in colour"):
        list(picture_parts(path, (4, 5, 1)))
    with pytest.raises(InputError, match="it is 5 × 4 pixels, the first is 6 × 6"):
        list(picture_parts(path, (6, 6, 3)))
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="must hold pictures, but it has none"):
        list(picture_parts(tmp_path / "none", (4, 5, 3)))
