"""What is allowed in a data set and yet rarely meant is said once, and nothing else is."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from klayer.data import load_data
from klayer.errors import DataWarning
from klayer.studies import Sets
from tests.conftest import Program

N = 60
TABLE: dict[str, Any] = {
    "born": [f"2000-01-{k % 28 + 1:02}" for k in range(N)],
    "name": [f"person {k}" for k in range(N)],
    "weight": [f"{k % 6} kg" for k in range(N)],
    "colour": ["red", "green", "blue"] * (N // 3),
    "size": [k * 7 % 23 for k in range(N)],
    "kind": ["x", "y"] * (N // 2),
}
QUICK = ["--hidden", "6", "--step-size", "20", "--cycles", "1"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    pl.DataFrame(TABLE).write_csv(tmp_path / "a.csv")
    return tmp_path / "a.csv"


def test_columns_that_give_no_feature_are_said_in_one_sentence(table: Path) -> None:
    with pytest.warns(DataWarning) as found:
        load_data(table, target="kind")
    assert len(found) == 1
    assert found[0].filename == __file__
    sentence = str(found[0].message)
    assert sentence.startswith("the columns of a table should be of numbers or of a few texts, but")
    for words in ("'born' (left out, dates", "'name' (left out, texts of", "like '"):
        assert words in sentence
    assert "colour" not in sentence
    assert "'size'" not in sentence


def test_columns_that_number_the_rows_are_said() -> None:
    frame = pl.DataFrame(
        {"id": range(1000, 1000 + N), "size": TABLE["size"], "kind": TABLE["kind"]}
    )
    with pytest.warns(
        DataWarning, match="but in .* 'id' seems to number them; leave out by `ignore` "
    ):
        load_data(frame, target="kind")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_data(frame, target="kind", ignore=["id"])


def test_nothing_is_said_of_columns_that_are_ignored_or_were_measured_elsewhere() -> None:
    frame = pl.DataFrame(TABLE)
    data = load_data(frame, target="kind", ignore=["born", "name", "weight"])
    assert data.feature_names == ("colour=blue", "colour=green", "colour=red", "size")
    with pytest.warns(DataWarning):
        encoding = load_data(frame, target="kind").encoding
    load_data(frame, target="kind", encoding=encoding)


@pytest.mark.parametrize(("classes", "rows"), [(400, 1000), (51, 250), (201, 1000)])
def test_labels_that_seem_to_be_a_quantity_are_said(classes: int, rows: int) -> None:
    y = np.arange(rows) % classes
    with pytest.warns(DataWarning, match=f"are {classes} different whole numbers in {rows:,} rows"):
        load_data((np.zeros((rows, 1)), y))


@pytest.mark.parametrize(("classes", "rows"), [(50, 100), (51, 300), (200, 1000)])
def test_labels_that_may_well_be_classes_are_not_spoken_of(classes: int, rows: int) -> None:
    y = np.arange(rows) % classes
    load_data((np.zeros((rows, 1)), y))
    load_data((np.zeros((rows, 1)), [f"name {k % 90}" for k in range(rows)]))


def test_a_study_says_it_of_the_first_split_alone(table: Path) -> None:
    sets = Sets(source=table, target="kind")
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for seed in (0, 1, 0):
            sets.of(seed)
    assert [warning.category for warning in found] == [DataWarning]


@pytest.mark.parametrize("command", [["train", "--out", "run", *QUICK], ["data", "info"]])
def test_the_commands_that_speak_of_every_column_do_so_once(
    klayer: Program, table: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)
    assert klayer(*command, table, "--target", "kind") == 0
    assert (klayer.out + klayer.error).count("left out; dates") == 1
    assert "should be of numbers" not in klayer.error


def test_other_commands_say_it_in_one_sentence(klayer: Program, table: Path) -> None:
    assert klayer("lr-range", table, "--target", "kind", "--high", "1e6") == 0
    assert klayer.error.count("klayer: the columns of a table should be of numbers") == 1


def test_the_commands_say_of_labels_that_they_seem_to_be_a_quantity(
    klayer: Program, tmp_path: Path
) -> None:
    rows = "".join(f"{k},{k * 7 % 100}\n" for k in range(300))
    (tmp_path / "price.csv").write_text("size,price\n" + rows)
    assert klayer("data", "info", tmp_path / "price.csv", "--target", "price") == 0
    assert klayer.error.count("are 100 different whole numbers in 300 rows") == 1
