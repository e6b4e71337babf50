"""Tables: .csv, .parquet and .npz."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from klayer.data import Data, load_data
from klayer.data.sources import read_source
from klayer.errors import InputError

CSV = "age,size,label\n" + "".join(f"{k},{k / 2},{'xy'[k % 2]}\n" for k in range(20))


def csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text)
    return path


def whole(path: Path, target: str) -> Data:
    """Return a table whose rows are all for training."""
    return load_data(path, target=target, validation=0, test=0)


def refused(path: Path, target: str | None = "label") -> str:
    with pytest.raises(InputError) as caught:
        load_data(path, target=target)
    return str(caught.value)


@pytest.mark.filterwarnings("ignore:features should say something:klayer.errors.DataWarning")
def test_a_csv_gives_float64_features_and_labels_as_they_were(tmp_path: Path) -> None:
    found = whole(csv(tmp_path, CSV), "label")
    assert found.feature_names == ("age", "size")
    assert found.samples.X.dtype == np.float64
    assert found.samples.X[3].tolist() == [3, 1.5]
    assert found.labels[found.samples.y].tolist() == ["x", "y"] * 10


def test_the_target_may_be_any_column_and_whole_numbers_stay_whole(tmp_path: Path) -> None:
    found = whole(csv(tmp_path, "class,a\n1,5\n10,6\n1,7\n"), "class")
    assert found.labels[found.samples.y].tolist() == [1, 10, 1]
    assert found.samples.X.ravel().tolist() == [5, 6, 7]


@pytest.mark.parametrize("labels", [["007", "7"], ["true", "false"], ["1.0", "2.0"], ["a b", "ä"]])
def test_other_labels_of_a_csv_stay_text(tmp_path: Path, labels: list[str]) -> None:
    found = read_source(csv(tmp_path, f"a,c\n1,{labels[0]}\n2,{labels[1]}\n"), target="c")
    assert found.labels.tolist() == labels


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        (pl.UInt8, "u1"), (pl.Boolean, "u1"), (pl.Float32, "f4"), (pl.Int16, "f4"),
        (pl.Float64, "f8"), (pl.Int64, "f8"),
    ],
)  # fmt: skip
def test_a_parquet_keeps_the_precision_of_its_columns(tmp_path: Path, kind: Any, kept: str) -> None:
    frame = pl.DataFrame({"a": [0, 1, 1, 0], "b": [1, 0, 1, 0], "c": ["x", "y", "x", "y"]})
    frame = frame.with_columns(pl.col("a", "b").cast(kind), pl.col("c").cast(pl.Categorical))
    frame.write_parquet(tmp_path / "a.parquet")
    found = whole(tmp_path / "a.parquet", "c")
    assert found.samples.X.dtype == np.dtype(kept)
    assert found.samples.X.tolist() == [[0, 1], [1, 0], [1, 1], [0, 0]]
    assert found.labels[found.samples.y].tolist() == ["x", "y", "x", "y"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "3,1.5,y",
            "3,big,y",
            "19 of column 'size' are numbers and row 4 of {path} is the text 'big'",
        ),
        ("3,1.5,y", "3,-inf,y", "column 'size', row 4 of {path} is -inf"),
        ("3,1.5,y", "3,1e999,y", "column 'size', row 4 of {path} is inf"),
        ("3,1.5,y", "3,1.5,", "column 'label', row 4 of {path} is empty"),
        ("3,1.5,y", "3,1.5,y,9", "must be a whole table"),
        ("3,1.5,y", '3,1.5,"y', "must be a whole table"),
        (CSV, "1,2,1\n3,4,5\n", "{path} has '1' twice; does it begin with a line of names?"),
        ("age", "size", "the names of columns must differ, but {path} has 'size' twice"),
        (CSV, "", "must be a whole table"),
        (CSV, "age,size,label\n", "must have rows, but {path} has none"),
        (CSV, "label\na\nb\n", "must have a column beside the target"),
        (
            CSV,
            ",".join(map(str, range(25_001))),
            "at most 25000 columns, but {path} has 25001; write it",
        ),
        (CSV, "a,label\n1,x\n2,x\n", "at least two classes, but all are 'x'"),
        (CSV, "a,label\n1,0.5\n2,1.5\n", "must be whole numbers, but row 1 has 0.5"),
    ],
)
def test_a_csv_at_fault_is_refused_naming_column_and_row(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    path = csv(tmp_path, CSV.replace(old, new, 1))
    assert sentence.format(path=path) in refused(path)


@pytest.mark.filterwarnings("ignore:features should say something:klayer.errors.DataWarning")
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_cells_may_be_separated_otherwise(tmp_path: Path, separator: str) -> None:
    found = whole(csv(tmp_path, CSV.replace(",", separator) + "\n\n"), "label")
    commas = whole(csv(tmp_path, CSV), "label")
    assert found.samples.X.tolist() == commas.samples.X.tolist()
    path = tmp_path / "a.tsv"
    path.write_text(CSV.replace(",", separator), encoding="utf-8")
    assert whole(path, "label").samples.X.tolist() == commas.samples.X.tolist()


def test_between_semicolons_numbers_may_have_a_comma(tmp_path: Path) -> None:
    lines = "a, in m;b;label\n 1,5;2;x\n-,25;1,5e1;y\n?;3;1,5\n"
    found = read_source(csv(tmp_path, lines), target="label")
    assert found.X["a, in m"].to_list() == [" 1.5", "-.25", "?"]
    assert found.X["b"].to_list() == ["2", "1.5e1", "3"]
    assert found.labels.tolist() == ["x", "y", "1,5"]
    again = load_data(csv(tmp_path, lines), target="label", validation=0, test=0)
    assert again.samples.X[:, 0].tolist() == [1.5, -0.25, 0.625]  # the median where it is empty
    assert again.samples.X[:, -1].tolist() == [2, 15, 3]


def test_spaces_around_a_label_do_not_count(tmp_path: Path) -> None:
    found = whole(csv(tmp_path, "a,label\n1,x \n3, y\n2,x\n"), "label")
    assert found.labels.tolist() == ["x", "y"]
    assert "column 'label', row 2 of" in refused(csv(tmp_path, "a,label\n1,x\n3,  \n"))


def test_a_name_with_brackets_is_that_file_alone(tmp_path: Path) -> None:
    csv(tmp_path, CSV).rename(tmp_path / "data1.csv")
    path = tmp_path / "data[1].csv"
    path.write_text("a,label\n5,x\n7,y\n", encoding="utf-8")
    assert whole(path, "label").samples.X.tolist() == [[5], [7]]


def test_text_far_down_a_column_of_numbers_is_found(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k % 2}\n" for k in range(5000))
    said = refused(csv(tmp_path, f"a,label\n{rows}oops,1\n"))
    assert "5000 of column 'a' are numbers and row 5001 of" in said
    assert "is the text 'oops'" in said


def test_the_target_must_be_a_column(tmp_path: Path) -> None:
    path = csv(tmp_path, CSV)
    assert "but none was given (its columns: age, size, label)" in refused(path, None)
    assert "but got 'lable'; did you mean 'label'?" in refused(path, "lable")
    spaced = csv(tmp_path, CSV.replace(",", " ,  "))
    assert "but got 'label'; did you mean '  label'?" in refused(spaced, "label")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_csv_in_another_encoding_is_refused_with_what_to_do(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CSV.replace("x", "é").encode(encoding))
    assert "write it in UTF-8, such as by: iconv -f latin1" in refused(path)


def test_the_target_is_refused_where_there_is_no_table() -> None:
    with pytest.raises(InputError, match="`target` must be left out unless SOURCE is a table"):
        load_data("digits", target="label")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,label\n\xff\xfe\x00,1\n2,\xff\n")
    assert "a.csv" in refused(path)


def test_a_parquet_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": [1, 2], "label": ["x", "y"]}).write_parquet(path)
    content = path.read_bytes()
    for end in (0, 4, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:end])
        assert "must be a whole parquet file" in refused(path)


def test_a_changed_parquet_is_read_or_refused_and_its_reader_says_nothing_of_its_own(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": [1, 2], "label": ["x", "y"]}).write_parquet(path)
    content = path.read_bytes()
    refusals = 0
    for place in range(0, len(content), 40):
        path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        try:
            load_data(path, target="label", validation=0, test=0)
        except InputError:
            refusals += 1
    assert refusals > len(content) // 160
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"a": [[1], [2]]}, "column 'a' of {path} has the type List"),
        ({"a": [1.0, float("inf")]}, "column 'a', row 2 of {path} is inf"),
        (
            {"a": [None, None]},
            "'a' of {path} is left out; its cells are empty in all training rows",
        ),
        ({"a": [date(2026, 1, 1)] * 2}, "column 'a' of {path} is left out; dates; give the year"),
    ],
)
def test_a_parquet_at_fault_is_refused_naming_the_column(
    tmp_path: Path, columns: dict[str, Any], sentence: str
) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame(columns | {"label": ["x", "y"]}).write_parquet(path)
    assert sentence.format(path=path) in refused(path)


def test_a_small_parquet_of_a_huge_table_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.select(a=pl.repeat(0, 80_000_000, dtype=pl.UInt8), label=pl.lit("x")).write_parquet(path)
    assert path.stat().st_size < 400_000
    assert "must unpack to at most 200 times its size" in refused(path)


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_npz_gives_x_and_y_as_they_are(tmp_path: Path, compressed: bool, order: Any) -> None:
    X = np.array([[1.5, 2], [3, 4], [5, 6]], np.float32, order=order)
    write = np.savez_compressed if compressed else np.savez
    write(tmp_path / "a.npz", X=X, y=np.array(["b", "a", "b"]), other=np.zeros(3))
    found = read_source(tmp_path / "a.npz")
    assert found.X.dtype == np.float32
    assert np.array_equal(found.X, X)
    assert found.labels.tolist() == ["b", "a", "b"]


X, Y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"X": X}, "must hold X and y, but it holds X"),
        ({"data": X, "y": Y}, "but it holds data, y"),
        ({"X": X, "y": Y[:3]}, "has 4 rows and 3 labels"),
        ({"X": X, "y": np.array([{}, 1, 2, 3], object)}, "numbers, text or truth values"),
        ({"X": X.astype(complex), "y": Y}, "numbers, text or truth values"),
        ({"X": X.ravel(), "y": Y}, "two dimensions"),
        ({"X": X, "y": X}, "one whole number, text or truth value for each row"),
        ({"X": np.where(X == 5, np.inf, X), "y": Y}, "column 2, row 3 is inf"),
        ({"X": np.where(X == 5, np.nan, X), "y": Y}, "column 2, row 3 is nan"),
        ({"X": np.array([["a", "b"]] * 4), "y": Y}, "array of numbers"),
        ({"X": X, "y": Y * 0}, "at least two classes, but all are 0"),
        ({"X": X[:0], "y": Y[:0]}, "there are no rows"),
    ],
)  # fmt: skip
def test_an_npz_at_fault_is_refused(tmp_path: Path, arrays: Any, sentence: str) -> None:
    assert sentence in refused(save(tmp_path / "a.npz", **arrays), None)


def test_an_npz_cut_or_changed_anywhere_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", X=X, y=Y)
    content = path.read_bytes()
    for end in (0, 30, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:end])
        assert "must be a whole .npz file" in refused(path, None)
    changed = bytearray(content)
    changed[180] ^= 255
    path.write_bytes(changed)
    assert "must be a whole .npz file" in refused(path, None)


def test_a_header_that_says_more_than_the_file_holds_is_not_believed(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 2)}
    )
    labels = io.BytesIO()
    np.save(labels, Y)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", header.getvalue() + X.tobytes())
        archive.writestr("y.npy", labels.getvalue())
    assert "says 17592186044416 bytes where there are 64" in refused(path, None)
