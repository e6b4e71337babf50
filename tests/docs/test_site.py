"""The site builds strictly, has every public name and every formula, and fetches nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mkdocs.utils.yaml import yaml_load

from docs.making.reference import rooms
from tests.conftest import ROOT
from tests.docs.looking import look
from tests.report.browser import Browser


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build a site strictly."""
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "-f",
        str(config),
        "-d",
        str(site),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly."""
    path = tmp_path_factory.mktemp("site")
    done = build(ROOT / "mkdocs.yml", path)
    assert done.returncode == 0, done.stdout + done.stderr
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return Browser(tmp_path_factory.mktemp("browser"))


def test_the_site_builds_strictly_with_every_name_and_formula_and_fetches_nothing(
    site: Path,
) -> None:
    for room in rooms():
        html = (site / room.file).with_suffix(".html").read_text(encoding="utf-8")
        missing = [home for home in room.homes.values() if f'id="{home}"' not in html]
        assert not missing, room.path
    reference = (site / "reference" / "index.html").read_text(encoding="utf-8")
    home = "klayer.estimator.classifier.KLayerClassifier"
    for name in ("fit", "predict_proba", "decision_function"):  # its own and inherited ones
        assert f'id="{home}.{name}"' in reference

    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    left = re.compile(r'class="arithmatex">\\|<!-- code:|&lt;!-- code:')
    assert not [path for path, html in pages.items() if left.search(html)]
    assert "<math" in pages[site / "mathematics" / "batch-norm.html"]
    fetched = re.compile(r'<(?:script|img|link)[^>]*(?:src|href)="?(?:https?:)?//')
    assert not [path for path, html in pages.items() if fetched.search(html)]


def test_the_browser_draws_formulas_pictures_and_code_and_finds_what_is_searched_for(
    site: Path, browser: Browser
) -> None:
    formulas = look(browser, site / "mathematics" / "batch-norm.html")
    assert formulas.faults() == []
    assert len(formulas.seen["formulas"]) > 30
    assert len(formulas.seen["fractions"]) > 5
    assert len(formulas.seen["code"]) > 2
    pictures = look(browser, site / "reproduction.html")
    assert pictures.faults() == []
    assert len(pictures.seen["pictures"]) > 3
    searched = look(browser, site / "index.html", "?q=decision_function")
    assert searched.faults() == []
    results = re.findall(r'<a href="([^"]*)" class="md-search-result__link"', searched.dom)
    assert any("how-to/classifier.html" in result for result in results), results


PLANTED = """\
<html><body><pre><code>x</code></pre><pre><code> </code></pre><img src="lost.png">
<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>
<math style="display: none"><mi>x</mi></math>
<p><mfrac><mn>1</mn><mn>2</mn></mfrac></p>
<script>console.error("no")</script></body></html>
"""


def test_what_is_wrong_in_a_page_is_seen(tmp_path: Path, browser: Browser) -> None:
    page = tmp_path / "page.html"
    page.write_text(PLANTED, encoding="utf-8")
    console, *others = look(browser, page).faults()
    assert "no" in console
    assert others == [
        "a formula is not drawn",
        "a fraction is not drawn as one",
        "the picture lost.png is not there",
        "a block of code is empty",
        "there is no search",
    ]


def test_a_broken_link_and_a_page_left_out_of_the_navigation_fail_the_build(tmp_path: Path) -> None:
    settings = yaml_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    kept = {name: settings[name] for name in ("site_name", "validation", "use_directory_urls")}
    (tmp_path / "docs").mkdir()
    config, page = tmp_path / "mkdocs.yml", tmp_path / "docs" / "index.md"
    config.write_text(json.dumps({**kept, "nav": ["index.md"]}), encoding="utf-8")

    def built(text: str) -> bool:
        page.write_text(text, encoding="utf-8")
        return build(config, tmp_path / "site").returncode == 0

    assert built("# A title\n\n[here](index.md#a-title)\n")
    assert not built("[nowhere](missing.md)\n")
    assert not built("[nowhere](index.md#missing)\n")
    (tmp_path / "docs" / "lost.md").write_text("# Lost\n", encoding="utf-8")
    assert not built("# A title\n")
