"""The pictures of studies: curves and points with the spread over replicates, and intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.architecture import Array
from klayer.plots.style import COLOURS, GRID, new_figure
from klayer.studies.answer import Curves, Intervals, Picture, Points
from klayer.studies.statistics import mean_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_INSIDE = 5  # names in a legend inside the panel
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
    width = 7.2 if len(picture.series) <= MOST_INSIDE else 9.2
    figure, panel = _panel(width, 4.2, picture.title)
    for place, (name, (steps, values)) in enumerate(picture.series.items()):
        _draw_band(panel, place, name, steps, values, log_y=picture.log_y)
    panel.set_xlabel(picture.x_label)
    panel.set_ylabel(picture.y_label)
    if picture.log_x:
        panel.set_xscale("log")
    if picture.span is not None:
        panel.axvspan(*picture.span, color=COLOURS[7], alpha=0.15, lw=0)
    if picture.log_y:
        panel.set_yscale("log")
    _finish(panel, [drawn for _, drawn in picture.series.values()], log_y=picture.log_y)
    return figure


def draw_points(picture: Points) -> "Figure":
    """Draw each series' mean against the setting, its interval as a band, and marks as crosses."""
    figure, panel = _panel(7.2, 4.2, picture.title)
    for place, (name, (x, values)) in enumerate(picture.series.items()):
        order = np.argsort(x)
        if picture.lines:
            _draw_band(panel, place, name, x[order], values[:, order], marker="o")
        else:
            panel.plot(x, values.mean(axis=0), "o", color=_colour(place), ms=5, label=name)
        if name in picture.marks:
            label = f"{name}, {picture.marked}"
            panel.plot(*picture.marks[name], "x", color=_colour(place), ms=7, mew=1.6, label=label)
        if name in picture.dots:
            label = f"{name}, {picture.dotted}"
            panel.plot(*picture.dots[name], ".", color=_colour(place), alpha=0.6, ms=4, label=label)
    if picture.log_x:
        panel.set_xscale("log")
    panel.set_xlabel(picture.x_label)
    panel.set_ylabel(picture.y_label)
    drawn = [drawn for _, drawn in picture.series.values()]
    extra = [y[None] for _, y in (*picture.marks.values(), *picture.dots.values())]
    _finish(panel, drawn, extra)
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
    panel.set_xlim(*_bounds(picture))
    panel.set_xlabel(picture.x_label)
    panel.grid(**GRID)
    panel.set_axisbelow(True)
    if picture.marked:
        panel.plot([], [], "x", color=COLOURS[1], ms=8, mew=2, label=picture.marked)
        panel.legend(frameon=False, fontsize=8)
    return figure


def _bounds(picture: Intervals) -> tuple[float, float]:
    """Return limits that show all means and marks, and of the intervals what most of them need.

    A single wide interval, such as that of networks of which only some learn, runs out of view.
    """
    shown = [bar.mean for bar in picture.bars]
    shown += [bar.mark for bar in picture.bars if bar.mark is not None]
    shown += [] if picture.line is None else [picture.line]
    widths = [bar.high - bar.low for bar in picture.bars if np.isfinite(bar.high - bar.low)]
    room = float(np.median(widths)) if widths else 0.0
    room += 0.04 * (max(shown) - min(shown)) or 0.01
    return min(shown) - room, max(shown) + room


def _panel(width: float, height: float, title: str) -> tuple["Figure", Any]:
    figure = new_figure(width, height)
    panel = figure.add_subplot()
    panel.set_title(title, fontsize=10)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    return figure, panel


def _draw_band(
    panel: Any,
    place: int,
    name: str,
    x: Array,
    values: Array,
    marker: str = "",
    log_y: bool = False,
) -> None:
    """Draw the mean of values (R, N) as a line and its confidence interval as a band.

    On a logarithmic axis both are those of the logarithms.
    """
    colour, line = _colour(place), LINES[place // 7 % len(LINES)]
    values = np.log10(np.where(values > 0, values, np.nan)) if log_y else values
    kept = np.isfinite(values).all(axis=0)
    x, values = x[kept], values[:, kept]
    mean = values.mean(axis=0)
    shown = 10**mean if log_y else mean
    panel.plot(x, shown, line, marker=marker, ms=3.5, color=colour, lw=1.5, label=name)
    if len(values) > 1 and len(x):
        bounds = np.array([mean_interval(column) for column in values.T]).T
        bounds = 10**bounds if log_y else bounds
        panel.fill_between(x, *bounds, color=colour, alpha=0.18, lw=0)


def _finish(
    panel: Any, values: list[Array], extra: Sequence[Array] = (), log_y: bool = False
) -> None:
    """Add grid, legend, and a word on what the bands are; show all values, if not all of a band."""
    everything = np.concatenate([found.ravel() for found in (*values, *extra)])
    everything = everything[np.isfinite(everything) & ((everything > 0) | (not log_y))]
    if len(everything):
        low, high = float(everything.min()), float(everything.max())
        room = 0.06 * (high - low) or 0.06
        panel.set_ylim((low / 1.3, high * 1.3) if log_y else (low - room, high + room))
    panel.grid(**GRID)
    beside = {"loc": "upper left", "bbox_to_anchor": (1.01, 1)} if len(values) > MOST_INSIDE else {}
    panel.legend(frameon=False, fontsize=8, **beside)
    if len(values[0]) > 1:
        said = BAND.format(n=len(values[0]))
        panel.annotate(said, (1, -0.17), xycoords="axes fraction", ha="right", va="top", fontsize=7)


def _colour(place: int) -> str:
    return COLOURS[place % 7]
