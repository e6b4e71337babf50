"""`klayer train`: train a network, or a stack of them, and keep everything in a run directory."""

from pathlib import Path
from typing import Annotated, Any

import typer

from klayer.cli import options
from klayer.cli.options import DataDir, EngineName, Json, Stratify, Target, Threads


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("train")(command)


def _option(panel: str, metavar: str, text: str, shown: str | bool = False) -> Any:
    """Return an option of one panel; its default is the plan's own, here only shown."""
    return typer.Option(metavar=metavar, help=text, show_default=shown, rich_help_panel=panel)


def _network(metavar: str, text: str, shown: str | bool = False) -> Any:
    return _option("Network", metavar, text, shown)


def _training(metavar: str, text: str, shown: str | bool = False) -> Any:
    return _option("Training", metavar, text, shown)


def _update(metavar: str, text: str, shown: str | bool = False) -> Any:
    return _option("Update rule", metavar, text, shown)


def _noise(metavar: str, text: str, shown: str | bool = False) -> Any:
    return _option("Noise", metavar, text, shown)


def _flag(panel: str, names: str, text: str, shown: str) -> Any:
    return typer.Option(names, help=text, show_default=shown, rich_help_panel=panel)


def command(
    source: Annotated[
        str | None, typer.Argument(help=options.SOURCE, show_default="digits")
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A plan.json to start from; other options win."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Settings to start from: accurate; other options win."),
    ] = None,
    hidden: Annotated[
        str | None,
        _network("WIDTHS", "Hidden widths such as 50,50; none: a linear model.", "50,50"),
    ] = None,
    batch_norm: Annotated[
        bool | None,
        _flag(
            "Network", "--batch-norm/--no-batch-norm", "Normalise batches before the ReLU.", "no"
        ),
    ] = None,
    lam: Annotated[
        str | None, _network("λ", "Penalty λ‖W‖²; a list trains a stack.", "0.005; adamw: 0.0")
    ] = None,
    sigma: Annotated[
        str | None, _network("S", "Gaussian initial weights, or he; a list trains a stack.", "he")
    ] = None,
    networks: Annotated[
        int | None, _network("P", "Train P networks, other initial weights each.", "1")
    ] = None,
    weight_seeds: Annotated[
        str | None, _network("SEEDS", "Seeds of initial weights; a list trains a stack.", "0")
    ] = None,
    epsilon: Annotated[float | None, _network("E", "ε of batch normalisation.", "1e-05")] = None,
    batch_size: Annotated[int | None, _training("N", "Samples per update.", "100")] = None,
    drop_last: Annotated[
        bool | None,
        _flag(
            "Training",
            "--drop-last/--keep-last",
            "Drop an epoch's last, smaller batch.",
            "keep-last",
        ),
    ] = None,
    schedule: Annotated[
        str | None,
        _training(
            "NAME",
            "triangular, triangular2, cosine, one-cycle, constant or waypoints.",
            "triangular",
        ),
    ] = None,
    waypoints: Annotated[
        str | None,
        _training("T:H,…", "Of waypoints: steps and heights from 0 to 1, as 0:0,100:1,900:0.1."),
    ] = None,
    rate_min: Annotated[float | None, _training("η", "Lowest learning rate.", "1e-05")] = None,
    rate_max: Annotated[
        float | None,
        _training("η", "Highest learning rate.", "0.1; momentum, nesterov: 0.03; adamw: 0.003"),
    ] = None,
    step_size: Annotated[
        int | None,
        _training("STEPS", "Half a cycle, in updates.", "2250, or half of fewer --steps, --epochs"),
    ] = None,
    cycles: Annotated[int | None, _training("N", "Cycles of the learning rate.", "2")] = None,
    steps: Annotated[int | None, _training("N", "Updates, in place of --cycles.")] = None,
    epochs: Annotated[int | None, _training("N", "Epochs, in place of --cycles.")] = None,
    optimizer: Annotated[
        str | None, _update("NAME", "sgd, momentum, nesterov or adamw.", "sgd")
    ] = None,
    momentum: Annotated[float | None, _update("μ", "Of momentum and nesterov.", "0.9")] = None,
    beta1: Annotated[float | None, _update("β₁", "Of adamw.", "0.9")] = None,
    beta2: Annotated[float | None, _update("β₂", "Of adamw.", "0.999")] = None,
    adam_epsilon: Annotated[float | None, _update("ε", "Of adamw.", "1e-08")] = None,
    weight_decay: Annotated[
        float | None, _update("W", "Decoupled decay of adamw, in place of λ.", "0.0; adamw: 0.01")
    ] = None,
    clip_norm: Annotated[
        float | None, _update("NORM", "Shorten longer gradients to this norm.")
    ] = None,
    dropout: Annotated[
        float | None, _noise("P", "Share of hidden activations dropped.", "0.0")
    ] = None,
    label_smoothing: Annotated[
        float | None, _noise("α", "Share of a label spread over all classes.", "0.0")
    ] = None,
    class_weight: Annotated[
        str | None, _training("NAME", "balanced: all classes count the same in the cost.")
    ] = None,
    frequencies: Annotated[
        int | None,
        _training("RADIUS", "Read pictures as their frequencies below it, in place of pixels."),
    ] = None,
    flip: Annotated[
        bool | None, _flag("Noise", "--flip/--no-flip", "Mirror pictures at random.", "no")
    ] = None,
    shift: Annotated[
        int | None, _noise("PIXELS", "Roll pictures at random by up to so far.", "0")
    ] = None,
    precise_statistics: Annotated[
        int | None,
        _noise("N", "End with batch norm's statistics of N batches.", "0"),
    ] = None,
    dtype: Annotated[str | None, _training("TYPE", "float32 or float64.", "float32")] = None,
    evaluate_every: Annotated[
        int | None, _training("EPOCHS", "Epochs between evaluations.", "1")
    ] = None,
    patience: Annotated[
        int | None, _training("N", "Stop after N evaluations without gain; keep the best.")
    ] = None,
    time_limit: Annotated[float | None, _training("SECONDS", "Stop after so long.")] = None,
    seed: Annotated[int | None, _training("N", "Of split, weights and order.", "0")] = None,
    validation: options.Validation = None,
    test: options.TestRows = None,
    stratify: Stratify = False,
    target: Target = None,
    ignore: options.Ignore = None,
    categorical: options.Categorical = None,
    data_dir: DataDir = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    out: Annotated[Path | None, _option("Run", "DIR", "Run directory.", "runs/SOURCE-TIME")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a finished run.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")] = False,
    as_json: Json = False,
) -> None:
    """Train a network, or a stack of networks, on SOURCE.

    Example: klayer train cifar10 --hidden 50,50 --batch-norm --lam 0.005 --out runs/first

    A stack of eight: klayer train digits --networks 8

    To go on with a run that was stopped: klayer train --resume --out runs/first

    Wide and noisy, for accuracy: klayer train cifar10 --recipe accurate
    """
    from klayer.cli.train_asked import Asked
    from klayer.cli.train_run import run_training

    given = {
        "hidden": options.whole_numbers("--hidden", hidden),
        "lam": options.numbers("--lam", lam),
        "sigma": options.numbers_or_he("--sigma", sigma),
        "weight_seeds": options.whole_numbers("--weight-seeds", weight_seeds),
        "waypoints": options.points("--waypoints", waypoints),
        "batch_norm": batch_norm,
        "networks": networks,
        "epsilon": epsilon,
        "batch_size": batch_size,
        "drop_last": drop_last,
        "schedule": schedule,
        "rate_min": rate_min,
        "rate_max": rate_max,
        "step_size": step_size,
        "cycles": cycles,
        "steps": steps,
        "epochs": epochs,
        "optimizer": optimizer,
        "momentum": momentum,
        "beta1": beta1,
        "beta2": beta2,
        "adam_epsilon": adam_epsilon,
        "weight_decay": weight_decay,
        "clip_norm": clip_norm,
        "dropout": dropout,
        "label_smoothing": label_smoothing,
        "class_weight": class_weight,
        "frequencies": frequencies,
        "flip": flip,
        "shift": shift,
        "precise_statistics": precise_statistics,
        "dtype": dtype,
        "evaluate_every": evaluate_every,
        "patience": patience,
        "time_limit": time_limit,
        "seed": seed,
    }
    where = {
        "source": source,
        "validation": options.rows_or_share("--validation", validation),
        "test": options.rows_or_share("--test", test),
        "stratify": stratify,
        "target": target,
        **options.columns(ignore, categorical),
        "data_dir": None if data_dir is None else str(data_dir),
    }
    settings = {name: value for name, value in given.items() if value is not None}
    asked = Asked(settings, plan, recipe, where, engine, threads, out, force, resume, as_json)
    raise typer.Exit(run_training(asked))
