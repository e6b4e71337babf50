"""What the library says fits who calls it from Python: its arguments are named as they are there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

LIBRARY = ROOT / "src" / "klayer"
FILES = sorted(path for path in LIBRARY.rglob("*.py") if LIBRARY / "cli" not in path.parents)
COMMAND_LINE = re.compile(r"\(on the command line [^()]*\)|`klayer [^`]*`")


def sentences(tree: ast.AST) -> Iterator[str]:
    """Yield what a file raises, in words; a value in it as braces."""
    for raised in ast.walk(tree):
        if isinstance(raised, ast.Raise):
            for call in ast.walk(raised):
                if isinstance(call, ast.Call):
                    yield from (words(given) for given in call.args)


def words(given: ast.AST) -> str:
    if isinstance(given, ast.BinOp):
        return words(given.left) + words(given.right)
    parts = given.values if isinstance(given, ast.JoinedStr) else [given]
    texts = (part.value if isinstance(part, ast.Constant) else "{}" for part in parts)
    return "".join(map(str, texts))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(LIBRARY)) for path in FILES])
def test_an_option_of_the_command_line_is_named_only_beside_its_argument(path: Path) -> None:
    for sentence in sentences(ast.parse(path.read_text(encoding="utf-8"))):
        assert "--" not in COMMAND_LINE.sub("", sentence)


def test_an_option_alone_is_found() -> None:
    tree = ast.parse("raise InputError(f'{path} is full; ' 'use --force')")
    assert list(sentences(tree)) == ["{} is full; use --force"]
    assert "--" in COMMAND_LINE.sub("", next(sentences(tree)))
    assert "--" not in COMMAND_LINE.sub("", "use `force` (on the command line `--force`)")
