"""`klayer bench`: how long one update takes here, in every engine that works."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from klayer.cli.options import Categorical, DataDir, Ignore, Json, Target, Threads, columns

if TYPE_CHECKING:
    from rich.table import Table


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("bench")(command)


def command(
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE", help="Rows of data, as for train.", show_default="random pixels"
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option(metavar="N", min=1, help="Measurements of each, interleaved.")
    ] = 7,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small networks and short measurements only.")
    ] = False,
    threads: Threads = None,
    target: Target = None,
    ignore: Ignore = None,
    categorical: Categorical = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Measure the time of one update, for every engine, alone and in stacks.

    A row is the median of the repeats; of P networks in one stack, µs/P is each.

    The peak column: what the first layer's products would take of that time
    if this machine did nothing but multiply and add.

    In a checkout of klayer, `make bench` puts other libraries beside it.

    Example: klayer bench

    Two seconds instead of a minute: klayer bench --quick
    """
    from klayer.cli.bench_measure import BATCH, measure, random_pixels, settings_of
    from klayer.engines import choose_engine
    from klayer.studies.machine import cores, hardware

    if data is None:
        samples, source = random_pixels(quick), "random uint8 pixels"
    else:
        from klayer.data import load_data

        loaded = load_data(data, target=target, **columns(ignore, categorical), data_dir=data_dir)
        samples, source = loaded.samples, loaded.name
    rows = measure(samples, settings_of(quick), repeats, threads, quick)
    chosen = choose_engine(threads=threads)
    about = {
        "source": source,
        "batch_size": BATCH,
        "repeats": repeats,
        "threads": getattr(chosen, "threads", threads or cores()),
        "instruction_set": chosen.instruction_set,
        "hardware": hardware(),
    }
    if as_json:
        from klayer.cli.console import print_json

        print_json({"rows": rows, **about})
        return
    from klayer.cli.console import results

    results().print(_table(rows, f"{source}, batch norm, batch {BATCH}, median of {repeats}"))
    code = f", native code for {chosen.instruction_set}" if chosen.instruction_set else ""
    results().print(f"on {about['hardware']}; {about['threads']} threads{code}")
    if rows[0]["peak_flops"] is not None:
        peak = f"{1e-9 * rows[0]['peak_flops']:.0f} GFLOP/s of float32"
        results().print(f"peak: {peak}, measured between the repeats on as many threads")


def _table(rows: list[dict[str, Any]], title: str) -> "Table":
    """Return the table, a line per engine and network."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, show_edge=False)
    table.add_column("engine", no_wrap=True)
    table.add_column("network", no_wrap=True)
    for heading in ("P", "µs", "µs/P", "±", "peak"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            row["name"].removeprefix("klayer "),
            row["architecture"].split(", ")[1],
            str(row["networks"]),
            f"{row['microseconds_per_update']:.1f}",
            f"{row['microseconds_per_update_per_network']:.1f}",
            f"{100 * row['spread']:.0f}%",
            "–" if row["peak_share"] is None else f"{100 * row['peak_share']:.0f}%",
        )
    return table
