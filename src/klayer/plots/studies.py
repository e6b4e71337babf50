"""The pictures of studies: curves, points and intervals, with the replicates behind them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.architecture import Array
from klayer.plots.replicates import (
    FEW,
    NONE,
    colour,
    draw_curve,
    draw_point_series,
    explain,
    limits,
    mark,
    words,
)
from klayer.plots.style import COLOURS, GRID, new_figure
from klayer.plots.ticks import label_tried
from klayer.studies.answer import Curves, Intervals, Picture, Points
from klayer.studies.statistics import LEAST

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_INSIDE = 5  # names in a legend inside the panel
DARK = "#000000"
FEW_DECADES = 100.0  # greatest by least value; a logarithmic axis of less has few powers of ten


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
    shown: list[Array] = []
    for place, (name, (steps, values)) in enumerate(picture.series.items()):
        shown += draw_curve(
            panel, place, len(picture.series), name, steps, values, log_y=picture.log_y
        )
    if picture.span is not None:
        panel.axvspan(*picture.span, color=COLOURS[7], alpha=0.15, lw=0)
    if picture.log_y:
        panel.set_yscale("log")
    _label(panel, picture, [steps for steps, _ in picture.series.values()])
    _finish(panel, shown, picture.within, len(picture.series), log_y=picture.log_y)
    said = words(_replicates(picture), "bands", "thick lines: means; thin lines")
    explain(figure, said)
    return figure


def draw_points(picture: Points) -> "Figure":
    """Draw each series' mean against the setting, its interval as error bars, marks as crosses."""
    figure, panel = _panel(7.2, 4.2, picture.title)
    shown: list[Array] = []
    named: dict[str, Any] = {}  # the legend, in the order of drawing: error bars would come last
    for place, (name, (x, values)) in enumerate(picture.series.items()):
        order = np.argsort(x)
        if picture.lines:
            shown += draw_point_series(
                panel, place, len(picture.series), name, x[order], values[:, order]
            )
        else:
            shown.append(values.mean(axis=0))
            panel.plot(x, shown[-1], mark(place), color=colour(place), ms=5, label=name)
        named |= {name: panel.get_legend_handles_labels()[0][-1]}
        if name in picture.marks:
            label = f"{name}, {picture.marked}"
            [named[label]] = panel.plot(
                *picture.marks[name], "x", color=colour(place), ms=7, mew=1.6, label=label
            )
        if name in picture.dots:
            label = f"{name}, {picture.dotted}"
            [named[label]] = panel.plot(
                *picture.dots[name], ".", color=colour(place), alpha=0.6, ms=4, label=label
            )
    _label(panel, picture, [x for x, _ in picture.series.values()])
    shown += [y for _, y in (*picture.marks.values(), *picture.dots.values())]
    _finish(panel, shown, picture.within, len(picture.series), handles=list(named.values()))
    if picture.lines:
        said = words(_replicates(picture), "error bars", "joined marks: means; small dots")
        explain(figure, said)
    return figure


def draw_intervals(picture: Intervals) -> "Figure":
    """Draw mean, interval and replicates of each bar, from the top down; marks as crosses."""
    figure, panel = _panel(7.2, 1.3 + 0.3 * len(picture.bars), "")
    figure.suptitle(picture.title, fontsize=10)
    places = np.arange(len(picture.bars))[::-1]
    for place, bar in zip(places, picture.bars, strict=True):
        if np.isfinite([bar.low, bar.high]).all():
            panel.plot([bar.low, bar.high], [place, place], "-", color=COLOURS[0], lw=2.2)
        panel.plot([bar.mean], [place], "o", color=COLOURS[0], ms=5, clip_on=False)
        below = np.full(len(bar.values), place - 0.25)
        panel.plot(bar.values, below, ".", color=COLOURS[7], ms=3.5, clip_on=False)
        if bar.bounds:
            panel.plot(bar.bounds, np.full(len(bar.bounds), place), "|", color=DARK, ms=14, mew=1.5)
        if bar.mark is not None:
            panel.plot([bar.mark], [place], "x", color=COLOURS[1], ms=8, mew=2, clip_on=False)
    if picture.line is not None:
        panel.axvline(picture.line, color=DARK, lw=0.8)
    panel.set_yticks(places, [bar.label for bar in picture.bars])
    panel.set_ylim(-0.7, len(picture.bars) - 0.3)
    panel.set_xlim(limits(list(_numbers(picture)), picture.within))
    panel.set_xlabel(picture.x_label)
    panel.grid(**GRID)
    panel.set_axisbelow(True)
    if picture.marked:
        panel.plot([], [], "x", color=COLOURS[1], ms=8, mew=2, label=picture.marked)
        _legend(panel)
    explain(figure, _said(picture))
    return figure


