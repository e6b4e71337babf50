"""`klayer reproduce`: the reference experiments, every figure with its interval."""

from pathlib import Path
from typing import Annotated

import typer

from klayer.cli.options import DataDir, EngineName, Json, Threads

EXPERIMENTS = "gradients, networks, lambda, init"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("reproduce")(command)


def command(
    data: Annotated[
        str, typer.Option(metavar="SOURCE", help="CIFAR-10: cifar10, or a path as for train.")
    ] = "cifar10",
    replicates: Annotated[
        int | None,
        typer.Option(metavar="R", help="Seeds: split, order, weights.", show_default="5; quick: 2"),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help=f"Some of {EXPERIMENTS}.", show_default="all"),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="200 updates: a smoke test, compares nothing.")
    ] = False,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where trainings and report are kept.")
    ] = Path("reproduction"),
    data_dir: DataDir = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Train on a Dask cluster.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Reproduce the reference experiments, and decide the claims made of them.

    Trains in float32. Exits with 1 if a gradient is wrong, or if more figures fall outside their
    99 % intervals than chance explains (binomial, at 1 %). The same command again goes on where
    the last one was stopped.

    Example: klayer reproduce --data cifar10 --out reproduction
    """
    from klayer.cli.study_run import evidence_of_study, keep_and_print, studied
    from klayer.studies import Sets
    from klayer.studies.reproduction import reproduce
    from klayer.studies.reproduction_answer import answer_of

    sets = Sets(source=data, data_dir=None if data_dir is None else str(data_dir))
    names = [name.strip() for name in only.split(",")] if only else []
    with studied() as progress:
        found = reproduce(
            sets,
            out,
            replicates=replicates,
            only=names,
            quick=quick,
            engine=engine,
            threads=threads,
            listener=progress,
            cluster=dask,
        )
    evidence = evidence_of_study(found.results, sets, found.seconds)
    keep_and_print(answer_of(found), evidence, out, as_json)
    if not found.passed:
        raise typer.Exit(1)
