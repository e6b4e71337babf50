"""Lines of klayer's own code in a page, found by name, so that text and code cannot drift.

A line ``<!-- code: src/klayer/layers/affine.py affine.backward dW,db -->`` becomes the statements
of that function which assign to dW or db; "return" stands for what it returns. Without names it
becomes the whole function, but for its docstring and the functions inside it.
"""

import ast
import re
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DIRECTIVE = re.compile(
    r"^(?P<indent> *)<!-- code: (?P<file>\S+) (?P<name>\S+)(?: (?P<only>\S+))? -->$", re.MULTILINE
)

Function = ast.FunctionDef


def with_code(markdown: str) -> str:
    """Return a page with its directives replaced by fenced code."""
    return DIRECTIVE.sub(_fenced, markdown)


def code_of(file: str, name: str, only: tuple[str, ...] = ()) -> tuple[str, int]:
    """Return statements of a function by its dotted name in a file, and their first line's number.

    Args:
        file: from the root of the repository.
        name: such as "affine.backward" for a function inside a function.
        only: names; statements that assign to none of them are left out.

    Raises:
        LookupError: there is no such function, or nothing in it assigns to one of the names.

    Example:
        >>> print(code_of("src/klayer/layers/affine.py", "affine", only=("S",))[0])
        S = product(W, H)
        S += b
    """
    source = (ROOT / file).read_text(encoding="utf-8")
    lines = source.splitlines()
    body = _find(ast.parse(source), file, name).body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    chosen = [each for each in body if not isinstance(each, ast.FunctionDef)]
    if only:
        chosen = [each for each in chosen if _assigned(each) & set(only)]
        if missing := set(only) - set().union(*map(_assigned, chosen)):
            raise LookupError(f"a page names {', '.join(missing)} in {name} of {file}: not there")
    shown: list[str] = []
    last = chosen[0].lineno - 1
    for each in chosen:
        first = each.lineno
        while lines[first - 2].lstrip().startswith("#"):  # what is said about it
            first -= 1
        if shown and first > last + 1:
            shown.append("")
        last = each.end_lineno or each.lineno
        shown += lines[first - 1 : last]
    return dedent("\n".join(shown)), chosen[0].lineno


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


def _assigned(statement: ast.stmt) -> set[str]:
    """Return the names that a statement assigns to, "return" where it returns."""
    found = {"return"} if isinstance(statement, ast.Return) else set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.AugAssign):
            place: ast.expr = node.target
            while isinstance(place, ast.Subscript | ast.Attribute):
                place = place.value
            if isinstance(place, ast.Name):
                found.add(place.id)
    return found


def _fenced(found: re.Match[str]) -> str:
    """Return the code of one directive, with where it stands."""
    only = tuple(found["only"].split(",")) if found["only"] else ()
    text, line = code_of(found["file"], found["name"], only)
    title = f"{found['file']}, from line {line}"
    fenced = f'```python title="{title}"\n{text}\n```'
    return "\n".join(found["indent"] + each for each in fenced.splitlines())
