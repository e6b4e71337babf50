"""`klayer lr-range`: between which learning rates a cycle should run."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from klayer.cli import options
from klayer.cli.options import DataDir, EngineName, Json, Source, Target, Threads


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("lr-range")(command)


def command(
    source: Source = "digits",
    hidden: Annotated[str, typer.Option(metavar="WIDTHS", help="Hidden widths.")] = "50,50",
    batch_norm: Annotated[bool, typer.Option("--batch-norm", help="Normalise batches.")] = False,
    lam: Annotated[float, typer.Option(metavar="λ", help="Penalty λ‖W‖².")] = 0.005,
    batch_size: Annotated[int, typer.Option(metavar="N", help="Samples per update.")] = 100,
    low: Annotated[float, typer.Option(metavar="η", help="The first rate.")] = 1e-6,
    high: Annotated[float, typer.Option(metavar="η", help="The last rate.")] = 10.0,
    updates: Annotated[int, typer.Option(metavar="N", help="Updates from low to high.")] = 400,
    growth: Annotated[
        str, typer.Option(metavar="NAME", help="exponential or linear.")
    ] = "exponential",
    seeds: Annotated[int, typer.Option(metavar="N", help="Tests, all of them new each.")] = 3,
    target: Target = None,
    ignore: options.Ignore = None,
    categorical: options.Categorical = None,
    data_dir: DataDir = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep a report with the curves.", show_default="none"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Let the learning rate grow until the cost breaks out, and suggest rate_min and rate_max.

    Example: klayer lr-range cifar10 --batch-norm --out lr-range
    """
    from time import perf_counter

    from klayer.cli.console import words
    from klayer.cli.outputs import check_folder
    from klayer.cli.study_run import REPORT_FILE, RESULTS_FILE, keep_and_print
    from klayer.cli.train_run import EXIT_CODES
    from klayer.engines import choose_engine
    from klayer.report import evidence_of
    from klayer.studies import Interrupted, Sets
    from klayer.studies.lr_range import CURVES, answer_of, lr_range
    from klayer.studies.machine import peak_memory
    from klayer.studies.range_test import Range
    from klayer.training import Plan

    check_folder(out, (REPORT_FILE, RESULTS_FILE, f"{CURVES}.png"))
    plan = Plan(
        hidden=tuple(options.whole_numbers("--hidden", hidden) or ()),
        batch_norm=batch_norm,
        lam=lam,
        batch_size=batch_size,
    )
    range_ = Range(low, high, updates, growth)
    sets = Sets(
        source=source,
        target=target,
        **options.columns(ignore, categorical),
        data_dir=data_dir and str(data_dir),
    )
    began = perf_counter()
    try:
        with words().status("range test") as status:
            found = lr_range(
                sets, plan, range_, seeds, engine, threads,
                lambda seed, step: status.update(f"range test, seed {seed}, update {step}"),
            )  # fmt: skip
    except Interrupted as stopped:
        words().print(f"{stopped.reason}: nothing was kept")
        raise typer.Exit(EXIT_CODES[stopped.reason]) from stopped
    computed = f"{choose_engine(engine, threads).name}, {plan.dtype}"
    spent = perf_counter() - began
    evidence = evidence_of(sys.argv[1:], sets.words, range(seeds), computed, spent, peak_memory())
    keep_and_print(answer_of(found, range_), evidence, out, as_json)
