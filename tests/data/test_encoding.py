"""Tables as they are: texts, empty cells, dates; scikit-learn is the witness."""

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from klayer.data import load_data
from klayer.data.cells import MARKS, kind_of, numbers, texts
from klayer.data.encoding import Categories, Encoding, LeftOut, Number
from klayer.data.measuring import measure_encoding, numbered, words_of
from klayer.errors import InputError

PETS = (
    "age,kind,home,weight,label\n"
    + "3,cat,yes,4.5,a\n,dog,no,20,b\n7,?,yes,,a\n2,cat,no,3.5,b\n5, dog ,yes,18,a\n" * 8
)


def write(tmp_path: Path, text: str, name: str = "pets.csv") -> Path:
    (tmp_path / name).write_text(text)
    return tmp_path / name


cells = st.one_of(st.none(), st.floats(-1e3, 1e3, width=32))
words = st.one_of(st.none(), st.sampled_from(["a", "b", "cc", "ä", "Z"]))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(cells, words, cells, words), min_size=4, max_size=30), st.integers(2, 4))
def test_features_are_those_of_scikit_learn(rows: list[Any], held_out: int) -> None:
    frame = pl.DataFrame(
        rows,
        schema={"n": pl.Float64, "t": pl.String, "m": pl.Float64, "u": pl.String},
        orient="row",
    )
    training = np.arange(len(rows) - held_out)
    fitted = frame[training]
    if any(column.is_null().all() for column in fitted.iter_columns()):
        return
    encoding = measure_encoding(frame, training, "the table")
    imputer = SimpleImputer(strategy="median", add_indicator=True)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    table = np.column_stack(
        [
            np.array(frame[name].to_list(), float if name in "nm" else object).astype(object)
            for name in frame.columns
        ]
    )
    witness = ColumnTransformer(
        [
            (name, imputer if name in "nm" else one_hot, [place])
            for place, name in enumerate(frame.columns)
        ],
        sparse_threshold=0,
    )
    expected = witness.fit(table[training]).transform(table).astype(float)
    assert np.array_equal(encoding.encode(frame), expected)
    assert Encoding.from_list(encoding.to_list()) == encoding


def test_a_table_with_texts_and_empty_cells_is_loaded_as_features(tmp_path: Path) -> None:
    data = load_data(write(tmp_path, PETS), target="label", validation=0, test=0)
    assert data.encoding is not None
    assert data.encoding.columns == (
        Number("age", 4.0, indicator=True),
        Categories("kind", ("cat", "dog", None)),
        Categories("home", ("no", "yes")),
        Number("weight", 11.25, indicator=True),
    )
    assert data.feature_names == (
        "age", "age missing", "kind=cat", "kind=dog", "kind missing", "home=no", "home=yes",
        "weight", "weight missing",
    )  # fmt: skip
    assert data.samples.X[1].tolist() == [4, 1, 0, 1, 0, 1, 0, 20, 0]
    assert data.samples.X[2].tolist() == [7, 0, 0, 0, 1, 0, 1, 11.25, 1]


def test_the_encoding_is_measured_on_training_rows_only(tmp_path: Path) -> None:
    rows = "".join(f"{10 * k},{'only' if k >= 20 else 'usual'},{k % 2}\n" for k in range(40))
    path = write(tmp_path, "a,t,label\n" + rows)
    seen = set()
    for seed in range(5):
        data = load_data(path, target="label", validation=10, test=10, seed=seed)
        assert data.encoding is not None
        (age, _) = data.encoding.columns
        assert isinstance(age, Number)
        assert age.median == 10 * np.median(data.training)
        seen.add(age.median)
    assert len(seen) > 1


def test_a_text_of_test_rows_alone_makes_all_its_features_zero() -> None:
    frame = pl.DataFrame({"t": ["x", "y", "new", None]})
    encoding = measure_encoding(frame, np.array([0, 1]), "the table")
    assert encoding.encode(frame).tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]


def test_the_fingerprint_does_not_depend_on_the_split(tmp_path: Path) -> None:
    path = write(tmp_path, PETS)
    prints = {load_data(path, target="label", seed=seed).fingerprint for seed in range(4)}
    assert len(prints) == 1
    other = load_data(write(tmp_path, PETS.replace("dog", "cow", 1), "b.csv"), target="label")
    assert other.fingerprint not in prints


