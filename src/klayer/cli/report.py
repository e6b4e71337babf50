"""`klayer report`: one page about a run."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from klayer.cli.options import DataDir, Json, Target


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("report")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run directory.")],
    source: Annotated[
        str | None, typer.Argument(help="As for train.", show_default="the run's own")
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="SET", help="Judge by test, validation or training rows.")
    ] = "test",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page.", show_default="RUN/report.html")
    ] = None,
    target: Target = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write one self-contained page about a run: curves, mistakes, weights, layers.

    Example: klayer report runs/first
    """
    from klayer.cli.console import print_json, words
    from klayer.cli.evaluate import SPLITS
    from klayer.cli.outputs import check_output
    from klayer.cli.run_settings import data_settings, require_unchanged
    from klayer.data import load_data
    from klayer.errors import InputError
    from klayer.models import load_model
    from klayer.models.judgement import balanced_accuracy
    from klayer.report import render
    from klayer.report.run import RunReport, run_page
    from klayer.storage import write_whole
    from klayer.studies.folder import STUDY_FILE

    if split not in SPLITS[:3]:
        raise InputError(f"`--split` must be one of {', '.join(SPLITS[:3])}, but got {split!r}")
    if not run.is_dir():
        raise InputError(f"a report needs a run directory, but got {run}")
    if (run / STUDY_FILE).exists():
        raise InputError(
            f"a report is of one run, but {run} holds a study, whose own is {run / 'report.html'}"
        )
    check_output("--out", out, source, run, suffix=".html")
    where = data_settings(run, source, target, data_dir)
    data = load_data(**where, encoding=load_model(run).encoding)
    require_unchanged(run, data.fingerprint, source)
    report = RunReport.of(run, data, split)
    page, path = run_page(report, sys.argv[1:]), out or run / "report.html"
    write_whole(path, render(page))
    words().print(page.answer)
    words().print(f"the page is {path}")
    if as_json:
        n = int(report.confusion.sum())
        print_json(
            {
                "accuracy": int(report.confusion.trace()) / n,
                "balanced_accuracy": balanced_accuracy(report.confusion),
                "n": n,
                "split": split,
                "report": str(path),
            }
        )
