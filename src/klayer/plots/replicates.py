"""How replicates are drawn: their mean, its interval, each of them where there are few; in words.

An interval is drawn where the replicates tell one; fewer than three are drawn one by one. What is
drawn is said below the picture, with the number of replicates, as Cumming, Fidler and Vaux ask for
("Error bars in experimental biology", J. Cell Biol. 177, 2007).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.architecture import Array
from klayer.plots.style import COLOURS
from klayer.studies.answer import CONFIDENCE
from klayer.studies.statistics import LEAST, mean_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINES = ("-", "--", "-.", ":")
MARKERS = "osD^v<>P"
MARKED = 8  # marks on a curve
APART = 3.0  # points (1/72 inch) between the error bars of two series
NONE = ", none where all are equal"
FEW = "the {n} replicates, too few for an interval"


def colour(place: int) -> str:
    """Return the colour of a series by its place."""
    return COLOURS[place % 7]


def mark(place: int) -> str:
    """Return the mark of a series by its place, so that colour is not alone in telling it."""
    return MARKERS[place % len(MARKERS)]


def draw_curve(
    panel: Any, place: int, series: int, name: str, x: Array, values: Array, log_y: bool = False
) -> list[Array]:
    """Draw the mean of values (R, S) as a line and its confidence interval as a band.

    Fewer than three replicates are thin lines of their own. On a logarithmic axis mean and interval
    are those of the logarithms. Dashes and marks of a series lie elsewhere than those of the
    others, so that lines on top of each other are seen.

    Returns:
        All that the panel has to show, each (S,).
    """
    values = np.log10(np.where(values > 0, values, np.nan)) if log_y else values
    kept = np.isfinite(values).all(axis=0)
    x, values = x[kept], values[:, kept]

    def scaled(y: Array) -> Array:
        return np.asarray(10**y if log_y else y)

    look = {"color": colour(place), "ls": LINES[place % len(LINES)]}
    mean = scaled(values.mean(axis=0))
    every = max(series, -(-len(x) // MARKED))
    where = (place * every // series % max(len(x), 1), every)
    panel.plot(
        x,
        mean,
        marker=mark(place),
        ms=4,
        markevery=where,
        lw=1.5,
        label=name,
        clip_on=False,
        **look,
    )
    shown = [mean]
    if 1 < len(values) < LEAST:
        for own in scaled(values):
            panel.plot(x, own, lw=0.6, alpha=0.7, **look)
            shown.append(own)
    elif len(values) > 1 and len(x):
        low, high = scaled(intervals(values))
        panel.fill_between(x, low, high, color=colour(place), alpha=0.18, lw=0)
        shown += [low, high]
    return shown


def draw_point_series(
    panel: Any, place: int, series: int, name: str, x: Array, values: Array
) -> list[Array]:
    """Draw the mean of values (R, N) as joined marks and its interval as error bars.

    Fewer than three replicates are small dots. Series stand a little beside each other, so that
    their error bars are told apart.

    Returns:
        All that the panel has to show, each (N,).
    """
    beside, mean = _beside(panel, place, series), values.mean(axis=0)
    look: dict[str, Any] = {"color": colour(place), "transform": beside}
    line = {"marker": mark(place), "ms": 4.5, "ls": LINES[place % len(LINES)], "lw": 1.3}
    shown = [mean]
    panel.update_datalim(np.column_stack([x, mean]))  # moved lines leave the limits as they were
    panel.autoscale_view()
    if len(values) < LEAST:
        panel.plot(x, mean, label=name, clip_on=False, **line, **look)
        for own in values if len(values) > 1 else ():
            panel.plot(x, own, ".", ms=4, alpha=0.8, clip_on=False, **look)
            shown.append(own)
        return shown
    low, high = intervals(values)
    bars = np.nan_to_num([mean - low, high - mean])
    panel.errorbar(x, mean, yerr=bars, elinewidth=0.9, capsize=2, label=name, **line, **look)
    return [*shown, low, high]


def intervals(values: Array) -> Array:
    """Return the confidence interval of the mean of every column of (R, N), (2, N).

    It is nan where there is none.
    """
    bounds = np.array([mean_interval(column) for column in values.T]).reshape(-1, 2).T
    return np.where(np.isfinite(bounds), bounds, np.nan)


def limits(
    shown: Sequence[Array], within: tuple[float, float] | None, log: bool = False
) -> tuple[float, float] | None:
    """Return the limits of an axis: around all that is shown, but no further than what is possible.

    Args:
        shown: all values and bounds; what is not finite is left out.
        within: the least and the greatest value that are possible.
        log: whether the axis is logarithmic.

    Returns:
        The limits; None where nothing is shown.

    Example:
        >>> limits([np.array([0.5, 0.98]), np.array([0.6, 1.4])], within=(0.0, 1.0))
        (0.47, 1.0)
        >>> limits([np.zeros(3)], within=(0.0, 1.0))
        (0.0, 1.0)
    """
    least, greatest = within or (-np.inf, np.inf)
    found = np.concatenate([np.ravel(each) for each in shown])
    found = np.clip(found[np.isfinite(found) & ((found > 0) | (not log))], least, greatest)
    if not len(found):
        return None
    low, high = float(found.min()), float(found.max())
    if log:
        return low / 1.3, high * 1.3
    if low == high and np.isfinite([least, greatest]).all():
        return least, greatest
    room = 0.06 * (high - low) or 0.06
    return round(max(low - room, least), 12), round(min(high + room, greatest), 12)


def explain(figure: "Figure", said: str) -> None:
    """Write below a picture what its error bars are, and of how many replicates."""
    if said:
        figure.supxlabel(said, fontsize=7, x=0.99, ha="right")


def words(values: Sequence[Array], many: str, few: str) -> str:
    """Return what is drawn of replicates, in words; "" for one replicate.

    Args:
        values: of every series, (R, N).
        many: what is drawn of three replicates or more.
        few: what is drawn of two.

    Example:
        >>> words([np.zeros((2, 4))], "bands", "thin lines")
        'thin lines: the 2 replicates, too few for an interval'
        >>> words([np.random.default_rng(0).normal(size=(5, 4))], "bands", "thin lines")
        'bands: 95 % confidence interval of the mean over 5 replicates'
    """
    replicates = max((len(own) for own in values), default=1)
    if replicates == 1:
        return ""
    if replicates < LEAST:
        return f"{few}: {FEW.format(n=replicates)}"
    whole = [own[:, np.isfinite(own).all(axis=0)] for own in values]
    lacking = any(np.isnan(intervals(own)).any() for own in whole)
    return f"{many}: {CONFIDENCE.format(n=replicates)}{NONE if lacking else ''}"


def _beside(panel: Any, place: int, series: int) -> Any:
    """Return the panel's coordinates, moved sideways by a series' place among all."""
    from matplotlib.transforms import ScaledTranslation

    shift = (place - (series - 1) / 2) * APART / 72
    return panel.transData + ScaledTranslation(shift, 0, panel.figure.dpi_scale_trans)
