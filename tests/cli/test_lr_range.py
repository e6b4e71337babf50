"""`klayer lr-range`: two rates, their spread, and the rule."""

import os
from pathlib import Path

import pytest

from tests.conftest import Program

QUICK = ("lr-range", "digits", "--hidden", "10", "--updates", 100, "--seeds", 2, "--engine", "reference")  # fmt: skip


def test_json_has_the_rates_and_the_rule(klayer: Program) -> None:
    found = klayer.json(*QUICK)
    assert 0 < found["rate_min"] < found["rate_max"] < 10
    assert "a tenth of its fall" in found["rule"]
    assert [row["seed"] for row in found["seeds"]] == [0, 1]


def test_nothing_is_written_unless_a_folder_is_named(
    klayer: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert klayer(*QUICK) == 0
    assert "are suggested" in klayer.out
    assert os.listdir(tmp_path) == []
    assert klayer(*QUICK, "--out", "kept") == 0
    assert {"report.html", "results.json", "lr-range.png"} == set(os.listdir("kept"))


def test_a_folder_of_something_else_is_left_alone(klayer: Program, tmp_path: Path) -> None:
    quick = ("lr-range", "digits", "--seeds", 1, "--engine", "reference")
    (tmp_path / "notes.txt").write_text("mine")
    assert klayer(*quick, "--out", tmp_path) == 2
    assert f"new, empty or the command's own, but {tmp_path} holds notes.txt" in klayer.error
    assert klayer(*quick, "--out", tmp_path / "notes.txt") == 2
    for _ in range(2):
        assert klayer(*quick, "--out", tmp_path / "new") == 0


def test_low_above_high_is_said_in_one_sentence(klayer: Program) -> None:
    assert klayer("lr-range", "digits", "--low", "3", "--high", "2") == 2
    assert klayer.error == (
        "klayer: `low` must be positive and below `high`, but got low=3.0 and high=2.0\n"
    )
