"""The site builds strictly, has every public name and every formula, and fetches nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from mkdocs.utils.yaml import yaml_load

from docs.making.reference import rooms
from tests.conftest import ROOT


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


def test_the_site_builds_strictly_with_every_name_and_formula_and_fetches_nothing(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    done = build(ROOT / "mkdocs.yml", site)
    assert done.returncode == 0, done.stdout + done.stderr

    for room in rooms():
        html = (site / room.file).with_suffix(".html").read_text(encoding="utf-8")
        missing = [home for home in room.homes.values() if f'id="{home}"' not in html]
        assert not missing, room.path

    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    left = re.compile(r'class="arithmatex">\\|<!-- code:|&lt;!-- code:')
    assert not [path for path, html in pages.items() if left.search(html)]
    assert "<math" in pages[site / "mathematics" / "batch-norm.html"]
    fetched = re.compile(r'<(?:script|img|link)[^>]*(?:src|href)="?(?:https?:)?//')
    assert not [path for path, html in pages.items() if fetched.search(html)]


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
