"""`klayer check`: every written gradient against differences and complex steps."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from klayer.cli.options import (
    Categorical,
    DataDir,
    Ignore,
    Json,
    Target,
    columns,
    numbers,
    whole_numbers,
)

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from klayer.architecture import Architecture
    from klayer.gradcheck import Batch, Report, Row

CLASSES, INPUTS = 10, 20
LEGEND = """\
abs    largest |a − n|, a the written and n the numerical derivative
rel    largest |a − n| / max(|a| + |n|, floor), floor = 1e-3 · the network's largest |n|
zero   |∇b| of a bias before batch normalisation
worst  the worst entry by the most exact method
aside  entries without a verdict, for a ReLU changed sides between the points, of how many
Limits: forward abs 5e-6 beyond its measured truncation, central rel 5e-6, complex rel 1e-11 (both
ten times as wide with batch normalisation from five layers on), zero 1e-14, aside 1 %."""


class Case(NamedTuple):
    """One network with one λ, and what its check found."""

    architecture: "Architecture"
    noise: str
    lam: float
    report: "Report"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("check")(command)


def command(
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE", help="Samples of data, as for train.", show_default="synthetic"
        ),
    ] = None,
    inputs: Annotated[
        int | None,
        typer.Option(
            metavar="D", help="How many features.", show_default=f"{INPUTS}, or all of fewer"
        ),
    ] = None,
    samples: Annotated[int, typer.Option(metavar="N", help="How many samples.")] = 5,
    lam: Annotated[
        str, typer.Option(metavar="L,L", help="Penalties λ, each a check of its own.")
    ] = "0,0.01",
    entries: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Entries per network, some of every parameter.", show_default="all"
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            metavar="W,W",
            help="One network of these hidden widths.",
            show_default="2, 3, 4, 9 layers without and 2, 3, 9 with batch normalisation",
        ),
    ] = None,
    batch_norm: Annotated[
        bool, typer.Option("--batch-norm", help="Normalise the network of --hidden.")
    ] = False,
    epsilon: Annotated[float, typer.Option(metavar="E", help="ε of batch normalisation.")] = 1e-5,
    noise: Annotated[
        bool,
        typer.Option(
            "--noise",
            help="Check with dropout, label smoothing and weighted samples.",
            show_default="one 3-layer network",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, samples and entries.")] = 0,
    target: Target = None,
    ignore: Ignore = None,
    categorical: Categorical = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Check every gradient numerically, in float64; exit with 1 if one is wrong.

    Weights are He's, biases and γ, β a little off 0 and 1, so that no factor hides.

    Example: klayer check

    On data, a network of your own: klayer check --data digits --hidden 30,20 --batch-norm
    """
    from klayer.cli.console import print_json
    from klayer.gradcheck import noisy

    where = {"target": target, **columns(ignore, categorical), "data_dir": data_dir}
    batch, classes, source = _batch(data, inputs, samples, seed, where)
    inputs = batch.H.shape[0]
    lams = numbers("--lam", lam) or []
    networks = _networks(whole_numbers("--hidden", hidden), batch_norm, inputs, classes, epsilon)
    checks = [(each, noisy(batch, each.hidden, seed=seed) if noise else batch) for each in networks]
    if hidden is None and not noise:
        other = next(each for each in networks if each.batch_norm and each.depth == 3)
        checks.append((other, noisy(batch, other.hidden, seed=seed)))
    cases = _check(checks, lams, entries, seed)
    passed = all(case.report.passed for case in cases)
    if as_json:
        settings = {"data": source, "inputs": inputs, "samples": samples, "seed": seed}
        print_json({"passed": passed, **settings, "entries": entries, **_payload(cases)})
    else:
        _print(cases, f"{source}, {inputs} inputs × {samples} samples")
    if not passed:
        _say_mistakes(cases)
        raise typer.Exit(1)


def _check(
    checks: list[tuple["Architecture", "Batch"]],
    lams: list[float],
    entries: int | None,
    seed: int,
) -> list[Case]:
    """Check every network with every λ; a terminal is told which is under way."""
    from klayer.cli.console import words
    from klayer.gradcheck import check_network, describe

    cases = []
    with words().status("checking") as status:
        for network, batch in checks:
            for lam in lams:
                status.update(f"checking the {describe(network, lam)}")
                report = check_network(network, batch, lam, entries, seed)
                cases.append(Case(network, batch.words, lam, report))
    return cases


