"""`klayer data`: what a source holds, and fetching CIFAR-10."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from klayer.cli import options
from klayer.cli.columns import column_table, columns_of, load_quietly
from klayer.cli.options import DataDir, Json, Source, Stratify, Target, TestRows, Validation
from klayer.cli.outputs import check_output
from klayer.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from klayer.data import Data

SETS = ("training", "validation", "test")
MOST_COLUMNS = 50
MOST_CLASSES = 50  # shown in the table; `--json` has all


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="Look at a data set, or fetch one.")
    group.command("info")(info)
    group.command("get")(get)
    app.add_typer(group, name="data")


def info(
    source: Source = "digits",
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw a labelled grid of samples into this .png."),
    ] = None,
    validation: Validation = None,
    test: TestRows = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the split.")] = 0,
    stratify: Stratify = False,
    target: Target = None,
    ignore: options.Ignore = None,
    categorical: options.Categorical = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say what SOURCE holds: counts, shapes, classes and how often each occurs.

    Example: klayer data info digits --picture digits.png

    A table: klayer data info wine.csv --target quality --validation 0.1
    """
    from klayer.cli.console import print_json, results, words

    check_output("--picture", picture, source, suffix=".png")
    data = load_quietly(
        source=source,
        validation=options.rows_or_share("--validation", validation),
        test=options.rows_or_share("--test", test),
        seed=seed,
        stratify=stratify,
        target=target,
        **options.columns(ignore, categorical),
        data_dir=data_dir,
    )
    if picture is not None:
        _draw(data, picture)
    if as_json:
        print_json(payload_of(data))
    else:
        results().print(_facts(data))
        if data.encoding is not None:
            results().print(column_table(data.encoding, data.samples.X, MOST_COLUMNS))
        results().print(_balance(data))
    if picture is not None:
        words().print(f"the samples are in {picture}")


def get(
    name: Annotated[str, typer.Argument(help="cifar10, the only one there is.")],
    data_dir: DataDir = None,
) -> None:
    """Fetch a data set's official archive and check it by its hash.

    Example: klayer data get cifar10
    """
    from klayer.cli.console import results
    from klayer.cli.download import DownloadBar
    from klayer.data.download import get_cifar10

    if name != "cifar10":
        hint = "; digits needs no download" if name == "digits" else ""
        raise InputError(f"NAME must be cifar10, but got {name!r}{hint}")
    with DownloadBar() as bar:
        path = get_cifar10(data_dir, progress=bar)
    results().print(str(path))


def payload_of(data: "Data") -> dict[str, Any]:
    """Return what ``--json`` prints."""
    X, counts = data.samples.X, _counts(data)
    return {
        "source": data.name,
        "rows": len(X),
        **{name: len(data.rows(name)) for name in SETS},
        "features": data.inputs,
        "dtype": str(X.dtype),
        "bytes": X.nbytes,
        "picture": data.picture,
        "feature_names": data.feature_names,
        "columns": columns_of(data.encoding),
        "classes": [
            {
                "class": number,
                "label": data.labels[number].item(),
                "name": name,
                **{part: counts[part][number] for part in SETS},
            }
            for number, name in enumerate(data.class_names)
        ],
        "constant_features": int((data.samples.inverse_std == 0).sum()),
        "fingerprint": data.fingerprint,
    }


def _counts(data: "Data") -> dict[str, list[int]]:
    """Return how many rows of each class every set has."""
    import numpy as np

    y, K = data.samples.y, data.classes
    return {name: np.bincount(y[data.rows(name)], minlength=K).tolist() for name in SETS}


def _facts(data: "Data") -> "Table":
    """Return the sizes of everything."""
    from rich.table import Table
    from rich.text import Text

    X = data.samples.X
    shape = f"{data.inputs}"
    if data.picture:
        height, width, channels = data.picture
        kind = "grey" if channels == 1 else "colour"
        shape += f" ({height} × {width} pixels, {kind})"
    table = Table(title=Text(data.name), show_header=False, title_justify="left")
    table.add_row("rows", f"{len(X):,}")
    table.add_row("features", shape)
    table.add_row("constant features", f"{(data.samples.inverse_std == 0).sum()}")
    table.add_row("kept as", f"{X.dtype}, {X.nbytes / (1 << 20):,.1f} MiB")
    table.add_row("fingerprint", data.fingerprint[:16])
    return table


def _balance(data: "Data") -> "Table":
    """Return the rows of each class in every set, and the class's share of the training set."""
    from rich.table import Table
    from rich.text import Text

    counts = _counts(data)
    training = counts["training"]
    table = Table(title="classes", title_justify="left", show_footer=True)
    table.add_column("class", "all", overflow="fold")
    for name in SETS:
        table.add_column(name, f"{sum(counts[name]):,}", justify="right")
    table.add_column("share of training", "100.0 %", justify="right")
    for number, name in list(enumerate(data.class_names))[:MOST_CLASSES]:
        cells = [f"{counts[part][number]:,}" for part in SETS]
        table.add_row(
            Text(name), *cells, f"{training[number] / sum(training):.1%}".replace("%", " %")
        )
    if data.classes > MOST_CLASSES:
        table.caption = f"and {data.classes - MOST_CLASSES} more; --json has all"
    return table


def _draw(data: "Data", path: Path) -> None:
    """Write the grid of samples."""
    from klayer.plots import png
    from klayer.plots.samples import draw_samples
    from klayer.storage.atomic import write_whole

    write_whole(path, png(draw_samples(data)))
