"""The page of a run: every figure and table is there, for pictures and tables, for stacks."""

import re
from pathlib import Path

import numpy as np
import pytest

from klayer.data import load_data
from klayer.errors import InputError
from klayer.report import render
from klayer.report.run import RunReport, run_page
from klayer.training import Plan, fit
from tests.conftest import Program, make_data
from tests.data.makers import class_folders, encoded, write_folder
from tests.report.browser import Browser

PLAN = Plan(hidden=(12, 8), step_size=40, cycles=1, lam=[1.0, 0.0])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "stack"
    fit(load_data("digits"), PLAN, engine="reference", out=out)
    return out


@pytest.fixture(scope="module")
def report(run: Path) -> RunReport:
    return RunReport.of(run, load_data("digits"))


def test_the_page_has_curves_confusion_weights_mistakes_and_layers(
    report: RunReport, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(run_page(report, ["report", "stack"])), encoding="utf-8")
    dom, said = Browser(tmp_path).dom(page)
    assert said == []
    assert dom.count("<svg") == 4
    for words in (
        "Cost, accuracy and learning rate", "Confusion matrix", "The most confident mistakes",
        "First-layer weights", "What the layers do", "The plan", "klayer report stack",
    ):  # fmt: skip
        assert words in dom


def test_the_figures_are_those_of_the_best_network(run: Path, report: RunReport) -> None:
    assert report.model.best == 1
    fitted = fit(load_data("digits"), PLAN, engine="reference", out=run, resume=True)
    assert fitted.test is not None
    n = len(report.rows)
    assert report.confusion.sum() == n
    assert np.trace(report.confusion) / n == pytest.approx(fitted.test.accuracy[1])
    counts = np.bincount(report.data.samples.y[report.rows], minlength=10)
    assert report.confusion.sum(axis=1).tolist() == counts.tolist()


def test_the_answer_says_balanced_accuracy_beside_the_largest_class(report: RunReport) -> None:
    counts = report.confusion
    recall = float(np.mean(np.diag(counts) / counts.sum(axis=1)))
    answer = run_page(report, ["report", "stack"]).answer
    largest = counts.sum(axis=1).max() / counts.sum()
    said = f"(the largest class alone: {largest:.4f}), balanced accuracy {recall:.4f}"
    assert said in answer


def test_mistakes_are_mistakes_the_most_confident_first(report: RunReport) -> None:
    y, P = report.data.samples.y[report.rows], report.probabilities
    assert (P.argmax(axis=1)[report.mistakes] != y[report.mistakes]).all()
    assert (np.diff(P[report.mistakes].max(axis=1)) <= 0).all()
    assert len(report.mistakes) == len(y) - np.trace(report.confusion)


def test_a_mistake_is_named_by_its_file(tmp_path: Path) -> None:
    files = class_folders(each=20)
    data = load_data(write_folder(tmp_path / "pictures", files))
    plan = Plan(hidden=(), steps=1, rate_max=1e-5)
    fit(data, plan, engine="reference", out=tmp_path / "run")
    report = RunReport.of(tmp_path / "run", data)
    worst = report.rows[report.mistakes[0]]
    pixels = data.samples.X[worst].reshape(3, 4, 5).transpose(1, 2, 0)
    mistakes = run_page(report, ["report", "run"]).parts[1].tables[1]
    assert mistakes.columns[0] == "file"
    assert encoded(pixels) == files[mistakes.rows[0][0]]


def test_a_table_has_a_page_without_pictures(tmp_path: Path) -> None:
    data = make_data()
    fit(data, Plan(hidden=(), step_size=20, cycles=1), engine="reference", out=tmp_path / "run")
    html = render(run_page(RunReport.of(tmp_path / "run", data), ["report", "run"]))
    assert html.count("<svg") == 2
    assert "<img" not in html


def test_the_size_of_an_update_is_that_at_the_highest_rate(report: RunReport) -> None:
    assert report.history.rows[-1].rate < 0.01
    best, row = report.model.best, report.layers()[-1]
    W = report.model.state.parameters.W[-1][best]
    assert row.update == pytest.approx(0.1 * row.gradient / np.linalg.norm(W))
    html = render(run_page(report, ["report", "stack"]))
    assert "update relative to weight, at the highest rate" in html


@pytest.mark.parametrize("patience", [None, 2])
def test_an_update_s_size_is_said_where_the_checkpoint_knows_what_the_rule_remembers(
    tmp_path: Path, patience: int | None
) -> None:
    data = make_data()
    plan = Plan(
        hidden=(6,), optimizer="adamw", steps=40, step_size=8, batch_size=20, patience=patience
    )
    fitted = fit(data, plan, engine="reference", out=tmp_path / "run")
    sizes = [row.update for row in RunReport.of(tmp_path / "run", data).layers()]
    last = fitted.reason == "finished" and patience is None
    assert np.isnan(sizes).any() != last
    (tmp_path / "run" / "checkpoint.safetensors").unlink()
    report = RunReport.of(tmp_path / "run", data)
    assert np.isnan([row.update for row in report.layers()]).all()
    assert "nan" not in render(run_page(report, ["report", "run"])).split("What the layers do")[1]


def test_a_run_without_mistakes_says_so_and_shows_no_table_of_them(tmp_path: Path) -> None:
    data = make_data()
    found = fit(data, Plan(hidden=(20,), step_size=200), engine="reference", out=tmp_path / "run")
    assert found.test is not None
    assert found.test.accuracy[0] == 1
    html = render(run_page(RunReport.of(tmp_path / "run", data), ["report", "run"]))
    assert "No row of the test set is taken for another class." in html
    assert "The most confident mistakes" not in html


def test_the_confusion_matrix_of_few_classes_is_small(report: RunReport, tmp_path: Path) -> None:
    data = make_data()
    fit(data, Plan(hidden=(), step_size=20, cycles=1), engine="reference", out=tmp_path / "run")
    widths = []
    for found in (RunReport.of(tmp_path / "run", data), report):
        html = render(run_page(found, ["report", "run"]))
        (width,) = re.findall('Confusion matrix[^>]*style="max-width: ([0-9]+)px"', html)
        widths.append(int(width))
    assert widths[0] < 450 < 700 < widths[1] < 900


def test_report_writes_the_page_into_the_run(klayer: Program, run: Path) -> None:
    found = klayer.json("report", run)
    assert Path(found["report"]) == run / "report.html"
    assert found["accuracy"] > 0.3
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f"balanced accuracy {found['balanced_accuracy']:.4f}" in page
    assert re.search(r"<td>sigma</td>\s*<td>He(&#x27;|&#39;|')s", page)
    assert klayer("report", run, "--split", "validation", "--out", run / "v.html") == 0
    assert "validation set are right" in klayer.error


def test_what_is_no_run_is_said(klayer: Program, tmp_path: Path) -> None:
    assert klayer("report", tmp_path / "nowhere") == 2
    assert "a report needs a run directory, but got" in klayer.error
    with pytest.raises(InputError, match="a report needs a run directory"):
        RunReport.of(tmp_path, make_data())
