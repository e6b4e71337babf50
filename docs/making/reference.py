"""Which names klayer offers, a page for every room of them, and what they lack.

Public is what a room lists in `__all__`, and in a file of the top floor the functions and classes
whose names do not begin with an underscore. Read from the source, as mkdocstrings reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import wrap

import griffe

SOURCE = Path(__file__).parents[2] / "src"
INSIDE = ("cli", "__main__")  # the commands have a page of their own


@dataclass(frozen=True)
class Room:
    """One page of the reference.

    Attributes:
        path: such as "klayer.layers".
        homes: of the public names in it: where each is defined, such as
            "klayer.layers.affine.affine".
        elsewhere: those names that the first page of the reference has already, and their homes.
    """

    path: str
    homes: dict[str, str]
    elsewhere: dict[str, str]

    @property
    def file(self) -> str:
        """The page's path in the site's sources."""
        name = self.path.removeprefix("klayer").removeprefix(".") or "index"
        return f"reference/{name}.md"

    @property
    def page(self) -> str:
        """The page in Markdown."""
        words = module(self.path).docstring
        assert words is not None, f"{self.path} must say what it is for"
        names = wrap(", ".join([*self.elsewhere, *self.homes]), 80)
        inside = names[0] if len(names) == 1 else "\n    ".join(["(", *names]) + ",\n)"
        lines = [f"# {self.path.removeprefix('klayer.')}", "", words.value, ""]
        lines += ["```python", f"from {self.path} import {inside}", "```", ""]
        for name, home in self.elsewhere.items():
            lines.append(f"- [`{name}`][{home}] stands on the [first page](index.md).")
        for name, home in self.homes.items():
            lines += ["", f"::: {home}", f"    options: {{heading: {name}, toc_label: {name}}}"]
        return "\n".join([*lines, ""])


@cache
def package() -> griffe.Module:
    """Return klayer as read from its source."""
    found = griffe.load("klayer", search_paths=[SOURCE], resolve_aliases=True)
    assert isinstance(found, griffe.Module)
    return found


def module(path: str) -> griffe.Module:
    """Return klayer, or one of its rooms or files."""
    found = package()
    for name in path.split(".")[1:]:
        found = found.modules[name]
    return found


def rooms() -> list[Room]:
    """Return the rooms with public names: klayer itself, then the others by name.

    Example:
        >>> [room.path for room in rooms()][:2]
        ['klayer', 'klayer.architecture']
    """
    top = _homes("klayer")
    found = [Room("klayer", top, {})]
    for name in sorted(package().modules):
        path = f"klayer.{name}"
        homes = {} if name in INSIDE or name.startswith("_") else _homes(path)
        known = {own: home for own, home in homes.items() if home in top.values()}
        if homes:
            rest = {own: home for own, home in homes.items() if own not in known}
            found.append(Room(path, rest, known))
    return found


def faults() -> Iterator[str]:
    """Yield a sentence for every public name without a docstring or, a function, an example."""
    for room in rooms():
        for name, home in room.homes.items():
            yield from faults_of(f"{room.path}.{name}", _thing(home))


def faults_of(path: str, thing: griffe.Object) -> Iterator[str]:
    """Yield what one public name lacks."""
    text = thing.docstring.value if thing.docstring else ""
    if not text.strip():
        yield f"a public name must have a docstring, but {path} has none"
    elif thing.is_function and ">>>" not in text:
        yield f"a public function must have an example that runs, but {path} has none"


def _homes(path: str) -> dict[str, str]:
    """Return where each public name of a module is defined."""
    room = module(path)
    if room.exports is not None:
        return {str(name): _home(path, str(name)) for name in room.exports}
    return {
        name: f"{path}.{name}"
        for name, member in room.members.items()
        if not (member.is_alias or name.startswith("_")) and (member.is_function or member.is_class)
    }


def _home(path: str, name: str) -> str:
    """Return where a name that a module offers is defined, import after import."""
    target = module(path).imports.get(name)
    return f"{path}.{name}" if target is None else _home(*_parted(target))


def _thing(home: str) -> griffe.Object:
    """Return what is defined there."""
    path, name = _parted(home)
    found = module(path).members[name]
    assert isinstance(found, griffe.Object)
    return found


def _parted(home: str) -> tuple[str, str]:
    """Return the module and the name."""
    path, _, name = home.rpartition(".")
    return path, name
