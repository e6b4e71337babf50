"""`klayer evaluate`: confusion, precision and recall, top-k, calibration; words, JSON, picture."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer.models import roc_auc
from tests.conftest import Program

QUICK = ["--hidden", "12", "--step-size", "40", "--cycles", "1"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from klayer import Plan, fit, load_data

    run = tmp_path_factory.mktemp("runs") / "stack"
    plan = Plan(hidden=(12,), step_size=40, cycles=1, networks=3)
    fit(load_data("digits"), plan, engine="reference", out=run)
    return run


def test_json_has_figures_of_every_class(klayer: Program, stack: Path) -> None:
    found = klayer.json("evaluate", stack)
    confusion = np.array(found["confusion"])
    assert confusion.shape == (10, 10)
    assert confusion.sum() == found["n"]
    for k, one in enumerate(found["classes"]):
        assert (one["label"], one["n"]) == (k, confusion[k].sum())
        assert one["recall"] == pytest.approx(confusion[k, k] / confusion[k].sum())
        assert one["precision"] == pytest.approx(confusion[k, k] / confusion[:, k].sum())
    assert found["ensemble"]["accuracy"] == pytest.approx(confusion.trace() / confusion.sum())
    assert set(found["top_k"]) == {"2", "3", "5"}
    assert 0 < found["calibration_error"] < 1
    recalls = [one["recall"] for one in found["classes"]]
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert 0.5 < found["roc_auc"] < 1


def test_a_part_of_other_data_is_said_to_be_one(
    klayer: Program, stack: Path, tmp_path: Path
) -> None:
    from klayer import load_data

    digits = load_data("digits").samples
    np.savez(tmp_path / "new.npz", X=digits.X[:200], y=digits.y[:200])
    assert klayer("evaluate", stack, tmp_path / "new.npz") == 0
    assert "and 40 of its 200 rows, the test set, were judged; --split all" in klayer.error
    assert klayer("evaluate", stack, tmp_path / "new.npz", "--split", "all") == 0
    assert "200 rows" in klayer.out
    assert klayer.error == ""
    assert klayer("evaluate", stack, "digits") == 0
    assert klayer.error == ""


def test_data_that_have_changed_since_are_refused_unless_they_are_named(
    klayer: Program, tmp_path: Path
) -> None:
    table, run = tmp_path / "t.csv", tmp_path / "run"
    lines = ["a,b,y", *(f"{k * k % 17},{k % 5},{'uv'[k % 2]}" for k in range(60))]
    table.write_text("\n".join(lines), encoding="utf-8")
    quick = ("--hidden", "none", "--step-size", 5, "--cycles", 1)
    assert klayer("train", table, "--target", "y", *quick, "--out", run) == 0
    for command in ("evaluate", "report"):
        assert klayer(command, run) == 0
    table.write_text("\n".join(lines[:1] + lines[2:]), encoding="utf-8")
    for command in ("evaluate", "report"):
        assert klayer(command, run) == 2
        assert f"those of {run} have changed since (fingerprint" in klayer.error
        assert klayer(command, run, table) == 0


def test_texts_like_numbers_with_a_comma_are_read_alike_at_every_time(
    klayer: Program, tmp_path: Path
) -> None:
    table, run = tmp_path / "t.csv", tmp_path / "run"
    lines = [
        "a;size;y",
        *(f"{k * k % 17};{['1,5', 'big'][k % 3 == 0]};{'uv'[k % 2]}" for k in range(60)),
    ]
    table.write_text("\n".join(lines), encoding="utf-8")
    quick = ("--hidden", "none", "--step-size", 5, "--cycles", 1)
    assert klayer("train", table, "--target", "y", *quick, "--out", run) == 0
    assert klayer("evaluate", run) == 0
    assert klayer("predict", run, table) == 0
    assert "no training row had" not in klayer.error


def test_the_best_alone_is_judged_by_its_own_figures(klayer: Program, stack: Path) -> None:
    found = klayer.json("evaluate", stack, "--best")
    confusion = np.array(found["confusion"])
    assert found["accuracy"] == pytest.approx(confusion.trace() / confusion.sum())
    assert found["accuracy"] == klayer.json("evaluate", stack)["accuracy"]
    assert "ensemble" not in found


def test_words_have_both_tables(klayer: Program, stack: Path, tmp_path: Path) -> None:
    assert klayer("evaluate", stack, "--picture", tmp_path / "c.png") == 0
    for words in ("the mean of 3 networks: accuracy", "top-2 accuracy", "precision", "taken for"):
        assert words in klayer.out
    assert "expected calibration error" in klayer.out
    assert "balanced accuracy 0." in klayer.out
    assert "area under the ROC curve 0." in klayer.out
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert klayer("evaluate", stack, "--picture", tmp_path / "no" / "c.png") == 2
    assert "must be written, but cannot be: No such file" in klayer.error


def test_a_class_without_rows_has_no_recall(klayer: Program, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,kind\n" + "1,x\n2,y\n3,z\n" * 10)
    where: list[Any] = ["--target", "kind", "--out", tmp_path / "run"]
    klayer("train", path, *QUICK, *where)
    path.write_text("a,kind\n" + "1,x\n2,y\n" * 10)
    found = klayer.json("evaluate", tmp_path / "run", path, "--split", "all", "--target", "kind")
    assert found["classes"][2]["recall"] is None
    assert np.array(found["confusion"]).sum() == 20
    assert klayer("evaluate", tmp_path / "run", path, "--split", "all", "--target", "kind") == 0
    assert "–" in klayer.out


def test_an_area_that_is_not_known_is_null_and_left_out_of_the_words(
    klayer: Program, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roc_auc, "MOST_NUMBERS", 0)
    found = klayer.json("evaluate", stack)
    assert found["roc_auc"] is None
    assert found["balanced_accuracy"] > 0.5
    assert klayer("evaluate", stack) == 0
    assert "balanced accuracy 0." in klayer.out
    assert "ROC" not in klayer.out
