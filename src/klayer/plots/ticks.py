"""Where the ticks of a logarithmic axis stand that shows less than two powers of ten."""

from collections.abc import Iterable
from typing import Any

import numpy as np

APART = 0.07  # of the axis: as wide as a label


def label_tried(panel: Any, values: Iterable[float]) -> None:
    """Put ticks at the values that were tried on a logarithmic abscissa, and numbers where fit.

    Args:
        panel: its abscissa is logarithmic.
        values: positive.
    """
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    axis, tried = panel.xaxis, sorted(set(values))
    axis.set_major_locator(FixedLocator(apart(tried)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    axis.set_minor_locator(FixedLocator(tried))
    axis.set_minor_formatter(NullFormatter())


def apart(values: list[float]) -> list[float]:
    """Return those of some increasing values, the first and the last included, whose labels fit.

    Example:
        >>> apart([10, 10.1, 20, 39, 40])
        [10, 20, 40]
    """
    places = np.log(values)
    gap, chosen = APART * (places[-1] - places[0]), [0]
    for k in range(1, len(values) - 1):
        if places[k] - places[chosen[-1]] >= gap and places[-1] - places[k] >= gap:
            chosen.append(k)
    return [values[k] for k in dict.fromkeys([*chosen, len(values) - 1])]
