"""`klayer study`: a question asked of many trainings, answered with error bars."""

from pathlib import Path
from typing import Annotated, Any

import typer

from klayer.cli import options
from klayer.cli.options import DataDir, EngineName, Json, Source, Target, Threads


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("study")(command)


def _plan(metavar: str, text: str) -> Any:
    return typer.Option(metavar=metavar, help=text, show_default=False, rich_help_panel="Plan")


def _varied(metavar: str, text: str, shown: str) -> Any:
    return typer.Option(metavar=metavar, help=text, show_default=shown, rich_help_panel="Compared")


def command(
    name: Annotated[str, typer.Argument(help="depth, batch-norm, init, lambda, rates or overfit.")],
    source: Source = "digits",
    replicates: Annotated[
        int, typer.Option(metavar="R", help="Seeds: split, order and weights are new for each.")
    ] = 3,
    depths: Annotated[
        str | None, _varied("K,K", "Layers (depth, batch-norm).", "2 … 9; batch-norm: 3,9")
    ] = None,
    lam: Annotated[
        str | None, _varied("λ,λ", "Penalties (lambda); elsewhere one λ.", "1e-5 … 1e-1; 0.005")
    ] = None,
    sigma: Annotated[
        str | None,
        _varied("S,S", "Initial weights (init); elsewhere one σ.", "he,0.1,0.001,0.0001; he"),
    ] = None,
    step_size: Annotated[
        str | None, _varied("N,N", "Half cycles (rates); elsewhere one.", "500,1000,2250; 2250")
    ] = None,
    cycles: Annotated[
        str | None, _varied("N,N", "Cycles (rates); elsewhere one number.", "1,2,3; 2")
    ] = None,
    rows: Annotated[int | None, _varied("N", "Training rows (overfit).", "100")] = None,
    plan: Annotated[Path | None, _plan("FILE", "A plan.json to start from.")] = None,
    hidden: Annotated[
        str | None, _plan("WIDTHS", "Hidden widths; of depth and batch-norm one.")
    ] = None,
    batch_norm: Annotated[
        bool,
        typer.Option(
            "--batch-norm", help="Normalise batches (lambda, rates).", rich_help_panel="Plan"
        ),
    ] = False,
    batch_size: Annotated[int | None, _plan("N", "Samples per update.")] = None,
    rate_min: Annotated[float | None, _plan("η", "Lowest learning rate.")] = None,
    rate_max: Annotated[float | None, _plan("η", "Highest learning rate.")] = None,
    epochs: Annotated[int | None, _plan("N", "Epochs, in place of --cycles.")] = None,
    evaluate_every: Annotated[int | None, _plan("EPOCHS", "Epochs between evaluations.")] = None,
    validation: options.Validation = None,
    target: Target = None,
    ignore: options.Ignore = None,
    categorical: options.Categorical = None,
    data_dir: DataDir = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Train on a Dask cluster.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder.", show_default="studies/NAME-SOURCE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a question of many trainings; the answer comes with error bars and a report.

    The same command again goes on where the last one was stopped.

    Example: klayer study depth digits --step-size 200

    On CIFAR-10: klayer study init cifar10 --replicates 5 --out studies/init
    """
    from klayer.cli.study_asked import Lists, ask_and_print

    settings = {
        "hidden": options.whole_numbers("--hidden", hidden),
        "batch_norm": batch_norm or None,
        "batch_size": batch_size,
        "rate_min": rate_min,
        "rate_max": rate_max,
        "epochs": epochs,
        "evaluate_every": evaluate_every,
    }
    lists = Lists(
        depths=options.whole_numbers("--depths", depths),
        lams=options.numbers("--lam", lam),
        sigmas=options.numbers_or_he("--sigma", sigma),
        step_sizes=options.whole_numbers("--step-size", step_size),
        cycles=options.whole_numbers("--cycles", cycles),
    )
    where = {
        "source": source,
        "validation": options.rows_or_share("--validation", validation),
        "target": target,
        **options.columns(ignore, categorical),
        "data_dir": None if data_dir is None else str(data_dir),
    }
    given = {key: value for key, value in settings.items() if value is not None}
    ask_and_print(
        name, lists, rows, given, plan, where, replicates, engine, threads, dask, out, as_json
    )
