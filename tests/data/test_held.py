"""Sources in memory: arrays, pictures and tables, as those in files."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from klayer.data import load_data
from klayer.data.encoding import Categories, Encoding
from klayer.errors import InputError
from klayer.models import load_model
from klayer.studies import Sets, Stack, run_study
from klayer.training import Plan, fit
from tests.conftest import Program

ROWS = 60
X = np.random.default_rng(0).standard_normal((ROWS, 3))
COLUMNS = {"age": [k % 7 for k in range(ROWS)], "city": ["Rome", None, "Bonn"] * 20}
Y = ["no", "yes"] * 30


def test_arrays_are_read_as_from_an_npz(tmp_path: Path) -> None:
    y = np.arange(ROWS) % 3
    np.savez(tmp_path / "a.npz", X=X, y=y)
    filed, held = load_data(tmp_path / "a.npz", seed=4), load_data((X, y.tolist()), seed=4)
    assert held.fingerprint == filed.fingerprint
    assert held.training.tolist() == filed.training.tolist()
    assert held.name == "arrays"
    assert "source" not in held.origin


@pytest.mark.parametrize("shape", [(ROWS, 4, 5), (ROWS, 4, 5, 3)])
def test_pictures_are_read_as_from_an_npz(
    tmp_path: Path, shape: tuple[int, ...], klayer: Program
) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    np.savez(tmp_path / "a.npz", X=pictures, y=np.array(Y))
    filed, held = load_data(tmp_path / "a.npz"), load_data((pictures, Y))
    assert filed.fingerprint == held.fingerprint
    assert filed.picture == held.picture == (*shape[1:], 1)[:3]
    run, answers = tmp_path / "run", tmp_path / "answers.parquet"
    options = ["--hidden", "5", "--steps", "20", "--flip", "--out", str(run)]
    assert klayer("train", str(tmp_path / "a.npz"), *options) == 0
    assert (run / "weights.png").exists()
    asked = ["predict", str(run), str(tmp_path / "a.npz"), "--out", str(answers)]
    assert klayer(*asked) == 0
    found = pl.read_parquet(answers).to_series(0).to_list()
    assert found == load_model(run).predict(pictures).tolist()


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
def test_tables_are_read_as_from_a_file(tmp_path: Path, make: Any) -> None:
    pl.DataFrame({**COLUMNS, "kind": Y}).write_parquet(tmp_path / "a.parquet")
    filed = load_data(tmp_path / "a.parquet", target="kind")
    for held in (
        load_data(make({**COLUMNS, "kind": Y}), target="kind"),
        load_data((make(COLUMNS), pd.Series(Y))),
        load_data((make(COLUMNS), pl.Series(Y))),
    ):
        assert held.encoding == filed.encoding
        assert held.fingerprint == filed.fingerprint
        assert np.array_equal(held.samples.X, filed.samples.X)
        assert held.labels.tolist() == ["no", "yes"]
    assert load_data(make({**COLUMNS, "kind": Y}), target="kind", ignore=["city"]).inputs == 1
    assert load_data(make({**COLUMNS, "kind": Y}), target="kind", ignore="city").inputs == 1


@pytest.mark.parametrize("filed", [".csv", ".parquet", "polars", "pandas", "floats"])
def test_numbers_that_are_codes_become_categories(tmp_path: Path, filed: str) -> None:
    table = pl.DataFrame(
        {"zone": [n % 3 for n in range(30)], "size": [n % 5 for n in range(30)], "kind": Y[:30]}
    )
    if filed == "floats":  # as pandas has whole numbers beside an empty cell
        table = table.with_columns(zone=pl.col("zone").cast(float))
    source: Any = pd.DataFrame(table.to_dict(as_series=False)) if filed == "pandas" else table
    if filed.startswith("."):
        source = tmp_path / f"a{filed}"
        table.write_csv(source) if filed == ".csv" else table.write_parquet(source)
    assert load_data(source, target="kind").feature_names == ("zone", "size")
    found = load_data(source, target="kind", categorical="zone")
    assert found.feature_names == ("zone=0", "zone=1", "zone=2", "size")
    assert found.samples.X[4].tolist() == [0, 1, 0, 4]
    assert found.origin["categorical"] == ["zone"]
    assert found.encoding is not None
    again = load_data(source, target="kind", encoding=found.encoding)
    assert np.array_equal(again.samples.X, found.samples.X)


@pytest.mark.parametrize("known", ["1.0", "1", "001"])
@pytest.mark.parametrize("cell", ["1", "1.0", " 01", 1, 1.0, True, "True", np.uint8(1)])
def test_one_code_is_the_same_however_it_is_written(known: str, cell: Any) -> None:
    encoding = Encoding((Categories("zone", (known, "2", "x", None)),))
    frame = pl.DataFrame({"zone": [cell]})
    assert encoding.encode(frame).tolist() == [[1, 0, 0, 0]]
    assert encoding.unseen(frame) == {}


def test_a_number_that_two_codes_are_is_neither_and_a_code_itself_is_that_one() -> None:
    encoding = Encoding((Categories("zone", ("007", "7")), Categories("letter", ("a", "b"))))
    frame = pl.DataFrame({"zone": ["7", "007", "7.0", None], "letter": ["b", "a", "1", "c"]})
    assert encoding.encode(frame).tolist() == [[0, 1, 0, 1], [1, 0, 1, 0], [0] * 4, [0] * 4]
    unseen = {name: cells.to_list() for name, cells in encoding.unseen(frame).items()}
    assert unseen == {"zone": ["7.0"], "letter": ["1", "c"]}


def test_codes_may_be_many_but_lists_are_none() -> None:
    table = pl.DataFrame({"zone": range(0, 400, 2), "tags": [[1], [2]] * 100, "y": [0, 1] * 100})
    found = load_data(table.drop("tags"), target="y", categorical=["zone"], validation=0, test=0)
    assert found.inputs == 200
    numbered = table.drop("tags").to_dict(as_series=False)
    named = pd.DataFrame({0: numbered["zone"], 1: numbered["y"]})
    assert load_data(named, target="1", categorical=[0], validation=0, test=0).inputs == 200  # type: ignore[list-item]
    with pytest.raises(InputError, match="must be numbers or texts, but column 'tags'"):
        load_data(table, target="y", categorical=["tags"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"categorical": "zon"}, "`categorical` must name columns of .*'zon'; did you mean 'zone'"),
        ({"categorical": "kind"}, "`categorical` must name columns of .* beside the target"),
        ({"categorical": "zone", "ignore": "zone"}, "`ignore` and `categorical` both name 'zone'"),
    ],
)
def test_categories_must_be_columns_that_are_used(more: dict[str, str], said: str) -> None:
    table = pl.DataFrame({"zone": [0, 1] * 9, "size": range(18), "kind": Y[:18]})
    with pytest.raises(InputError, match=said):
        load_data(table, target="kind", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [int, str])
def test_categories_of_pandas_are_texts_and_labels_stay_what_they_are(kind: type) -> None:
    codes = [kind(k % 3) for k in range(12)]
    table = pd.DataFrame({"code": pd.Categorical(codes), "y": pd.Categorical([0, 1] * 6)})
    found = load_data(table, target="y", validation=0, test=0)
    assert found.feature_names == ("code=0", "code=1", "code=2")
    assert found.labels.tolist() == [0, 1]
    assert found.encoding is not None
    assert found.encoding.encode(pd.DataFrame({"code": [2, 0]})).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_columns_may_be_named_by_numbers() -> None:
    table = pd.DataFrame(np.c_[X, X[:, 0] > 0])
    assert load_data(table, target=3).feature_names == ("0", "1", "2")  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_pictures_become_planes(channels: int | None) -> None:
    shape = (ROWS, 4, 5) if channels is None else (ROWS, 4, 5, channels)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    data = load_data((pictures, Y))
    assert data.picture == (4, 5, channels or 1)
    assert data.samples.X.dtype == np.uint8
    first = data.samples.X[0].reshape(channels or 1, 4, 5)
    assert np.array_equal(np.moveaxis(first, 0, -1), pictures[0].reshape(4, 5, -1))


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        (X, None, r"must be a name, a path, a table or \(X, y\), but got ndarray"),
        ((X, Y, Y), None, "a tuple of 3"),
        ((X, Y), "kind", "without `target`, but got a tuple of 2 with target='kind'"),
        ((X, Y[:-1]), None, "arrays has 60 rows and 59 labels"),
        ((X[None, None, None], Y), None, "two dimensions"),
        ((np.zeros((ROWS, 4, 4)), Y), None, "pictures must be bytes"),
        ((np.zeros((ROWS, 4, 4, 2), np.uint8), Y), None, "pictures must be bytes"),
        ((X, [None] * ROWS), None, "labels must be one whole number"),
        (pd.DataFrame(X[:, [0, 0]], columns=["a", "a"]), "b", "but the table has 'a' twice"),
        (pl.DataFrame(COLUMNS), None, "in the table, but none was given"),
        (pl.DataFrame(COLUMNS), "city", "column 'city', row 2 of the table is empty"),
    ],
)
def test_what_is_no_source_is_refused(source: Any, target: str | None, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        load_data(source, target=target)


def test_a_run_and_a_study_of_arrays_go_on_only_with_the_same(
    tmp_path: Path, klayer: Program
) -> None:
    plan = Plan(hidden=(4,), step_size=4, cycles=1, batch_size=10)
    fit(load_data((X, Y)), plan, out=tmp_path / "run")
    fit(load_data((X, Y)), plan, out=tmp_path / "run", resume=True)
    with pytest.raises(InputError, match=r"data\.fingerprint was"):
        fit(load_data((-X, Y)), plan, out=tmp_path / "run", resume=True)
    assert klayer("evaluate", tmp_path / "run") == 2
    assert "SOURCE must be given" in klayer.error
    for rows in (X, X):
        run_study([Stack("a", plan, ("a",))], Sets(source=(rows, Y)), tmp_path / "study")
    with pytest.raises(InputError, match="must see the same data"):
        run_study([Stack("a", plan, ("a",))], Sets(source=(-X, Y)), tmp_path / "study")
