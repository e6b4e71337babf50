"""The answers: docs/benchmarks.md and docs/benchmarks.png, made of what lies in the results."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import tables
from benchmarks.crew import ROOT
from klayer.plots.bench import draw_bench
from klayer.plots.style import png

DOCS = ROOT / "docs"
IN_PICTURE = ("3-layer", "9-layer", "3-layer, stack of 8", "digits")

METHOD = """\
Every contender is a process of its own with the same initial weights, mini-batches (100 rows),
rates and penalty; a trial run shows before the measurement that its losses are klayer's to 1e-4.
Slices of a quarter of a second take turns, contender after contender, round after round. A slice
during which other processes took more than 5 % of the CPUs, or before or after which all CPUs
together computed less than four fifths of the most they had done beside one alone (a host may run
two CPUs of a virtual machine on one core), is done again (10 times at most, 3 times for whole jobs;
then the least disturbed counts, and the table says how many). All contests
of updates are held twice, minutes apart, since a machine may have other guests that slow everyone:
that run counts during which the FMA peak was higher. Figures are medians; ± is half the
interquartile range. Compiling and warming up are not timed, except in whole jobs. The C library
keeps freed memory for everyone (MALLOC_TRIM_THRESHOLD_), which helps NumPy and PyTorch most. Peers
read rows as suits them: float32 standardised beforehand (553 MB), or raw uint8 standardised in
every update, as klayer does; where both were tried, both are shown, and the faster counts. Where a
processor with AVX-512 VNNI multiplies bytes as bytes, klayer's first layer makes no fused
multiply-adds of float32 (see [the engines](engines.md)); their peak is a yardstick all the same."""


def write(results: Path) -> None:
    """Write the document and the picture."""
    found = _read(results)
    others = [_read(folder) for folder in sorted(results.iterdir()) if folder.is_dir()]
    (DOCS / "benchmarks.md").write_text("\n".join(_lines(found, others)) + "\n")
    contests = [found["updates"][title] for title in IN_PICTURE if title in found["updates"]]
    drawn = [{**contest, "rows": _fastest(contest["rows"])} for contest in contests]
    (DOCS / "benchmarks.png").write_bytes(png(draw_bench(drawn)))


def _fastest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per name: the faster way of reading."""
    best: dict[str, dict[str, Any]] = {}
    for row in rows:
        kept = best.setdefault(row["name"], row)
        if row["microseconds_per_update"] < kept["microseconds_per_update"]:
            best[row["name"]] = row
    return list(best.values())


def _read(folder: Path) -> dict[str, Any]:
    """Return the results of one machine by the part that found them."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def _machine(updates: dict[str, Any]) -> Iterator[str]:
    """Yield lines about the machine that some contests were held on."""
    first = next(iter(updates.values()))
    yield from (f"- {name}: {words}" for name, words in first["machine"].items() if name != "date")
    peaks = sorted(contest["peak_gflops"] for contest in updates.values())
    yield f"- float32 FMA peak, measured in each run: {peaks[0]:.0f} to {peaks[-1]:.0f} GFLOP/s"


def _called(updates: dict[str, Any]) -> str:
    """Return what sets another machine apart: its vectors, and how fast they are."""
    vectors = next(iter(updates.values()))["machine"]["vectors"]
    peak = median(contest["peak_gflops"] for contest in updates.values())
    return f"another machine: {vectors}, {peak:.0f} GFLOP/s"


def _lines(found: dict[str, Any], others: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the document's lines."""
    updates = found["updates"]
    yield from ("# Benchmarks", "", "Made by `make bench`.", "", *_machine(updates))
    yield from ("", METHOD, "", "![Time of one update](benchmarks.png)", "")
    yield from ("## In short", "", *tables.summary(updates), "")
    for other in others:
        yield from (
            f"## In short, on {_called(other['updates'])}",
            "",
            *_machine(other["updates"]),
            "",
        )
        yield from (*tables.summary(other["updates"]), "")
        if not all("peaks_gflops" in contest for contest in other["updates"].values()):
            yield from ("There each contest was held once.", "")
        yield from _jobs(other, "### The whole job there")
    for title, contest in updates.items():
        yield from (f"## {title}", "", *tables.contest(contest), "")
    if "engine" in found:
        yield from ("## The reference engine beside PyTorch's eager mode", "")
        yield from (tables.measured(found["engine"]), "", *tables.engine(found["engine"]), "")
    yield from _jobs(found, "## The whole job")
    if "scaling" in found:
        yield from ("## How the time of an update grows", "", tables.measured(found["scaling"]), "")
        yield from tables.scaling(found["scaling"])


def _jobs(found: dict[str, Any], heading: str) -> Iterator[str]:
    """Yield the whole jobs, where they were measured."""
    if "job" in found:
        yield from (heading, "", tables.measured(found["job"]), "")
        yield from (*tables.jobs(found["job"]), "")
