"""Tables with texts and empty cells on the command line: what is said, and what a model takes."""

from pathlib import Path

import pytest

from tests.conftest import Program

QUICK = ["--hidden", "6", "--step-size", "20", "--cycles", "1"]
ROWS = (
    "3,cat,4.5,2020-01-01,no\n,dog,20,2020-01-02,yes\n"
    "7,?,19,2020-01-03,yes\n2,cat,3,2020-01-04,no\n"
)
SENTENCES = (
    "column 'age': numbers; an empty cell becomes the median",
    "column 'kind': texts; a feature for each of 3 (cat, dog, empty)",
)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    path = tmp_path / "pets.csv"
    path.write_text("age,kind,weight,born,barks\n" + ROWS * 30)
    return path


def test_train_says_what_was_done_with_which_column(
    klayer: Program, pets: Path, tmp_path: Path
) -> None:
    code = klayer("train", pets, "--target", "barks", *QUICK, "--out", tmp_path / "run")
    assert code == 0
    for sentence in SENTENCES:
        assert klayer.error.count(sentence) == 1
    assert "'weight'" not in klayer.error


def test_data_info_says_it_and_its_json_lists_every_column(klayer: Program, pets: Path) -> None:
    assert klayer("data", "info", pets, "--target", "barks") == 0
    for sentence in SENTENCES:
        assert klayer.out.count(sentence) == 1
    columns = klayer.json("data", "info", pets, "--target", "barks")["columns"]
    assert [(one["name"], one["kind"]) for one in columns] == [
        ("age", "number"), ("kind", "categories"), ("weight", "number"), ("born", "categories"),
    ]  # fmt: skip
    assert columns[1]["features"] == ["kind=cat", "kind=dog", "kind missing"]
    assert klayer.json("data", "info", "digits")["columns"] is None


def test_evaluate_and_report_take_the_models_own_encoding(
    klayer: Program, pets: Path, tmp_path: Path
) -> None:
    run = klayer.json("train", pets, "--target", "barks", *QUICK, "--out", tmp_path / "run")
    assert klayer.json("evaluate", tmp_path / "run")["accuracy"] == run["test_accuracy"]
    more = tmp_path / "more.csv"
    more.write_text(
        "kind,barks,weight,born,age,new\ncow,no,1,?,,1\ncat,yes,2,?,3,1\n" + ",no,1,,,\n" * 9
    )
    found = klayer.json("evaluate", tmp_path / "run", more, "--split", "all", "--target", "barks")
    assert found["n"] == 11
    assert klayer("report", tmp_path / "run") == 0