def _batch(
    source: str | None, inputs: int | None, samples: int, seed: int, where: dict[str, Any]
) -> tuple["Batch", int, str]:
    """Return the samples, the number of classes and the samples' origin in words."""
    from klayer.gradcheck import batch_of, synthetic_batch

    if source is None:
        batch = synthetic_batch(INPUTS if inputs is None else inputs, samples, CLASSES, seed)
        return batch, CLASSES, "synthetic"
    from klayer.data import load_data

    data = load_data(source, seed=seed, **where)
    if inputs is None:
        inputs = max(1, min(INPUTS, int((data.samples.inverse_std > 0).sum())))
    return batch_of(data, inputs, samples, seed), data.classes, data.name


def _networks(
    hidden: list[int] | None, batch_norm: bool, inputs: int, classes: int, epsilon: float
) -> list["Architecture"]:
    """Return the one network asked for, or the reference networks."""
    from klayer.architecture import Architecture
    from klayer.errors import InputError
    from klayer.gradcheck import reference_networks

    if hidden is not None:
        return [Architecture(inputs, tuple(hidden), classes, batch_norm, epsilon)]
    if batch_norm:
        raise InputError("`--batch-norm` must come with `--hidden`, but that was not given")
    return reference_networks(inputs, classes, epsilon)


def _payload(cases: list[Case]) -> dict[str, Any]:
    """Return the results for JSON."""
    found: dict[str, Any] = {"cases": [], "mistakes": []}
    for architecture, noise, lam, report in cases:
        about = {
            "network": f"{architecture.depth}-layer",
            "hidden": list(architecture.hidden),
            "batch_norm": architecture.batch_norm,
            "noise": noise,
            "lam": lam,
        }
        found["cases"] += [{**about, **asdict(row)} for row in report.rows]
        found["mistakes"] += [{**about, **asdict(mistake)} for mistake in report.mistakes]
    return {**found, "seconds": sum(case.report.seconds for case in cases)}


def _print(cases: list[Case], samples: str) -> None:
    """Print a table per network and λ, and a line that sums up."""
    from klayer.cli.console import results

    console = results()
    for case in cases:
        console.print(_table(case.report))
        console.print()
    console.print(LEGEND)
    entries = sum(row.entries for case in cases for row in case.report.rows)
    right = sum(case.report.passed for case in cases)
    seconds = sum(case.report.seconds for case in cases)
    console.print(
        f"{right} of {len(cases)} networks right: {entries} comparisons on {samples} "
        f"in {seconds:.1f} s"
    )


def _table(report: "Report") -> "Table":
    """Return the table of one network, a line per parameter."""
    from rich import box
    from rich.table import Table

    verdict = "right" if report.passed else "WRONG"
    table = Table(
        title=f"{report.title}: {verdict}", box=box.SIMPLE_HEAD, padding=0, show_edge=False
    )
    methods = list(dict.fromkeys(row.method for row in report.rows))
    table.add_column("", no_wrap=True)
    for method in methods:
        for measure in ("abs",) if method == "zero" else ("abs", "rel"):
            table.add_column(f"{method}\n{measure}", justify="right", no_wrap=True)
    table.add_column("worst", justify="right", no_wrap=True)
    table.add_column("aside", justify="right", no_wrap=True)
    for parameter in dict.fromkeys(row.parameter for row in report.rows):
        rows = {row.method: row for row in report.rows if row.parameter == parameter}
        table.add_row(parameter, *_cells(rows, methods))
    return table


def _cells(rows: dict[str, "Row"], methods: list[str]) -> list["str | Text"]:
    """Return the cells of one parameter; what is over its limit is set in bold red."""
    from rich.text import Text

    compared = [row for method, row in rows.items() if method != "zero"]
    exact = compared[-1]
    cells: list[str | Text] = []
    for method in methods:
        row = rows.get(method)
        numbers_of = [] if row is None else [row.absolute_error, row.relative_error]
        style = "" if row is None or row.passed else "bold red"
        said = [f"{number:.1e}" for number in numbers_of] or ["", ""]
        found = [Text(cell, style=style) for cell in said]
        cells += found[:1] if method == "zero" else found
    worst = "–" if exact.worst is None else ",".join(map(str, exact.worst))
    aside = max(row.set_aside for row in compared)
    return [*cells, worst, f"{aside}/{exact.entries}"]


def _say_mistakes(cases: list[Case]) -> None:
    """Say on standard error what is wrong: a sentence per network, the first λ that shows it."""
    from klayer.cli.console import words

    said = set()
    for architecture, noise, _, report in cases:
        if report.passed or (architecture, noise) in said:
            continue
        said.add((architecture, noise))
        first, *others = report.mistakes
        names = [mistake.parameter for mistake in others if mistake.kind != "set aside"]
        also = f"; wrong too: {', '.join(names)}" if names else ""
        words().print(f"klayer: {report.title}: {first.words}{also}")
