"""Runs a page of the documentation from top to bottom, as a reader who types everything would.

In fences of `pycon` are Python examples; one page is one session. In fences of `console` are command lines
after `$`, followed by lines that they print, in their order, `…` standing for anything. A command must succeed
unless `echo $?` follows it, which shows its exit code. What stands in any other fence is not run.
"""

import doctest
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<kind>pycon|console)[^\n]*\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

Run = Callable[[list[str]], tuple[int, str]]


class Block(NamedTuple):
    """One fence: what kind, its text, and the line it stands on."""

    kind: str
    text: str
    line: int


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the fences that are run."""
    for found in FENCE.finditer(markdown):
        indent = found["indent"]
        lines = [line.removeprefix(indent) for line in found["text"].splitlines()]
        line = markdown.count("\n", 0, found.start()) + 1
        yield Block(found["kind"], "\n".join(lines) + "\n", line)


def faults(page: Path, run: Run) -> list[str]:
    """Return what does not come out as the page says; runs in the current folder.

    Args:
        page: the Markdown file.
        run: runs the arguments of `klayer` and returns the exit code and what was printed.
    """
    names: dict[str, Any] = {}
    found: list[str] = []
    for block in blocks(page.read_text(encoding="utf-8")):
        where = f"{page.name}:{block.line}"
        if block.kind == "pycon":
            found += _python(block.text, names, where)
        else:
            found += _console(block.text, run, where)
    return found


def _python(text: str, names: dict[str, Any], where: str) -> list[str]:
    """Run Python examples in a page's session."""
    test = doctest.DocTestParser().get_doctest(text, names, where, None, 0)
    test.globs = names
    said: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=FLAGS).run(
        test, out=said.append, clear_globs=False
    )
    return ["".join(said)] if said else []


def _console(text: str, run: Run, where: str) -> list[str]:
    """Run command lines and compare what they print."""
    found: list[str] = []
    commands = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    code = 0
    for place, command in enumerate(commands):
        line, _, expected = command.partition("\n")
        if line == "echo $?":
            printed = f"{code}\n"
        else:
            code, printed = run(shlex.split(line, comments=True)[1:])
            asked = place + 1 < len(commands) and commands[place + 1].startswith("echo $?")
            if code and not asked:
                found.append(f"{where}: `{line}` ended with {code}: {printed}")
        if missing := _first_missing(expected.splitlines(), printed.splitlines()):
            found.append(
                f"{where}: `{line}` must print the line\n{missing}\nbut printed\n{printed}"
            )
    return found


def _first_missing(expected: list[str], printed: list[str]) -> str:
    """Return the first expected line that is not printed after those before it, or ""."""
    rest = iter(" ".join(line.split()) for line in printed)
    for line in expected:
        parts = (re.escape(" ".join(part.split())) for part in line.split("…"))
        pattern = re.compile(r"\s*.*?\s*".join(parts))
        if line.strip() and not any(pattern.fullmatch(each) for each in rest):
            return line
    return ""
