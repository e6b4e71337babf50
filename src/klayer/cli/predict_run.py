"""What `klayer predict` does: part after part of a source through the model into a writer."""

import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.cli.bars import Bar
from klayer.cli.console import print_json, words
from klayer.cli.outputs import check_output
from klayer.cli.predict_source import Asked, parts_of
from klayer.cli.standard_input import AskedToEndError, check
from klayer.cli.unseen import Unseen
from klayer.cli.writers import format_of, open_writer
from klayer.data.incoming import Part
from klayer.errors import InputError
from klayer.models import load_model
from klayer.models.answers import answers, chunk_rows, features_of
from klayer.training.interrupts import Request, heeded

if TYPE_CHECKING:
    import polars as pl

EXIT_CODES = {"interrupted": 130, "terminated": 143}


class PredictBar(Bar):
    """Shows how much of the source is answered, on a terminal only."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

        super().__init__(
            TextColumn("predicting"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[rows]:,} rows"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            fields={"rows": 0},
        )


def run_prediction(
    run: Path,
    file: Path,
    out: Path | None,
    form: str | None,
    probabilities: bool,
    keep: list[str],
    best: bool,
    data_dir: Path | None,
    as_json: bool,
) -> int:
    """Predict and write; return the exit code."""
    form = format_of(out, form)
    if as_json and out is None:
        raise InputError("`--json` needs --out, since standard output carries the predictions")
    check_output("--out", out, file, run)
    model = load_model(run)
    model = model.network(model.best) if best else model
    asked = Asked(model, file, probabilities, tuple(keep), data_dir)
    before = out is not None and out.exists()
    started = time.perf_counter()
    try:
        with (
            _ended_by_signals() as request,
            open_writer(out, form) as write,
            PredictBar() as bar,
        ):
            rows = _predict(asked, write, bar, request)
    except AskedToEndError as error:
        words().print(f"{error}" + (f"; {out} is not written" if out else ""))
        return EXIT_CODES[str(error)]
    except BrokenPipeError:  # who reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    seconds = time.perf_counter() - started
    where = f"; they are in {out}" + (", in place of what was there" if before else "")
    words().print(f"{rows:,} rows in {seconds:.1f} s" + (where if out else ""))
    if as_json:
        print_json({"rows": rows, "seconds": seconds, "out": str(out), "format": form})
    return 0


def _predict(asked: Asked, write: Any, bar: PredictBar, request: Request) -> int:
    """Answer part after part; return how many rows there were."""
    import polars as pl

    rows, unseen = 0, Unseen()
    for part in parts_of(asked, request):
        beside = _repeated(asked, part)
        unseen.note(asked.model.encoding, part.rows)
        for X in _features(asked, part):
            frame = answers(asked.model, X, asked.probabilities)
            if beside is not None:
                kept = beside.slice(rows + 1 - part.first, len(X))
                _check_names(kept.columns, frame.columns)
                frame = pl.concat([kept, frame], how="horizontal")
            write(frame)
            rows += len(X)
            check(request)
        bar.show(completed=part.done, total=part.total, rows=rows)
    if not rows:
        raise InputError(f"there must be rows to predict, but {asked.where} has none")
    unseen.say(rows)
    return rows


def _features(asked: Asked, part: Part) -> Iterator[Any]:
    """Yield the features of a part, so many rows at a time as memory allows."""
    if not isinstance(part.rows, np.ndarray):
        table = part.rows.drop(asked.keep) if asked.model.encoding is None else part.rows
        yield from features_of(asked.model, table, asked.where, part.first)
        return
    inputs = asked.model.architecture.inputs
    found = math.prod(part.rows.shape[1:])
    if found != inputs:
        raise InputError(
            f"rows must have the model's {inputs} features, but those of {asked.where} have {found}"
        )
    step = chunk_rows(asked.model)
    for start in range(0, len(part.rows), step):
        yield part.rows[start : start + step]


def _repeated(asked: Asked, part: Part) -> "pl.DataFrame | None":
    """Return the columns that stand beside the answers: names of pictures, and what is kept."""
    if isinstance(part.rows, np.ndarray):
        return part.beside
    absent = [name for name in asked.keep if name not in part.rows.columns]
    if absent:
        raise InputError(
            f"`--keep` must name columns of {asked.where}, but got {absent[0]!r} "
            f"(its columns: {', '.join(part.rows.columns[:20])})"
        )
    columns: pl.DataFrame = part.rows.select(asked.keep)
    return columns if asked.keep else None


def _check_names(kept: list[str], answered: list[str]) -> None:
    """Refuse to keep a column whose name an answer has."""
    both = set(kept) & set(answered)
    if both:
        raise InputError(f"`--keep` must not name a column of the answers, but got {min(both)!r}")


@contextmanager
def _ended_by_signals() -> Iterator[Request]:
    """Take note of Ctrl-C and SIGTERM, to end between parts, where nothing half written stays."""
    import polars as pl

    # With its first query polars catches Ctrl-C itself, and may wait for ever: we come after it.
    pl.DataFrame({"a": [0]}).lazy().select("a").collect()
    with heeded() as request:
        yield request
