"""Tables with texts and empty cells on the command line: what is said, and what a model takes."""

import re
from pathlib import Path

import pytest

from klayer import load_model
from tests.conftest import Program

QUICK = ["--hidden", "6", "--step-size", "20", "--cycles", "1"]
ROWS = (
    "3,cat,4.5,2020-01-01,no\n,dog,20,2020-01-02,yes\n"
    "7,?,19,2020-01-03,yes\n2,cat,3,2020-01-04,no\n"
)
SENTENCES = (
    "column 'age': numbers; an empty cell becomes the median",
    "column 'kind': texts; a feature for each of 3 (cat, dog, empty)",
    "column 'born': left out; dates",
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
    for name, features, done in (
        ("age", 2, "numbers; an empty cell becomes the median"),
        ("kind", 3, "texts; a feature for each of 3 (cat, dog, empty)"),
        ("weight", 1, "numbers as they are"),
        ("born", 0, "left out; dates"),
    ):
        line = re.search(rf"│ {name} +│ +{features} │ (.*)", klayer.out)
        assert line is not None
        assert line[1].startswith(done)
    columns = klayer.json("data", "info", pets, "--target", "barks")["columns"]
    assert [(one["name"], one["kind"]) for one in columns] == [
        ("age", "number"), ("kind", "categories"), ("weight", "number"), ("born", "left out"),
    ]  # fmt: skip
    assert columns[1]["features"] == ["kind=cat", "kind=dog", "kind missing"]
    assert klayer.json("data", "info", "digits")["columns"] is None


def test_columns_can_be_left_out_in_training_and_need_not_be_there_again(
    klayer: Program, tmp_path: Path
) -> None:
    table, run = tmp_path / "a.csv", tmp_path / "run"
    lines = [f"{n},{'x' if n % 3 else n},{n % 2},{n % 2}" for n in range(60)]
    table.write_text("\n".join(["id,mixed,size,kind", *lines]) + "\n")
    begun = ["train", table, "--target", "kind", *QUICK]
    assert klayer(*begun, "--out", tmp_path / "all", "--ignore", "mixed") == 0
    assert "column 'id' seems to number the rows" in klayer.error
    assert klayer("data", "info", table, "--target", "kind", "--ignore", "mixed") == 0
    assert "numbers that seem to number the rows: --ignore id?" in klayer.out
    assert klayer(*begun, "--out", run, "--ignore", "id, mixed") == 0
    assert "seems to number" not in klayer.error
    assert "column 'id': left out; it was to be ignored" in klayer.error
    assert klayer("evaluate", run) == 0
    (tmp_path / "new.csv").write_text("size\n0\n1\n")
    assert klayer("predict", run, tmp_path / "new.csv") == 0
    assert [line[0] for line in klayer.out.splitlines()] == ["p", "0", "1"]
    (tmp_path / "more.csv").write_text("size,kind\n" + "0,0\n1,1\n" * 9)
    assert klayer("evaluate", run, tmp_path / "more.csv", "--split", "all") == 0
    assert klayer(*begun, "--out", tmp_path / "b", "--ignore", "ids") == 2
    assert "`ignore` must name columns of" in klayer.error
    assert "but got 'ids'; did you mean 'id'?" in klayer.error
    assert klayer("data", "info", "digits", "--ignore", "id") == 2


def test_codes_of_a_table_are_categories_in_training_and_ever_after(
    klayer: Program, tmp_path: Path
) -> None:
    table, run = tmp_path / "a.csv", tmp_path / "run"
    table.write_text("zone,size,kind\n" + "007,1,a\n12,2,b\n40,3,a\n" * 30)
    begun = ["train", table, "--target", "kind", "--categorical", "zone", *QUICK, "--out", run]
    assert klayer(*begun) == 0
    said = "column 'zone': texts; a feature for each of 3 (007, 12, 40)"
    assert said in klayer.error
    assert load_model(run).feature_names == ("zone=007", "zone=12", "zone=40", "size")
    assert klayer("train", "--resume", "--out", run) == 0
    assert klayer("evaluate", run) == 0
    (tmp_path / "new.csv").write_text("zone,size\n007,1\n7,1\n8,2\n")
    assert klayer("predict", run, tmp_path / "new.csv") == 0
    assert "1 of 3 cells of 'zone' are texts that no training row had, '8'" in klayer.error
    for command in (["data", "info", table], ["check", "--data", table]):
        assert klayer(*command, "--target", "kind", "--categorical", "zone") == 0
        assert klayer(*command, "--target", "kind", "--categorical", "zones") == 2
        assert "`categorical` must name columns of" in klayer.error


def test_a_column_of_too_many_codes_is_left_out_and_the_run_knows_its_data_again(
    klayer: Program, tmp_path: Path
) -> None:
    table, run = tmp_path / "a.csv", tmp_path / "run"
    lines = [f"{1000 + 7 * n},{n % 3},{'ab'[n % 2]}" for n in range(600)]
    table.write_text("\n".join(["code,size,kind", *lines]) + "\n")
    begun = ["train", table, "--target", "kind", "--categorical", "code", *QUICK, "--out", run]
    assert klayer(*begun) == 0
    assert "column 'code': left out; texts of 384 kinds" in klayer.error
    assert "at most 255 become features" in klayer.error
    assert klayer("evaluate", run) == 0
    assert klayer("report", run) == 0


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


def test_a_column_without_a_name_can_be_left_out(klayer: Program, tmp_path: Path) -> None:
    table, run = tmp_path / "pandas.csv", tmp_path / "run"
    table.write_text(",a,kind\n" + "".join(f"{n},{n % 5},{'xy'[n % 2]}\n" for n in range(60)))
    begun = ["train", table, "--target", "kind", *QUICK]
    assert klayer(*begun, "--out", tmp_path / "all") == 0
    assert "--ignore '' leaves it out" in klayer.error
    assert klayer(*begun, "--out", run, "--ignore", "") == 0
    assert "seems to number the rows" not in klayer.error
    assert load_model(run).feature_names == ("a",)
