"""The page of the commands, made of what ``klayer … --help`` knows."""

import re
from importlib import import_module
from typing import Any

from typer.main import get_command

from klayer.cli.main import COMMANDS, app

HEAD = """\
# Commands

A source is `digits` (no download), `cifar10`, or a path: a CIFAR-10 folder or archive, a folder or
zip of class folders with pictures, a `.npz` with X and y, a `.csv` or `.parquet` table with
`--target COLUMN`. Words and progress go to standard error, results to standard output; `--json`
prints exactly one JSON object. The exit code is 0 where it is done, 1 where the answer is no (a
gradient is wrong, a figure lies outside its band), 2 for bad input.
"""
DEFAULT = re.compile(r"  \[(?:default: (?P<value>.*?))?(?:; )?(?:x>=\S+|required)?\]$")
EXAMPLE = re.compile(r"^(?P<words>[^`\n]*): (?P<command>(?:[^:\n]*\| )?klayer .*)$", re.MULTILINE)


def commands_page() -> str:
    """Return the page in Markdown: a section for every command.

    Example:
        >>> page = commands_page()
        >>> "## klayer train" in page and "## klayer data get" in page
        True
        >>> print(page[page.index("| `--patience") :].splitlines()[0])
        | `--patience N` | Stop after N evaluations without gain; keep the best. |  |
    """
    if not app.registered_commands:
        for name in COMMANDS:
            import_module(f"klayer.cli.{name}").register(app)
    return "\n".join([HEAD, *_sections(get_command(app), None, "klayer")])


def _sections(command: Any, parent: Any, path: str) -> list[str]:
    """Return the sections of a command, or of all commands of a group."""
    context = command.context_class(command, parent=parent, info_name=path.split()[-1])
    inner = getattr(command, "commands", {})
    if not inner:
        return [_section(command, context, path)]
    found = []
    for name, each in inner.items():
        found += _sections(each, context, f"{path} {name}")
    return found


def _section(command: Any, context: Any, path: str) -> str:
    """Return what one command does, its examples and a table of its options by panel."""
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    lines = [f"## {path}", "", _examples(command.help), "", f"```\n{usage}\n```"]
    panels: dict[str, list[str]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or parameter.name == "help":
            continue
        kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
        panel = getattr(parameter, "rich_help_panel", None) or kind
        panels.setdefault(panel, []).append(_row(*record))
    for panel, rows in panels.items():
        lines += ["", f"| {panel} | | by default |", "| --- | --- | --- |", *rows]
    return "\n".join([*lines, ""])


def _row(names: str, words: str) -> str:
    """Return a row of a table: an option, what it says, and its default.

    Example:
        >>> _row("--seed N", "Of the split.  [default: 0; x>=0]")
        '| `--seed N` | Of the split. | 0 |'
    """
    found = DEFAULT.search(words)
    default = (found["value"] or "").strip("()") if found else ""
    cells = (
        text.replace("|", "\\|") for text in (words[: found.start() if found else None], default)
    )
    return "| `" + names.replace("|", "\\|") + "` | " + " | ".join(map(_escaped, cells)) + " |"


def _examples(text: str) -> str:
    """Return a help text with its example commands as code."""
    return EXAMPLE.sub(r"\g<words>:\n\n```\n\g<command>\n```", _escaped(text))


def _escaped(text: str) -> str:
    """Return a text whose signs mean nothing to Markdown."""
    return re.sub(r"([*_<$])", r"\\\1", text)
