"""Markdown tables of the results."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Row = dict[str, Any]


def summary(updates: dict[str, Row]) -> Iterator[str]:
    """Yield, for every contest, how klayer native stands to the peak and to its peers."""
    heads = ["network", "klayer native, µs", "FMA peak", "fastest peer", "NumPy", "PyTorch eager"]
    heads += ["GFLOP/s", "measured"]
    yield from _head(heads)
    for title, found in updates.items():
        times = {row["name"]: row["microseconds_per_update"] for row in found["rows"][::-1]}
        for row in found["rows"]:
            times[row["name"]] = min(times[row["name"]], row["microseconds_per_update"])
        native = times.get("klayer native")
        if native is None:
            continue
        peers = {name: time for name, time in times.items() if not name.startswith("klayer")}
        libraries = {name: time for name, time in peers.items() if not name.startswith("NumPy")}
        fastest = min(libraries, key=lambda name: libraries[name])
        eager = [time for name, time in peers.items() if name.startswith("PyTorch eager")]
        numpy = [time for name, time in peers.items() if name.startswith("NumPy")]
        share = found["first_layer_flops"] / found["peak_gflops"] / 1e3 / native
        yield _line(
            [
                title,
                f"{native / found['networks']:.4g}",
                f"{100 * share:.0f} %",
                f"{libraries[fastest] / native:.1f}× ({fastest})",
                *(f"{min(group) / native:.1f}×" if group else "" for group in (numpy, eager)),
                f"{found['peak_gflops']:.0f}",
                found["machine"]["date"],
            ]
        )
    yield ""
    yield (
        "Microseconds are per update and network. The share of the FMA peak is the first layer's "
        "two products at that peak, over the time of the whole update; GFLOP/s is the run's peak."
    )


def contest(found: Row) -> Iterator[str]:
    """Yield one contest's table."""
    yield f"{found['architecture']}; {found['networks']} network(s); {found['source']}."
    yield (
        f"Measured {found['machine']['date']}; {found['rounds']} rounds; "
        f"FMA peak {found['peak_gflops']:.0f} GFLOP/s; losses agree to "
        f"{found['largest_loss_difference']:.0e}."
    )
    yield ""
    yield from _head(["contender", "version", "rows", "µs per update", "per network", "±", "dist."])
    for row in sorted(found["rows"], key=lambda row: float(row["microseconds_per_update"])):
        yield _line(
            [
                row["name"],
                row["version"],
                row["data"].split(",")[0],
                f"{row['microseconds_per_update']:.4g}",
                f"{row['microseconds_per_update_per_network']:.4g}",
                _spread(row, row["microseconds_per_update"]),
                str(row["disturbed"]),
            ]
        )


def measured(found: dict[str, Row]) -> str:
    """Return the line on when the results of a part were measured."""
    days = sorted({result["machine"]["date"] for result in found.values()})
    return f"Measured {' and '.join(days)}."


def engine(found: Row) -> Iterator[str]:
    """Yield the reference engine's contests and the shares of its phases."""
    for title, result in found.items():
        if title != "phases":
            yield from (f"With the {title}:" if "kept" in title else f"With {title}:", "")
            yield from (*contest(result), "")
    phases = found.get("phases", {}).get("microseconds", {})
    total = sum(phases.values())
    if phases:
        yield from _head(["phase of the reference engine", "µs", "share"])
    for name, time in phases.items():
        yield _line([name, f"{time:.0f}", f"{100 * time / total:.0f} %"])


def jobs(found: dict[str, Row]) -> Iterator[str]:
    """Yield the whole jobs' seconds and memory."""
    yield next(iter(found.values()))["source"] + "; 9,000 updates, 21 evaluations of 50,000 rows."
    yield ""
    yield from _head(["job", "seconds", "±", "peak memory, MB", "repeats", "dist."])
    for row in (row for group in found.values() for row in group["rows"]):
        memory = f"{row['peak_memory_bytes'] / 1e6:.0f}"
        counts = [str(row["repeats"]), str(row["disturbed"])]
        spread = _spread(row, row["seconds"])
        yield _line([row["name"], f"{row['seconds']:.2f}", spread, memory, *counts])


def scaling(found: dict[str, Row]) -> Iterator[str]:
    """Yield a table per quantity: its values across, the engines down, microseconds inside."""
    for quantity, result in found.items():
        engines = result["engines"]
        values = [str(point["value"]) for point in next(iter(engines.values()))]
        yield from _head([quantity, *values])
        for name, points in engines.items():
            yield _line([f"{name}, µs", *(f"{point['microseconds']:.4g}" for point in points)])
        yield ""


def _spread(row: Row, median: float) -> str:
    return f"{50 * (row['high'] - row['low']) / median:.1f} %"


def _head(names: Sequence[str]) -> Iterable[str]:
    return _line(names), _line(["---"] + ["---:"] * (len(names) - 1))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
