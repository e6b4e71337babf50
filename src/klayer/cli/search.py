"""`klayer search`: settings drawn at random, first wide, then where the best ones lie."""

from pathlib import Path
from typing import Annotated, Any

import typer

from klayer.cli import options
from klayer.cli.options import DataDir, EngineName, Json, Source, Target, Threads
from klayer.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("search")(command)


def _searched(metavar: str, text: str, shown: str) -> Any:
    return typer.Option(
        metavar=metavar, help=text, show_default=shown, rich_help_panel="A value, or LOW:HIGH"
    )


def _plan(metavar: str, text: str, shown: str | bool = False) -> Any:
    return typer.Option(metavar=metavar, help=text, show_default=shown, rich_help_panel="Plan")


def named(texts: list[str]) -> dict[str, str]:
    """Return the settings of ``--other NAME=RANGE``, name → text.

    Raises:
        InputError: one of them has no name or no range.

    Example:
        >>> named(["dropout=0:0.5", "weight-decay=1e-3:1e-1"])
        {'dropout': '0:0.5', 'weight_decay': '1e-3:1e-1'}
    """
    for text in texts:
        if not all(text.partition("=")):
            raise InputError(f"`--other` must be NAME=LOW:HIGH, but got {text!r}")
    return {name.replace("-", "_"): value for name, _, value in (t.partition("=") for t in texts)}


def command(
    source: Source = "digits",
    lam: Annotated[
        str | None, _searched("λ", "Penalty λ‖W‖².", "1e-5:1e-1 if nothing else is searched")
    ] = None,
    sigma: Annotated[str | None, _searched("S", "Gaussian initial weights.", "he")] = None,
    rate_max: Annotated[str | None, _searched("η", "Highest learning rate.", "0.1")] = None,
    rate_min: Annotated[str | None, _searched("η", "Lowest learning rate.", "1e-05")] = None,
    width: Annotated[
        str | None, _searched("M", "Width of every hidden layer.", "as --hidden")
    ] = None,
    batch_size: Annotated[str | None, _searched("N", "Samples per update.", "100")] = None,
    step_size: Annotated[
        str | None, _searched("N", "Half a cycle, in updates.", "2250, or half of fewer --epochs")
    ] = None,
    cycles: Annotated[str | None, _searched("N", "Cycles of the rate.", "2")] = None,
    other: Annotated[
        list[str] | None,
        _searched("NAME=RANGE", "Any other setting, dropout=0:0.5 say; repeatable.", "none"),
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", help="Coarse trials.")] = 10,
    refine: Annotated[
        int, typer.Option(metavar="N", help="Fine trials, where the best three lie.")
    ] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of trials, split, weights and order.")] = 0,
    plan: Annotated[Path | None, _plan("FILE", "A plan.json to start from.")] = None,
    hidden: Annotated[str | None, _plan("WIDTHS", "Hidden widths.", "50,50")] = None,
    batch_norm: Annotated[
        bool, typer.Option("--batch-norm", help="Normalise batches.", rich_help_panel="Plan")
    ] = False,
    epochs: Annotated[int | None, _plan("N", "Epochs, in place of --cycles.")] = None,
    evaluate_every: Annotated[int | None, _plan("EPOCHS", "Between evaluations.", "1")] = None,
    validation: options.Validation = None,
    target: Target = None,
    ignore: options.Ignore = None,
    categorical: options.Categorical = None,
    data_dir: DataDir = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    storage: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An Optuna storage.", show_default="search.db in --out"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder.", show_default="searches/SOURCE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Search settings at random: coarse, then fine; trials that can share a stack train as one.

    Every trial is recorded by Optuna. The same command again goes on where the last one was
    stopped; more --trials or --refine add to it.

    Example: klayer search cifar10 --batch-norm --lam 1e-5:1e-1 --trials 10 --refine 10

    Then: klayer train cifar10 --plan searches/cifar10/best-plan.json
    """
    from klayer.cli.search_run import search_and_print

    searched = {
        "lam": lam,
        "sigma": sigma,
        "rate_max": rate_max,
        "rate_min": rate_min,
        "width": width,
        "batch_size": batch_size,
        "step_size": step_size,
        "cycles": cycles,
        **named(other or []),
    }
    settings = {
        "hidden": options.whole_numbers("--hidden", hidden),
        "batch_norm": batch_norm or None,
        "epochs": epochs,
        "evaluate_every": evaluate_every,
        "seed": seed,
    }
    where = {
        "source": source,
        "validation": options.rows_or_share("--validation", validation),
        "target": target,
        **options.columns(ignore, categorical),
        "data_dir": None if data_dir is None else str(data_dir),
    }
    given = {key: value for key, value in settings.items() if value is not None}
    search_and_print(
        searched, given, plan, where, trials, refine, storage, out, engine, threads, as_json
    )
