"""What the pages show is what happens."""

from pathlib import Path

import pytest

from tests.conftest import ROOT, Program
from tests.docs import pages

DOCS = ROOT / "docs"
RUN = sorted(
    page for page in DOCS.rglob("*.md") if list(pages.blocks(page.read_text(encoding="utf-8")))
)


@pytest.mark.parametrize("page", RUN, ids=[page.relative_to(DOCS).as_posix() for page in RUN])
def test_a_page_runs_as_it_says(
    page: Path, klayer: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(
        "klayer.engines.native.engine._allowed_cpus", lambda: 1
    )  # the other is busy

    def run(arguments: list[str]) -> tuple[int, str]:
        return klayer(*arguments), klayer.out + klayer.error

    found = pages.faults(page, run)
    assert not found, "\n".join(found)


def test_the_first_hour_is_among_them() -> None:
    assert DOCS / "first-hour.md" in RUN


PAGE = """\
```console
$ klayer say hello
hello
$ klayer fail
$ echo $?
2
```

```pycon
>>> n = 1
```

Words.

```pycon
>>> n + 1
2
```

```sh
klayer fail
```
"""


def say(arguments: list[str]) -> tuple[int, str]:
    """Stand in for the program."""
    return (2, "no\n") if arguments[0] == "fail" else (0, "hello\nworld\n")


def faults_in(text: str, folder: Path) -> list[str]:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    return pages.faults(page, say)


def test_a_right_page_has_no_faults(tmp_path: Path) -> None:
    assert faults_in(PAGE, tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("\nhello\n", "\ngoodbye\n"),
        ("$ echo $?\n2\n", "$ echo $?\n0\n"),
        ("$ echo $?\n2\n", ""),
        ("\n2\n```\n\n```sh", "\n3\n```\n\n```sh"),
        (">>> n = 1\n", ""),
    ],
)
def test_a_planted_mistake_is_found(right: str, wrong: str, tmp_path: Path) -> None:
    assert right in PAGE
    assert len(faults_in(PAGE.replace(right, wrong, 1), tmp_path)) == 1
