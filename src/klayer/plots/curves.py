"""The curves of a run: cost and accuracy against update steps, and the learning rate below."""

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.plots.style import COLOURS, GRID, new_figure
from klayer.schedules import Schedule
from klayer.training import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NAMED = 4
RATE_POINTS = 1001


def draw_curves(
    history: History, schedule: Schedule, title: str, labels: Sequence[str] = ("",)
) -> "Figure":
    """Draw cost and accuracy on the training and validation sets, and the learning rate.

    Args:
        history: of one network or a stack.
        schedule: step → learning rate.
        title: what was trained.
        labels: a word for each network of the stack.

    Returns:
        A figure with three panels; the legends name each curve's best value.

    Example:
        >>> from klayer.schedules import triangular
        >>> from klayer.training import Row
        >>> rows = [Row(step, 0.0, 0, 0.1, 0.0, 2.3, 2.3, 0.1, 2.3, 2.3, 0.1) for step in (0, 9)]
        >>> figure = draw_curves(History(rows), triangular(0.0, 0.1, step_size=5), "two rows")
        >>> [panel.get_ylabel() for panel in figure.axes]
        ['cost J', 'accuracy', 'rate η']
    """
    figure = new_figure(9.5, 6.4)
    grid = figure.add_gridspec(2, 2, height_ratios=(4, 1))
    cost, accuracy = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    rate = figure.add_subplot(grid[1, :])
    networks = sorted({row.network for row in history.rows})
    for panel, metric, unit in ((cost, "cost", "cost J"), (accuracy, "accuracy", "accuracy")):
        named = _named(history, metric, networks)
        for network in networks:
            label = labels[network] if network in named else None
            _draw_metric(panel, history, metric, network, label, len(networks) > 1)
        panel.set_ylabel(unit)
        panel.set_xlabel("update step")
        panel.grid(**GRID)
        panel.legend(frameon=False, fontsize=8)
    steps = np.linspace(0, history.rows[-1].step, RATE_POINTS)
    rate.plot(steps, schedule(steps), color=COLOURS[7], lw=1.2)
    rate.set_ylabel("rate η")
    rate.set_xlabel("update step")
    rate.set_ylim(bottom=0)
    rate.grid(**GRID)
    figure.suptitle(title, fontsize=11)
    return figure


def _named(history: History, metric: str, networks: list[int]) -> list[int]:
    """Return which networks the legend names: all of a few, else the best and the worst."""
    if len(networks) <= MOST_NAMED:
        return networks
    ranked = sorted(networks, key=lambda network: history.best(f"validation_{metric}", network))
    return [ranked[0], ranked[-1]]


def _draw_metric(
    panel: Any, history: History, metric: str, network: int, label: str | None, stacked: bool
) -> None:
    """Draw one network's training (dashed) and validation (solid) curves."""
    rows = history.of(network)
    steps = [row.step for row in rows]
    for kind, line in (("training", "--"), ("validation", "-")):
        values = [getattr(row, f"{kind}_{metric}") for row in rows]
        if isnan(values[0]):
            continue
        colour = COLOURS[network % 7] if stacked else COLOURS[0 if kind == "training" else 1]
        best = history.best(f"{kind}_{metric}", network)
        words = None if label is None else f"{label} {kind}, best {best:.4f}".strip()
        panel.plot(steps, values, line, color=colour, lw=1.4, label=words)
