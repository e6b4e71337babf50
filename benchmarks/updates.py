"""The time of one update: klayer's engines beside NumPy, PyTorch, JAX and scikit-learn.

Every contest is one interleaved run: all its contenders and the FMA peak, round after round. All
are held twice, minutes apart, for a machine may have other guests that slow everyone: of the two
runs that counts during which the peak was higher, whatever it says of the contenders.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import roster
from benchmarks.crew import Entry, Member, crew
from benchmarks.fairness import check_fair
from benchmarks.interleave import interleave, updates_of
from benchmarks.peak import cores, peak_measure
from benchmarks.pixels import prepare_digits, prepare_pictures
from benchmarks.summary import summarise
from benchmarks.tasks import NINE_LAYERS, Task

PEAK = "FMA peak"
RUNS = 2  # of every contest
Contest = tuple[Task, tuple[Entry, ...]]


def run(folder: Path, rounds: int, only: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Hold every contest whose title begins with `only`; yield titles and results.

    A title that comes again takes the place of its first result.
    """
    pictures, digits = folder / "pictures", folder / "digits"
    chosen = {
        title: contest
        for title, contest in contests(pictures, digits).items()
        if title.startswith(only)
    }
    words = {pictures: prepare_pictures(pictures), digits: prepare_digits(digits)}
    peaks: dict[str, list[float]] = {title: [] for title in chosen}
    kept: dict[str, dict[str, Any]] = {}
    for title in list(chosen) * RUNS:
        found = hold(title, chosen[title], rounds)
        peaks[title].append(found["peak_gflops"])
        if found["peak_gflops"] == max(peaks[title]):
            kept[title] = found
        source = words[Path(chosen[title][0].folder)]
        yield title, {"source": source, **kept[title], "peaks_gflops": peaks[title]}


def contests(pictures: Path, digits: Path) -> dict[str, Contest]:
    """Return every contest by its title: a task, and who does it."""
    three = Task(folder=str(pictures))
    nine = replace(three, hidden=NINE_LAYERS)
    small = replace(three, folder=str(digits))
    plain = replace(three, batch_norm=False, rate_min=0.01, rate_max=0.01)
    alone, stacked = roster.ALONE, roster.STACKED
    return {
        "3-layer": (three, alone),
        "9-layer": (nine, alone),
        "3-layer, stack of 8": (replace(three, networks=8), stacked),
        "9-layer, stack of 8": (replace(nine, networks=8), stacked),
        "3-layer, stack of 64": (replace(three, networks=64), stacked),
        "digits": (small, alone),
        "digits, stack of 8": (replace(small, networks=8), stacked),
        "without batch norm": (plain, (*roster.KLAYER, *roster.SCIKIT_LEARN)),
    }


def hold(title: str, contest: Contest, rounds: int) -> dict[str, Any]:
    """Hold one contest and return its results in JSON's own types."""
    task, entries = contest
    measure_peak, peak_words = peak_measure(task.threads)
    with crew([(entry, task) for entry in entries]) as members:
        difference = check_fair(members)
        measures = {str(index): updates_of(member) for index, member in enumerate(members)}
        whole = cores(task.threads)
        records = interleave({PEAK: measure_peak, **measures}, rounds, cores=whole)
        rows = [
            _row(member, records[str(index)].values, records[str(index)].disturbed)
            for index, member in enumerate(members)
        ]
    return {
        "title": title,
        "architecture": task.words,
        "networks": task.networks,
        "rounds": rounds,
        "largest_loss_difference": difference,
        "peak_gflops": summarise(records[PEAK].values).median,
        "peak": peak_words,
        "first_layer_flops": first_layer_flops(task),
        "rows": rows,
    }


def first_layer_flops(task: Task) -> int:
    """Return the floating-point operations of the first layer's two products in one update."""
    return 4 * task.batch_size * task.inputs * task.hidden[0] * task.networks


def _row(member: Member, values: list[float], disturbed: int) -> dict[str, Any]:
    found = summarise(values)
    return {
        "name": member.entry.name,
        "version": member.version,
        "data": member.entry.data,
        "architecture": member.task.words,
        "networks": member.task.networks,
        "microseconds_per_update": found.median,
        "microseconds_per_update_per_network": found.median / member.task.networks,
        "low": found.low,
        "high": found.high,
        "repeats": found.repeats,
        "disturbed": disturbed,
    }
