"""Bars of the time of one update, contest by contest: klayer's engines beside their peers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.plots.style import COLOURS, GRID, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = {"klayer native": COLOURS[0], "klayer reference": COLOURS[5]}


def draw_bench(contests: Sequence[dict[str, Any]]) -> "Figure":
    """Draw a panel for every contest, a bar for every contender, each on an axis from nought.

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
        len(contests), 1, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    for panel, contest, rows in zip(panels[:, 0], contests, ranked, strict=True):
        _draw_contest(panel, contest["title"], rows)
    panels[-1, 0].set_xlabel("microseconds per update and network")
    return figure


def _per_network(row: dict[str, Any]) -> float:
    return float(row["microseconds_per_update_per_network"])


def _draw_contest(panel: Any, title: str, rows: list[dict[str, Any]]) -> None:
    """Draw one contest's bars, each with its time and how many times the fastest's it is."""
    times = [_per_network(row) for row in rows]
    colours = [OWN.get(row["name"], COLOURS[7]) for row in rows]
    errors = _errors(rows)
    panel.barh(range(len(rows)), times, color=colours, height=0.7, xerr=errors)
    for position, (time, above) in enumerate(zip(times, errors[1], strict=True)):
        words = f" {time:.4g}" + (f"  ({time / times[0]:.1f}×)" if position else "")
        panel.text(time + above + 0.005 * max(times), position, words, va="center", fontsize=7)
    panel.set_xlim(0, 1.2 * max(np.add(times, errors[1])))
    panel.set_yticks(range(len(rows)), [row["name"] for row in rows], fontsize=7)
    panel.tick_params(axis="x", labelsize=7)
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
