"""Lines of klayer's own code in a page, found by name, so that text and code cannot drift.

A line ``<!-- code: src/klayer/layers/affine.py affine.backward -->`` becomes the code of that
function, without its docstring and without the functions inside it, which have names of their own.
"""

import ast
import re
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DIRECTIVE = re.compile(r"^(?P<indent> *)<!-- code: (?P<file>\S+) (?P<name>\S+) -->$", re.MULTILINE)

Function = ast.FunctionDef


def with_code(markdown: str) -> str:
    """Return a page with its directives replaced by fenced code."""
    return DIRECTIVE.sub(_fenced, markdown)


def code_of(file: str, name: str) -> tuple[str, int]:
    """Return the body of a function by its dotted name in a file, and its first line's number.

    Raises:
        LookupError: there is no such function.

    Example:
        >>> text, _ = code_of("src/klayer/layers/affine.py", "affine")
        >>> print(text)
        S = product(W, H)
        S += b
        <BLANKLINE>
        return S, backward
    """
    source = (ROOT / file).read_text(encoding="utf-8")
    lines = source.splitlines()
    function = _find(ast.parse(source), file, name)
    hidden = {line for inner in _inner(function) for line in _lines_of(inner)}
    first = function.body[1] if ast.get_docstring(function) is not None else function.body[0]
    assert function.end_lineno is not None
    shown = [
        lines[number - 1]
        for number in range(first.lineno, function.end_lineno + 1)
        if number not in hidden
    ]
    text = re.sub(r"\n{3,}", "\n\n", dedent("\n".join(shown)).strip("\n"))
    return text, first.lineno


def _find(tree: ast.Module, file: str, name: str) -> Function:
    """Return the definition of a dotted name."""
    place: ast.AST = tree
    for part in name.split("."):
        inside = ast.iter_child_nodes(place)
        kinds = (ast.FunctionDef, ast.ClassDef)
        found = [node for node in inside if isinstance(node, kinds) and node.name == part]
        if not found:
            raise LookupError(f"a page names code that is not there: {name} in {file}")
        place = found[0]
    if not isinstance(place, ast.FunctionDef):
        raise LookupError(f"a page must name a function, but {name} in {file} is none")
    return place


def _inner(function: Function) -> list[Function]:
    """Return the functions defined directly in a function."""
    return [node for node in function.body if isinstance(node, ast.FunctionDef)]


def _lines_of(function: Function) -> range:
    """Return the numbers of a definition's lines."""
    assert function.end_lineno is not None
    return range(function.lineno, function.end_lineno + 1)


def _fenced(found: re.Match[str]) -> str:
    """Return the code of one directive, with where it stands."""
    text, line = code_of(found["file"], found["name"])
    title = f"{found['file']}, from line {line}"
    fenced = f'```python title="{title}"\n{text}\n```'
    return "\n".join(found["indent"] + each for each in fenced.splitlines())
