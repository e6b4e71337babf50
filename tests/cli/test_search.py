"""`klayer search`: trials and the best plan, ready for `klayer train`."""

from pathlib import Path

import pytest

from tests.conftest import Program

QUICK = ("search", "digits", "--hidden", "8", "--step-size", 10, "--cycles", 1, "--trials", 3, "--refine", 2, "--engine", "reference")  # fmt: skip


def test_json_has_all_trials_and_the_best_whose_plan_trains_to_the_same(
    klayer: Program, tmp_path: Path
) -> None:
    found = klayer.json(*QUICK, "--lam", "1e-4:1e-1", "--out", tmp_path / "s")
    assert len(found["trials"]) == 5
    for trial in (*found["trials"], found["best"]):
        assert set(trial) >= {"lam", "final_validation_accuracy", "final_training_accuracy"}
    best = max(trial["final_validation_accuracy"] for trial in found["trials"])
    assert found["best"]["final_validation_accuracy"] == best
    names = {path.name for path in (tmp_path / "s").iterdir()}
    assert {"report.html", "search.db", "search-lam.png", "best-plan.json"} <= names
    trained = klayer.json(
        "train", "digits", "--plan", tmp_path / "s" / "best-plan.json", "--out", tmp_path / "t",
        "--engine", "reference",
    )  # fmt: skip
    assert trained["lam"] == found["best"]["lam"]
    assert trained["final_validation_accuracy"] == pytest.approx(best, abs=0.02)


def test_a_value_is_fixed_and_lambda_is_searched_where_nothing_else_is(
    klayer: Program, tmp_path: Path
) -> None:
    found = klayer.json(*QUICK, "--rate-max", 0.05, "--out", tmp_path / "s")
    assert found["plan"]["rate_max"] == 0.05
    assert len({trial["lam"] for trial in found["trials"]}) == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lam", "1:0.1"], "a search range must have low below high, but `lam` got 1:0.1"),
        (["--lam", "a:b"], "`--lam` must be a value or a range LOW:HIGH of numbers, but got"),
        (["--batch-size", "1.5:3"], "of whole numbers, but got '1.5"),
        (["--lam", "1"], "a search needs a range LOW:HIGH, but got values only: lam=1, "),
        (
            ["--epochs", "3"],
            "only one of `cycles`, `steps` and `epochs` may be given, but got cycles=1 and epochs=3",
        ),
        (["--trials", "0"], "`trials` must be at least 1"),
        (["--storage", "nosql://x"], "`storage` must be a database that can be reached"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    klayer: Program, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    assert klayer(*QUICK, *arguments, "--out", tmp_path / "s") == 2
    assert sentence in klayer.error
    assert klayer.error.count("\n") == 1


def test_studies_and_searches_leave_folders_of_something_else_alone(
    klayer: Program, tmp_path: Path
) -> None:
    study: tuple[object, ...] = (
        "study",
        "lambda",
        "digits",
        "--hidden",
        "8",
        "--step-size",
        5,
        "--cycles",
        1,
    )
    study += ("--lam", "0,1", "--replicates", 2, "--engine", "reference")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "plan.json").write_text("{}")
    for asked, kind in ((study, "study"), (QUICK, "search")):
        assert klayer(*asked, "--out", tmp_path / "run") == 2
        assert f"a {kind} needs a folder that is new, empty or its own, but" in klayer.error
        assert "holds plan.json; choose another `out`" in klayer.error
        assert klayer(*asked, "--out", tmp_path / kind) == 0
        assert klayer(*asked, "--out", tmp_path / kind) == 0
    assert klayer(*QUICK, "--out", tmp_path / "study") == 2
    assert "holds a study; choose another `out`" in klayer.error
    assert klayer(*study, "--out", tmp_path / "search") == 2
    assert "holds a search; choose another `out`" in klayer.error


def test_other_settings_are_searched_by_name(klayer: Program, tmp_path: Path) -> None:
    found = klayer.json(
        "search", "digits", "--other", "dropout=0.1:0.5", "--other", "weight-decay=0", "--trials",
        2, "--refine", 0, "--epochs", 1, "--out", tmp_path / "s",
    )  # fmt: skip
    assert all(0.1 <= trial["dropout"] <= 0.5 for trial in found["trials"])
    assert klayer("search", "digits", "--other", "dropout", "--out", tmp_path / "t") == 2
    assert "`--other` must be NAME=LOW:HIGH, but got 'dropout'" in klayer.error
