"""Bars of the time of one update, contest by contest: klayer's engines beside their peers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from klayer.plots.style import COLOURS, GRID, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = {"klayer native": COLOURS[0], "klayer reference": COLOURS[5]}


def draw_bench(contests: Sequence[dict[str, Any]]) -> "Figure":
    """Draw a panel for every contest, a bar for every contender, on one logarithmic axis.

    Args:
        contests: each with a title and rows as `klayer bench --json` has them; a row may have
            low and high, the quartiles of its microseconds per update.

    Returns:
        A figure; bars are microseconds per update and network, the fastest on top.
    """
    ranked = [sorted(contest["rows"], key=_per_network) for contest in contests]
    heights = [len(rows) + 0.8 for rows in ranked]
    figure = new_figure(8.0, 0.8 + 0.27 * sum(heights))
    panels = figure.subplots(
        len(contests), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    for panel, contest, rows in zip(panels[:, 0], contests, ranked, strict=True):
        _draw_contest(panel, contest["title"], rows)
    fastest = min(_per_network(rows[0]) for rows in ranked)
    slowest = max(_per_network(rows[-1]) for rows in ranked)
    last = panels[-1, 0]
    last.set_xscale("log")
    last.set_xlim(fastest / 2, slowest * 3)
    last.set_xlabel("microseconds per update and network (logarithmic)")
    return figure


def _per_network(row: dict[str, Any]) -> float:
    return float(row["microseconds_per_update_per_network"])


def _draw_contest(panel: Any, title: str, rows: list[dict[str, Any]]) -> None:
    """Draw one contest's bars, each with its time and how many times the fastest's it is."""
    times = [_per_network(row) for row in rows]
    colours = [OWN.get(row["name"], COLOURS[7]) for row in rows]
    panel.barh(range(len(rows)), times, color=colours, height=0.7, xerr=_errors(rows))
    for position, time in enumerate(times):
        words = f" {time:.4g}" + (f"  ({time / times[0]:.1f}×)" if position else "")
        panel.text(time * 1.04, position, words, va="center", fontsize=7)
    panel.set_yticks(range(len(rows)), [row["name"] for row in rows], fontsize=7)
    panel.invert_yaxis()
    panel.set_title(title, fontsize=9, loc="left")
    panel.grid(axis="x", **GRID)
    panel.set_axisbelow(True)


def _errors(rows: list[dict[str, Any]]) -> list[list[float]]:
    """Return the distances from the median to the quartiles, per network."""
    found: list[list[float]] = [[], []]
    for row in rows:
        median, networks = row["microseconds_per_update"], row["networks"]
        found[0].append(max(0.0, median - row.get("low", median)) / networks)
        found[1].append(max(0.0, row.get("high", median) - median) / networks)
    return found