def test_a_given_encoding_takes_the_place_of_a_measured_one(tmp_path: Path) -> None:
    data = load_data(write(tmp_path, PETS), target="label")
    more = write(
        tmp_path,
        "label,kind,weight,home,age,other\n" + "a,cow,1,yes,1,9\nb,cat,1,no,1,9\n" * 5,
        "b.csv",
    )
    again = load_data(more, target="label", test=0, encoding=data.encoding)
    assert again.feature_names == data.feature_names
    assert again.samples.X[0].tolist() == [1, 0, 0, 0, 0, 0, 1, 1, 0]


def test_texts_that_look_like_numbers_elsewhere_stay_texts(tmp_path: Path) -> None:
    grades = write(tmp_path, "grade,label\n" + "01,a\n1,b\nK,a\nK,b\n" * 5)
    data = load_data(grades, target="label", validation=0, test=0)
    assert data.feature_names == ("grade=01", "grade=1", "grade=K")
    only = write(tmp_path, "grade,label\n" + "01,a\n1,b\n01,a\n" * 5, "only.csv")
    again = load_data(only, target="label", validation=0, test=0, encoding=data.encoding)
    assert again.samples.X[:2].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_a_column_that_cannot_be_used_is_left_out_with_a_sentence() -> None:
    n = 300
    frame = pl.DataFrame(
        {
            "name": [f"person {k}" for k in range(n)],
            "size": range(n),
            "born": [date(2000, 1, 1)] * n,
            "blank": pl.Series([None] * n, dtype=pl.String),
            "late": [None] * (n - 1) + [1.5],
        }
    )
    encoding = measure_encoding(frame, np.arange(n - 10), "the table")
    assert encoding.feature_names == ("size",)
    assert words_of(encoding) == {
        "name": "left out; texts of 290 kinds in 290 training rows; at most 255 become features",
        "born": "left out; dates; give the year, the month or days since a day as numbers to use "
        "them",
        "blank": "left out; its cells are empty in all training rows",
        "late": "left out; its cells are empty in all training rows",
    }
    assert list(numbered(encoding, encoding.encode(frame))) == ["size"]


def test_texts_of_which_hardly_one_comes_twice_are_left_out_and_dates_in_texts() -> None:
    n = 40
    frame = pl.DataFrame(
        {
            "name": [f"person {k % 21}" for k in range(n)],
            "city": [f"city {k % 20}" for k in range(n)],
            "born": [f"2000-01-{k % 3 + 1:02}" for k in range(n)],
            "code": [f"2000-01-{k % 3 + 30:02}" for k in range(n)],
        }
    )
    encoding = measure_encoding(frame, np.arange(n), "the table")
    assert {type(column).__name__ for column in encoding.columns} == {"LeftOut", "Categories"}
    assert [column.name for column in encoding.used] == ["city", "code"]
    assert "texts of 21 kinds in 40 training rows are names" in words_of(encoding)["name"]
    assert words_of(encoding)["born"].startswith("left out; dates")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["2026-01-31", "2026-02-01"], "dates"),
        (["31.1.2026", "01.02.2026"], "dates"),
        (["03/25/2024 10:31", "1/2/2024 9:05"], "dates"),
        (["2024-01-01T10:01:00Z", "2024-01-01 10:01:00.5+02:00", "NA"], "dates"),
        (["2026-01-32", "2026-02-01"], "texts"),
        (["1.2.3", "10.0.1"], "texts"),
        (["2026-01-31", "tomorrow"], "texts"),
    ],
)
def test_dates_are_told_however_they_are_written(cells: list[str], kind: str) -> None:
    assert kind_of(pl.Series("when", cells), "a.csv") == kind


QUANTITIES = [
    [f"{k} kg" for k in range(60)],
    [f"{k}%" for k in range(60)],
    [f"{k},{k + 443}.79" for k in range(60)],
    [f"${k}.50" for k in range(60)],
    [f"{k},5" for k in range(60)],
    [f"1 {k + 100} m²" for k in range(60)],
    [f"{k}.25" for k in range(20)] + [f"{k}g" for k in range(20)] + [f"{k} kg" for k in range(20)],
]
NAMES = [
    [f"person {k}" for k in range(60)],
    [f"{k} Main Street, Springfield" for k in range(60)],
    [f"{k} {'abcdef'[k % 6]}" for k in range(60)],
    [f"10.0.{k}.1" for k in range(60)],
    [f"1.{k}.0" for k in range(60)],
    [f"12:{k + 10}" for k in range(60)],
    [f"A{k}" for k in range(60)],
    [f"{k} kg" for k in range(59)] + ["heavy"],
]


