"""`klayer predict`: a trained model's answers for new rows."""

from pathlib import Path
from typing import Annotated

import typer

from klayer.cli.options import DataDir, Json, names


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("predict")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run directory, or a model file.")],
    file: Annotated[
        Path,
        typer.Argument(
            help="A .csv, .tsv or .parquet table, a .npz with X, a picture, a folder or .zip of "
            "pictures, digits, cifar10, a CIFAR-10 folder or .tar.gz, or - for CSV on stdin."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where to: .csv, .parquet or .jsonl.",
            show_default="standard output",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="csv, parquet or jsonl.",
            show_default="by --out, else csv",
        ),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add the probability of every class.")
    ] = False,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMNS",
            help="Columns of a table, or arrays of a .npz, to repeat, such as id,name; "
            "label of digits, CIFAR-10 and pictures in class folders.",
        ),
    ] = None,
    best: Annotated[
        bool,
        typer.Option("--best", help="Ask the best network of a stack, not the mean of all."),
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Predict the label of every row of FILE, in memory that does not grow with it.

    A label and its probability for each row, in order; of a stack of networks also the spread
    between them: the standard deviation of that probability. Columns of a table are found by
    name; texts and empty cells are encoded as in training.

    Example: klayer predict runs/first new.csv --out answers.csv --keep id

    Arrays, beside their labels: klayer predict runs/first rows.npz --keep y

    Pictures, as JSON lines: klayer predict runs/pets photos.zip --probabilities --format jsonl

    A pipe: zcat big.csv.gz | klayer predict runs/first - --out answers.parquet
    """
    from klayer.cli.predict_run import run_prediction

    code = run_prediction(run, file, out, form, probabilities, names(keep), best, data_dir, as_json)
    raise typer.Exit(code)