def _replicates(picture: Curves | Points) -> list[Array]:
    """Return the replicates of every series, (R, N)."""
    return [values for _, values in picture.series.values()]


def _numbers(picture: Intervals) -> Iterable[Array]:
    """Yield all that a picture of intervals shows."""
    for bar in picture.bars:
        mark = np.nan if bar.mark is None else bar.mark
        yield np.array([bar.mean, bar.low, bar.high, mark, *bar.values, *bar.bounds])
    if picture.line is not None:
        yield np.array([picture.line])


def _said(picture: Intervals) -> str:
    """Return what is drawn of a picture's replicates, in words."""
    replicates = max(len(bar.values) for bar in picture.bars)
    if replicates < 2:
        return ""
    if replicates < LEAST:
        return f"large dots: means; small dots: {FEW.format(n=replicates)}"
    lacking = not np.isfinite([(bar.low, bar.high) for bar in picture.bars]).all()
    meaning = f"{picture.meaning.format(n=replicates)}{NONE if lacking else ''}"
    bounds = "; ticks: the bounds of what is claimed" if any(b.bounds for b in picture.bars) else ""
    return f"lines: {meaning}; small dots: each replicate{bounds}"


def _panel(width: float, height: float, title: str) -> tuple["Figure", Any]:
    figure = new_figure(width, height)
    panel = figure.add_subplot()
    panel.set_title(title, fontsize=10)
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    return figure, panel


def _label(panel: Any, picture: Curves | Points, abscissas: list[Array]) -> None:
    """Name the axes; scale the abscissa, whose ticks are whole where it counts something.

    On a short logarithmic abscissa the ticks stand where something was tried.
    """
    from matplotlib.ticker import MaxNLocator

    panel.set_xlabel(picture.x_label)
    panel.set_ylabel(picture.y_label)
    every = np.concatenate(abscissas)
    if picture.log_x and (every > 0).all():
        panel.set_xscale("log")
        if isinstance(picture, Points) and every.max() < FEW_DECADES * every.min():
            label_tried(panel, every.tolist())
    elif picture.log_x:
        panel.set_xscale("symlog", linthresh=every[every > 0].min(), linscale=0.5)
    elif np.issubdtype(every.dtype, np.integer):
        panel.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
        if np.ptp(every) == 0:
            panel.set_xlim(every[0] - 1, every[0] + 1)


def _finish(
    panel: Any,
    shown: list[Array],
    within: tuple[float, float] | None,
    series: int,
    log_y: bool = False,
    **named: Any,
) -> None:
    """Set the ordinate's limits, and add grid and legend; `named` is what the legend names."""
    panel.set_ylim(limits(shown, within, log_y))
    if not log_y:
        panel.ticklabel_format(axis="y", useOffset=False)
    panel.grid(**GRID)
    if series > MOST_INSIDE:
        named |= {"loc": "upper left", "bbox_to_anchor": (1.01, 1)}
    _legend(panel, **named)


def _legend(panel: Any, **settings: Any) -> None:
    """Add a legend that hides what lies behind its words."""
    panel.legend(fontsize=8, framealpha=0.85, edgecolor="none", handlelength=3, **settings)
