"""`klayer study`: a report and one JSON object, errors in one sentence."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Program

QUICK = ("--hidden", "10", "--cycles", "1", "--replicates", "2", "--engine", "reference")


def test_a_study_leaves_a_report_and_one_json_object(klayer: Program, tmp_path: Path) -> None:
    found = klayer.json(
        "study", "lambda", "digits", *QUICK, "--step-size", 20, "--lam", "0.001,1", "--out", tmp_path / "s"
    )  # fmt: skip
    assert {row["treatment"] for row in found["figures"]} == {"λ = 0.001", "λ = 1"}
    assert found["seeds"] == [0, 1]
    report = (tmp_path / "s" / "report.html").read_text(encoding="utf-8")
    assert "On average λ = " in report
    assert {"results.json", "study.json", "lambda-accuracy.png", "lambda-seed-1"} <= {
        path.name for path in (tmp_path / "s").iterdir()
    }


def test_the_answer_goes_to_standard_output(klayer: Program, tmp_path: Path) -> None:
    arguments = ("--step-size", 20, "--rows", 20, "--out", tmp_path / "s")
    assert klayer("study", "overfit", "digits", *QUICK, *arguments) == 0
    assert "replicates end with all 20 rows right" in klayer.out
    assert "without-batch-norm-seed-1: 40 updates, finished" in klayer.error
    assert "report.html" in klayer.error


def test_what_a_table_notes_is_printed_below_it(klayer: Program, tmp_path: Path) -> None:
    arguments = ("--step-size", 10, "--depths", "2,3", "--out", tmp_path / "s")
    assert klayer("study", "depth", "digits", *QUICK, *arguments) == 0
    assert "all 2 together with less." in " ".join(klayer.out.split())


def test_a_study_is_no_run_to_report_of(klayer: Program, tmp_path: Path) -> None:
    out = ("--step-size", 5, "--rows", 20, "--out", tmp_path / "s")
    assert klayer("study", "overfit", "digits", *QUICK, *out) == 0
    assert klayer("report", tmp_path / "s") == 2
    assert f"holds a study, whose own is {tmp_path / 's' / 'report.html'}" in klayer.error


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["depht"], "a study must be one of depth, batch-norm, init, lambda, rates, overfit, but got 'depht'; did you mean 'depth'?"),
        (["init", "--lam", "1,2"], "study init takes one value of `--lam`, but got [1.0, 2.0]"),
        (["init", "--depths", "3"], "`--depths` belongs to depth and batch-norm"),
        (["depth", "--replicates", "1"], "`replicates` must be at least 2 for a spread, but got 1"),
        (["lambda", "--rows", "10"], "study lambda has no use for `--rows`"),
        (["rates", "--epochs", "3"], "study rates has no use for `--epochs`"),
        (["overfit", "--lam", "0.1"], "study overfit has no use for `--lam`"),
        (["init", "--batch-norm"], "study init has no use for `--batch-norm`"),
        (["depth", "--hidden", "20,7"], "study depth takes one width of `--hidden`, but got [20, 7]"),
        (["depth", "--cycles", "2", "--epochs", "2"], "may be given, but got cycles=2 and epochs=2"),
        (["depth", "--batch-size", "0"], "`batch_size` must be at least 1, but got 0"),
        (["lambda", "--lam", "x"], "`--lam` must be numbers separated by commas, but got 'x'"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence_and_exit_code_2(
    klayer: Program, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    name, *rest = arguments
    assert klayer("study", name, "digits", *rest, "--out", tmp_path / "s") == 2
    assert sentence in klayer.error
    assert klayer.error.count("\n") == 1


def test_a_study_killed_anywhere_and_run_again_gives_the_report_of_an_undisturbed_one(
    klayer: Program, tmp_path: Path
) -> None:
    study = ("study", "init", "digits", *QUICK, "--step-size", "300", "--sigma", "he,0.001", "--threads", "1")  # fmt: skip
    for wanted in ("init-without-batch-norm-seed-0/history.csv", "init-with-batch-norm-seed-0/outcome.json"):  # fmt: skip
        call = [sys.executable, "-m", "klayer", *study, "--out", str(tmp_path / "cut")]
        process = subprocess.Popen(call, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not (tmp_path / "cut" / wanted).exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "cut" / "report.html").exists()
    found = [klayer.json(*study, "--out", tmp_path / name) for name in ("cut", "whole")]
    assert found[0]["figures"] == found[1]["figures"]
    assert found[0]["why"] == found[1]["why"]
    reports = [(tmp_path / name / "report.html").read_text() for name in ("cut", "whole")]
    kept = [[line for line in report.splitlines() if "<dt>" not in line] for report in reports]
    assert kept[0] == kept[1]
