"""The pictures of studies: curves and points with the spread over replicates, and intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.architecture import Array
from klayer.plots.style import COLOURS, GRID, new_figure
from klayer.studies.answer import Curves, Intervals, Picture, Points
from klayer.studies.statistics import mean_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINES = ("-", "--", ":", "-.")
BAND = "bands: 95 % confidence interval of the mean over {n} replicates"


def draw(picture: Picture) -> "Figure":
    """Draw what a study describes."""
    if isinstance(picture, Curves):
        return draw_curves_of_replicates(picture)
    if isinstance(picture, Points):
        return draw_points(picture)
    return draw_intervals(picture)


def draw_curves_of_replicates(picture: Curves) -> "Figure":
    """Draw each series' mean over the replicates as a line, and its interval as a band."""
    figure, panel = _panel(7.2, 4.2, picture.title)
    for place, (name, (steps, values)) in enumerate(picture.series.items()):
        _draw_band(panel, place, name, steps, values, marker="")
    panel.set_xlabel("update step")
    panel.set_ylabel(picture.y_label)
    values = [values for _, values in picture.series.values()]
    if picture.log_y:
        panel.set_yscale("log")
    _finish(panel, values, picture.log_y)
    return figure


def draw_points(picture: Points) -> "Figure":
    """Draw each series' mean against the setting, its interval as a band, and marks as crosses."""
    figure, panel = _panel(7.2, 4.2, picture.title)
    for place, (name, (x, values)) in enumerate(picture.series.items()):
        order = np.argsort(x)
        _draw_band(panel, place, name, x[order], values[:, order], marker="o")
        if name in picture.marks:
            label = f"{name}, {picture.marked}"
            panel.plot(*picture.marks[name], "x", color=_colour(place), ms=7, mew=1.6, label=label)
    if picture.log_x:
        panel.set_xscale("log")
    panel.set_xlabel(picture.x_label)
    panel.set_ylabel(picture.y_label)
    values = [values for _, values in picture.series.values()]
    _finish(panel, [*values, *(y[None] for _, y in picture.marks.values())])
    return figure


def draw_intervals(picture: Intervals) -> "Figure":
    """Draw a mean with its interval for each bar, from the top down; marks as crosses."""
    figure, panel = _panel(7.2, 1.1 + 0.3 * len(picture.bars), "")
    figure.suptitle(picture.title, fontsize=10)
    places = np.arange(len(picture.bars))[::-1]
    for place, bar in zip(places, picture.bars, strict=True):
        panel.plot([bar.low, bar.high], [place, place], "-", color=COLOURS[0], lw=2.2)
        panel.plot([bar.mean], [place], "o", color=COLOURS[0], ms=5)
        if bar.mark is not None:
            panel.plot([bar.mark], [place], "x", color=COLOURS[1], ms=8, mew=2)
    if picture.line is not None:
        panel.axvline(picture.line, color="#000000", lw=0.8)
    panel.set_yticks(places, [bar.label for bar in picture.bars])
    panel.set_ylim(-0.7, len(picture.bars) - 0.3)
    panel.set_xlabel(picture.x_label)
    panel.grid(**GRID)
    panel.set_axisbelow(True)
    if picture.marked:
        panel.plot([], [], "x", color=COLOURS[1], ms=8, mew=2, label=picture.marked)
        panel.legend(frameon=False, fontsize=8)
    return figure


def _panel(width: float, height: float, title: str) -> tuple["Figure", Any]:
    figure = new_figure(width, height)
    panel = figure.add_subplot()
    panel.set_title(title, fontsize=10)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    return figure, panel


def _draw_band(panel: Any, place: int, name: str, x: Array, values: Array, marker: str) -> None:
    """Draw the mean of values (R, N) as a line and its confidence interval as a band."""
    colour, line = _colour(place), LINES[place // 7 % len(LINES)]
    kept = np.isfinite(values).all(axis=0)
    x, values = x[kept], values[:, kept]
    panel.plot(
        x, values.mean(axis=0), line, marker=marker, ms=3.5, color=colour, lw=1.5, label=name
    )
    if len(values) > 1:
        intervals = np.array([mean_interval(column) for column in values.T]).reshape(-1, 2)
        panel.fill_between(x, *intervals.T, color=colour, alpha=0.18, lw=0)


def _finish(panel: Any, values: list[Array], log_y: bool = False) -> None:
    """Add grid, legend, and a word on what the bands are; show all values, if not all of a band."""
    everything = np.concatenate([found.ravel() for found in values])
    everything = everything[np.isfinite(everything) & ((everything > 0) | (not log_y))]
    if len(everything):
        low, high = float(everything.min()), float(everything.max())
        room = 0.06 * (high - low) or 0.06
        panel.set_ylim((low / 1.3, high * 1.3) if log_y else (low - room, high + room))
    panel.grid(**GRID)
    panel.legend(frameon=False, fontsize=8)
    if len(values[0]) > 1:
        said = BAND.format(n=len(values[0]))
        panel.annotate(said, (1, -0.17), xycoords="axes fraction", ha="right", va="top", fontsize=7)


def _colour(place: int) -> str:
    return COLOURS[place % 7]
