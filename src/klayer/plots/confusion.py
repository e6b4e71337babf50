"""A confusion matrix: which class is taken for which."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from klayer.plots.style import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NUMBERED = 20  # classes; in more the cells are too small for numbers
MOST_NAMED = 80  # classes; of more the names cannot be read
LONGEST = 24  # characters of a name
LIGHT, DARK = "#fdfdfd", "#111111"


def draw_confusion(counts: NDArray[Any], names: tuple[str, ...], title: str) -> "Figure":
    """Draw counts (K, K), a row for each true class, shaded by the share of its row.

    Args:
        counts: counts[i, j] rows of class i were taken for class j.
        names: of the classes.
        title: what was evaluated.
    """
    classes = len(names)
    side = min(9.0, 2.4 + 0.45 * classes)
    figure = new_figure(side, side)
    panel = figure.add_subplot()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if classes <= MOST_NUMBERED:
        for i, j in np.ndindex(counts.shape):
            colour = LIGHT if shares[i, j] > 0.5 else DARK
            panel.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=8, color=colour)
    order = "" if classes <= MOST_NAMED else ", by its place among all, from 0"
    if not order:
        style: dict[str, Any] = {"fontsize": min(10.0, 400 / classes), "parse_math": False}
        words = [_shortened(name) for name in names]
        turned: dict[str, Any] = {"rotation": 60, "ha": "right", "rotation_mode": "anchor"}
        panel.set_xticks(range(classes), words, **turned, **style)
        panel.set_yticks(range(classes), words, **style)
    panel.set_xlabel(f"predicted class{order}")
    panel.set_ylabel(f"true class{order}")
    panel.set_title(title, fontsize=10)
    return figure


def _shortened(name: str) -> str:
    """Return a name on one line that leaves room for the matrix.

    Example:
        >>> _shortened("a\\nb"), len(_shortened(30 * "a"))
        ('a b', 24)
    """
    name = " ".join(name.split())
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
