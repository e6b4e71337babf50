"""`klayer evaluate`: the figures of a trained model on data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klayer.cli.options import DataDir, EngineName, Json, Target, Threads
from klayer.cli.outputs import check_output
from klayer.errors import InputError

if TYPE_CHECKING:
    from klayer.data import Data
    from klayer.models import Model
    from klayer.models.judgement import Judgement

SPLITS = ("test", "validation", "training", "all")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("evaluate")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run directory, or a model file.")],
    source: Annotated[
        str | None, typer.Argument(help="As for train.", show_default="the run's own")
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="SET", help="test, validation, training or all rows.")
    ] = "test",
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the confusion matrix into this .png."),
    ] = None,
    best: Annotated[
        bool, typer.Option("--best", help="Judge the best network of a stack, not their mean.")
    ] = False,
    target: Target = None,
    data_dir: DataDir = None,
    engine: EngineName = "auto",
    threads: Threads = None,
    as_json: Json = False,
) -> None:
    """Evaluate a trained model on SOURCE, split as the run was.

    Accuracy and cost are the best network's. Of a stack, everything else is judged by the mean of
    the networks' probabilities, which is what predict answers; its accuracy is the ensemble's.

    Example: klayer evaluate runs/first cifar10 --picture confusion.png

    Every row of a file: klayer evaluate runs/first more.csv --target label --split all
    """
    from klayer.cli.console import print_json, results
    from klayer.cli.judgement import class_table, confusion_table, payload_of, words_of
    from klayer.cli.run_settings import data_settings, require_unchanged, trained_on
    from klayer.data import load_data
    from klayer.engines import choose_engine
    from klayer.models import load_model
    from klayer.models.judgement import judge

    if split not in SPLITS:
        raise InputError(f"`--split` must be one of {', '.join(SPLITS)}, but got {split!r}")
    check_output("--picture", picture, source, run, suffix=".png")
    model = load_model(run)
    model = model.network(model.best) if best else model
    where = data_settings(run, source, target, data_dir)
    data = load_data(**where, encoding=model.encoding)
    require_unchanged(run, data.fingerprint, source)
    rows = data.rows(split)
    if not len(rows):
        raise InputError(f"there must be rows to judge by, but the {split} set has none")
    found = model.evaluate(data, rows, choose_engine(engine, threads))
    judgement = judge(model, data, rows)
    networks = [
        {
            "network": network,
            "accuracy": float(found.accuracy[network]),
            "cross_entropy": float(found.cross_entropy[network]),
            "cost": float(found.cross_entropy[network] + lam * found.penalty[network]),
        }
        for network, lam in enumerate(model.lam)
    ]
    payload: dict[str, Any] = {
        **networks[model.best],
        "n": len(rows),
        "split": split,
        "source": data.name,
    }
    if len(networks) > 1:
        payload["networks"] = networks
        payload["ensemble"] = {
            "accuracy": judgement.accuracy,
            "cross_entropy": judgement.cross_entropy,
        }
    payload |= payload_of(judgement, model)
    if picture is not None:
        _draw(picture, judgement, model, f"{Path(data.name).name}, {split} set")
    if as_json:
        print_json(payload)
        return
    which = "the best network: " if len(networks) > 1 else ""
    results().print(
        f"{data.name}, {split}: {which}accuracy {payload['accuracy']:.4f}, "
        f"cost {payload['cost']:.4f}, {payload['n']} rows"
    )
    if source is not None and data.fingerprint != trained_on(run):
        _say_part(data, split)
    if len(networks) > 1:
        results().print(
            f"the mean of {len(networks)} networks: accuracy {judgement.accuracy:.4f}, "
            f"cross-entropy {judgement.cross_entropy:.4f}; all that follows is of this mean"
        )
    results().print(words_of(judgement))
    results().print(class_table(judgement, model))
    if (table := confusion_table(judgement, model)) is not None:
        results().print(table)


def _say_part(data: "Data", split: str) -> None:
    """Say that a part of other data was judged, where it was one."""
    from klayer.cli.console import words

    judged, whole = len(data.rows(split)), len(data.samples.y)
    if judged < whole:
        words().print(
            f"{data.name} is not what the model was trained on, and {judged:,} of its {whole:,} "
            f"rows, the {split} set, were judged; --split all judges every row"
        )


def _draw(path: Path, judgement: "Judgement", model: "Model", title: str) -> None:
    """Write the picture of the confusion matrix."""
    from klayer.plots import png
    from klayer.plots.confusion import draw_confusion
    from klayer.storage import write_whole

    write_whole(path, png(draw_confusion(judgement.confusion, model.class_names, title)))
