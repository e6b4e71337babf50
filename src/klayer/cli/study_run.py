"""What the commands of studies share: progress, the report, tables and JSON."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from klayer.cli.console import print_json, results, words
from klayer.cli.study_progress import StudyProgress
from klayer.cli.train_run import EXIT_CODES
from klayer.storage import write_whole
from klayer.studies import Interrupted, Results, Sets
from klayer.studies.answer import Answer, Table

if TYPE_CHECKING:
    from rich.table import Table as Printed

    from klayer.report import Evidence

WIDEST = 240  # characters; a table is not folded to the terminal's width
REPORT_FILE, RESULTS_FILE = "report.html", "results.json"


@contextmanager
def studied() -> Iterator[StudyProgress]:
    """Show a study's progress; end the program where the study was asked to end."""
    try:
        with StudyProgress() as progress:
            yield progress
    except Interrupted as stopped:
        words().print(f"{stopped}; the same command again goes on")
        raise typer.Exit(EXIT_CODES[stopped.reason]) from stopped


def evidence_of_study(found: Results, sets: Sets, seconds: float | None = None) -> "Evidence":
    """Return where a study's figures come from.

    Args:
        found: what its trainings left.
        sets: its data.
        seconds: spent computing, where that is more than the trainings.
    """
    from klayer.report import evidence_of

    spent = found.seconds if seconds is None else seconds
    return evidence_of(
        sys.argv[1:], sets.words, found.seeds, found.engines, spent, found.peak_memory
    )


def keep_and_print(answer: Answer, evidence: "Evidence", out: Path | None, as_json: bool) -> None:
    """Write report.html, results.json and the pictures of a study, and print its figures.

    Args:
        answer: what the study answers.
        evidence: where its figures come from.
        out: the study's folder; None to write nothing.
        as_json: print one JSON object in place of the tables.
    """
    payload = dict(answer.payload)
    if out is not None:
        from klayer.report.page import pictures_of, render, study_page

        out.mkdir(parents=True, exist_ok=True)
        payload["report"] = str(out / REPORT_FILE)
        write_whole(out / REPORT_FILE, render(study_page(answer, evidence)))
        write_whole(out / RESULTS_FILE, json.dumps(finite(payload), indent=2) + "\n")
        for name, content in pictures_of(answer):
            write_whole(out / name, content)
        words().print(f"the report is {out / REPORT_FILE}")
    if as_json:
        print_json(payload)
    else:
        print_answer(answer)


def finite(value: Any) -> Any:
    """Return figures with null in place of what is not a finite number.

    Example:
        >>> finite({"sd": float("nan"), "values": (1.0, 2)})
        {'sd': None, 'values': [1.0, 2]}
    """
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def print_answer(answer: Answer) -> None:
    """Print the answer and its tables."""
    console = results()
    wide = console.options.update(max_width=WIDEST)
    for table in (table for section in answer.sections for table in section.tables):
        printed = _printed(table)
        console.width = max(console.width, console.measure(printed, options=wide).maximum)
        console.print(printed)
        console.print()
    console.print(answer.sentence)


def _printed(table: Table) -> "Printed":
    """Return a table for the terminal, its note below; flagged rows are bold."""
    from rich import box
    from rich.table import Table as Printed

    printed = Printed(
        title=table.title,
        caption=table.note or None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1),
    )
    for place, column in enumerate(table.columns):
        printed.add_column(column, justify="left" if place == 0 else "right", no_wrap=True)
    for place, row in enumerate(table.rows):
        printed.add_row(*row, style="bold" if place in table.flagged else None)
    return printed