@pytest.mark.parametrize("cells", QUANTITIES, ids=lambda cells: cells[-1])
@pytest.mark.parametrize("each", [1, 4])
def test_texts_that_seem_to_be_numbers_are_said_with_one_of_them(
    cells: list[str], each: int
) -> None:
    frame = pl.DataFrame({"weight": cells * each + [" NA "], "b": [*range(60 * each), 0]})
    encoding = measure_encoding(frame, np.arange(60 * each + 1), "the table")
    said = words_of(encoding)["weight"]
    left_out = isinstance(encoding.columns[0], LeftOut)
    assert left_out == (each == 1)
    assert said.startswith("left out" if left_out else "texts; a feature for each of 61 (")
    (example,) = re.findall("quantities like '(.*)': write plain numbers", said)
    assert example in cells
    with pytest.raises(ValueError, match="could not convert"):
        float(example)


@pytest.mark.parametrize("cells", NAMES, ids=lambda cells: cells[-1])
def test_texts_that_are_names_are_not_said_to_be_quantities(cells: list[str]) -> None:
    frame = pl.DataFrame({"name": cells, "b": range(60)})
    said = words_of(measure_encoding(frame, np.arange(60), "the table"))["name"]
    assert said.endswith("are names or the like, from which nothing can be learned")


def test_two_texts_are_told_apart_whatever_they_are() -> None:
    frame = pl.DataFrame({"engine": ["2 WD", "4 WD"] * 9})
    said = words_of(measure_encoding(frame, np.arange(18), "the table"))
    assert said == {"engine": "texts; a feature for each of 2 (2 WD, 4 WD)"}


def test_words_say_what_is_done_with_a_column() -> None:
    encoding = Encoding(
        (
            Number("size", 1.0),
            Number("age", 29.5, indicator=True),
            Categories("kind", ("cat", "dog", None)),
            LeftOut("name", "it is long"),
        )
    )
    assert words_of(encoding) == {
        "age": "numbers; an empty cell becomes the median 29.5, and a feature says so",
        "kind": "texts; a feature for each of 3 (cat, dog, empty)",
        "name": "left out; it is long",
    }


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        ({"age": [1]}, r"lacks 'kind' \(it has age\)"),
        ({"age": ["1", "old"], "kind": ["a", "b"]}, "but row 12 of new.csv is the text 'old'"),
        ({"age": [1.0, 1e31], "kind": ["a", "b"]}, "column 'age', row 12 of new.csv is 1e\\+31"),
        ({"age": [[1]], "kind": ["a"]}, "in new.csv it has the type List"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(frame: dict[str, Any], sentence: str) -> None:
    encoding = Encoding((Number("age", 30.0), Categories("kind", ("a", "b"))))
    with pytest.raises(InputError, match=sentence):
        encoding.encode(pl.DataFrame(frame), "new.csv", first=11)


ODD = ["1", " 2", "3.5 ", "1e3", "-0", "+4", ".5", "5.", "1E-2", "007", "true", "False", *MARKS]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(ODD), min_size=1, max_size=8))
def test_numbers_read_by_type_and_read_as_text_are_the_same(column: list[str]) -> None:
    """A table is read by inferred types in training and as text in prediction."""
    text = "a,b\n" + "".join(f"{cell},\n" for cell in column)
    inferred = pl.read_csv(io.StringIO(text), infer_schema_length=None)["a"]
    as_text = pl.read_csv(io.StringIO(text), infer_schema=False)["a"]
    assert kind_of(inferred, "") == "numbers"
    found = numbers(inferred, "").cast(pl.Float64).to_list()
    assert found == numbers(as_text, "").cast(pl.Float64).to_list()


def test_marks_of_missing_values_are_empty_cells() -> None:
    assert texts(pl.Series([*MARKS, " NA ", "x"])).to_list() == [None] * (len(MARKS) + 1) + ["x"]


@pytest.mark.parametrize("kind", ["object", "str", "category"])
def test_pandas_tables_are_encoded_alike(kind: str) -> None:
    encoding = Encoding((Number("age", 30.0, True), Categories("kind", ("a", "b", None))))
    columns = {"kind": ["b", None, "zz"], "age": [1.5, float("nan"), 3]}
    expected = encoding.encode(pl.DataFrame(columns, strict=False)).tolist()
    table = pd.DataFrame(columns)
    table["kind"] = table["kind"].astype(kind)
    assert encoding.encode(table).tolist() == expected
