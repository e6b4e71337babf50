"""`klayer reproduce`: one JSON object, a report, exit codes, sentences."""

from pathlib import Path

import pytest

from tests.conftest import Program
from tests.report.browser import Browser

QUICK = ("reproduce", "--data", "digits", "--quick", "--engine", "reference")


def test_json_has_the_promised_keys_and_the_same_command_runs_nothing_again(
    klayer: Program, tmp_path: Path
) -> None:
    arguments = (*QUICK, "--only", "init,gradients", "--out", tmp_path / "r")
    found = klayer.json(*arguments)
    assert set(found) >= {"figures", "claims", "seconds", "peak_memory_bytes"}
    assert found["peak_memory_bytes"] > 2**20
    names = {path.name for path in (tmp_path / "r").iterdir()}
    assert {"report.html", "results.json", "init.png", "3-layer-seed-1"} <= names
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "r").glob("*/model.*")}
    report = (tmp_path / "r" / "report.html").read_text()
    dom, said = Browser(tmp_path).dom(tmp_path / "r" / "report.html")
    assert said == []
    assert (dom.count("<svg"), dom.count("<table>")) == (2, 3)
    again = klayer.json(*arguments)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert again["figures"] == found["figures"]
    assert without_times((tmp_path / "r" / "report.html").read_text()) == without_times(report)


def without_times(report: str) -> list[str]:
    return [line for line in report.splitlines() if "<dt>" not in line]


def test_tables_go_to_standard_output_and_the_rest_to_standard_error(
    klayer: Program, tmp_path: Path
) -> None:
    assert klayer(*QUICK, "--only", "gradients", "--out", tmp_path / "r") == 0
    assert "largest absolute error" in klayer.out
    assert "report.html" in klayer.error


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "netwoks"], "did you mean 'networks'?"),
        (["--replicates", "1"], "`replicates` must be at least 2 for a spread, but got 1"),
        (["--data", "no-such-place"], "no-such-place"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    klayer: Program, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    assert klayer("reproduce", "--quick", "--out", tmp_path / "r", *arguments) == 2
    assert sentence in klayer.error
    assert klayer.error.count("\n") == 1
