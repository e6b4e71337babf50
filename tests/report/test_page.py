"""The report: one file that a browser shows without script, network or complaint."""

import re
from pathlib import Path

import numpy as np
import pytest

from klayer.report import evidence_of, render, study_page
from klayer.studies.answer import Answer, Bar, Curves, Intervals, Points, Section, Table
from tests.report.browser import Browser

STEPS = np.array([0, 10, 20])
CURVES = np.array([[0.1, 0.4, 0.5], [0.12, 0.42, 0.49], [0.09, 0.41, 0.52]])
ANSWER = Answer(
    title="A study & its answer",
    question="Is <a> above b?",
    sentence="It is: a − b = 0.1.",
    sections=(
        Section(
            "What was measured",
            ("Two networks.",),
            (
                Table(
                    "Figures", ("network", "accuracy"), (("a", "0.5"), ("b <i>", "0.4")),
                    flagged=frozenset({1}), note="A note.",
                ),
            ),
            (
                Curves("curves", "Accuracy of a and b", "accuracy", {"a": (STEPS, CURVES), "b": (STEPS, CURVES / 2)}),
                Points(
                    "points", "Accuracy against λ", "λ", "accuracy", {"validation": (STEPS + 1e-3, CURVES)},
                    {"validation": (STEPS + 1e-3, CURVES[0])}, "reference", log_x=True,
                ),
                Intervals("intervals", "Differences", "difference", (Bar("a − b", 0.1, 0.05, 0.15, 0.08),), "reference", 0.0),
            ),
        ),
    ),
    payload={},
)  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    evidence = evidence_of(["study", "a b.csv"], "a b.csv", [0, 1, 2], "reference", 90.0, 2**27)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(study_page(ANSWER, evidence)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return Browser(tmp_path_factory.mktemp("browser"))


def test_the_browser_shows_every_table_and_picture_without_complaint(
    page: Path, browser: Browser
) -> None:
    dom, said = browser.dom(page)
    assert said == []
    assert dom.count("<svg") == dom.count("<figure>") == 3
    assert dom.count("<table>") == 1
    for words in ("Is &lt;a&gt; above b?", "b &lt;i&gt;", "A note.", "klayer study 'a b.csv'"):
        assert words in dom
    for words in ("1.5 minutes", "128 MiB", "0, 1, 2", "numpy", "reference"):
        assert words in dom


def test_light_and_dark_follow_the_reader(page: Path, browser: Browser) -> None:
    light, dark = browser.screenshot(page), browser.screenshot(page, dark=True)
    assert light[0, 0].min() > 240
    assert dark[0, 0].max() < 60
    for pixels in (light, dark):
        unlike_the_page = (np.abs(pixels.astype(int) - pixels[0, 0]).max(axis=2) > 100).mean()
        assert 0.005 < unlike_the_page < 0.2


def test_the_file_needs_nothing_else_and_runs_no_script(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "javascript:" not in html
    for found in re.findall(r'(?:src|href)="([^"]*)"', html):
        assert found.startswith(("data:", "#"))
    namespaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\"'<> ]+", html)) <= namespaces
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))


def test_the_same_answer_gives_the_same_file(page: Path) -> None:
    evidence = evidence_of(["study", "a b.csv"], "a b.csv", [0, 1, 2], "reference", 90.0, 2**27)
    assert render(study_page(ANSWER, evidence)) == page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.71, "0.7 seconds"), (59.0, "59.0 seconds"), (60.0, "1.0 minutes"), (912.0, "15.2 minutes")],
)
def test_a_short_time_is_said_in_seconds(seconds: float, words: str) -> None:
    evidence = evidence_of(["study"], "digits", [0], "reference", seconds, 0)
    assert dict(evidence.lines())["time"] == f"{words} of computing"


def test_a_picture_says_what_it_shows_and_its_units(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    for words in (
        "Accuracy against λ",
        "update step",
        "95 % confidence interval of the mean over 3",
    ):
        assert words in html
    assert html.count('role="img"') == 3
