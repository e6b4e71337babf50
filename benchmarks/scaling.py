"""How the time of an update grows with width, depth, batch, networks and threads, klayer only.

From the 3-layer batch-normalised network on pictures, one number changes at a time.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import roster
from benchmarks.crew import crew
from benchmarks.interleave import interleave, updates_of
from benchmarks.peak import cores
from benchmarks.pixels import prepare_pictures
from benchmarks.summary import summarise
from benchmarks.tasks import Task

SERIES: dict[str, dict[int, dict[str, Any]]] = {
    "width": {width: {"hidden": (width, width)} for width in (10, 25, 50, 100, 200, 400)},
    "depth": {layers: {"hidden": (50,) * (layers - 1)} for layers in (2, 3, 5, 9, 17)},
    "batch": {rows: {"batch_size": rows} for rows in (10, 25, 50, 100, 200, 400)},
    "networks": {P: {"networks": P} for P in (1, 2, 4, 8, 16, 32, 64)},
    "threads": {threads: {"threads": threads} for threads in (1, 2)},
}


def run(folder: Path, rounds: int, only: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield, for every quantity, the microseconds per update of each engine at each value."""
    source, task = prepare_pictures(folder), Task(folder=str(folder))
    for quantity, values in SERIES.items():
        if quantity.startswith(only):
            tasks = {value: replace(task, **change) for value, change in values.items()}
            yield quantity, {"source": source, "engines": _series(tasks, rounds)}


def _series(tasks: dict[int, Task], rounds: int) -> dict[str, list[dict[str, float]]]:
    """Return the points of every engine: value, median, low and high."""
    jobs = [(entry, task) for entry in roster.KLAYER for task in tasks.values()]
    values = [value for _ in roster.KLAYER for value in tasks]
    found: dict[str, list[dict[str, float]]] = {entry.name: [] for entry in roster.KLAYER}
    with crew(jobs) as members:
        measures = {str(index): updates_of(member) for index, member in enumerate(members)}
        records = interleave(measures, rounds, cores=cores(max(task.threads for _, task in jobs)))
    for index, (value, member) in enumerate(zip(values, members, strict=True)):
        summary = summarise(records[str(index)].values)
        point = {"value": value, "microseconds": summary.median}
        found[member.entry.name].append(point | {"low": summary.low, "high": summary.high})
    return found
