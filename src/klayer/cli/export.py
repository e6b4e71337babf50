"""`klayer export`: a trained model as an ONNX graph."""

from pathlib import Path
from typing import Annotated

import typer

from klayer.cli.options import Json


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("export")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run directory, or a model file.")],
    file: Annotated[Path, typer.Argument(help="Where to: a .onnx file.")],
    raw: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="TYPE",
            help="Of the raw rows: uint8, float32 or float64.",
            show_default="uint8 for pictures, float32 else",
        ),
    ] = None,
    best: Annotated[
        bool, typer.Option("--best", help="Export the best network of a stack, not the mean.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a trained model as an ONNX graph, checked against onnxruntime to 1e-5.

    The graph takes raw rows: it standardises them itself. Batch normalisation is part of its
    weights; of a stack of networks it gives the mean of their probabilities. Its metadata hold
    the names of classes and the order, shape and range of a picture's numbers.

    Example: klayer export runs/first model.onnx

    Needs the extra klayer\\[onnx].
    """
    from klayer.cli.console import print_json, words
    from klayer.cli.outputs import check_output
    from klayer.data.encoding import Categories, Number
    from klayer.models import load_model
    from klayer.models.exporting import export_onnx

    check_output("FILE", file, run, suffix=".onnx")
    model = load_model(run)
    model = model.network(model.best) if best else model
    difference = export_onnx(model, file, raw)
    size = file.stat().st_size
    words().print(
        f"{file}: {size:,} bytes; its probabilities differ from the model's by at most "
        f"{difference:.1e} on random rows"
    )
    columns = model.encoding.columns if model.encoding else ()
    if any(isinstance(c, Categories) or (isinstance(c, Number) and c.indicator) for c in columns):
        words().print(
            f"the graph takes the {model.architecture.inputs} encoded features, not the table's "
            "columns; their names are in its metadata"
        )
    if as_json:
        networks = model.state.networks
        print_json(
            {"file": str(file), "bytes": size, "networks": networks, "difference": difference}
        )
