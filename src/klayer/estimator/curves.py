"""The curves of a training as columns: what `history_` holds."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from klayer.training import METRICS, Row

WHEN = ("epoch", "step", "rate", "seconds")


def curves_of(rows: Sequence[Row], networks: int) -> dict[str, NDArray[np.float64]]:
    """Return the rows of a history as columns.

    Args:
        rows: one for each evaluation and network that still trained.
        networks: P, of the stack.

    Returns:
        "epoch", "step", "rate" and "seconds" of every evaluation, (T,), and every metric of every
        network, (T, P): nan once a network has stopped, and where there is no validation set.

    Example:
        >>> row = Row(step=9, epoch=1.0, network=1, rate=0.1, seconds=0.5,
        ...           training_cross_entropy=1.0, training_cost=1.2, training_accuracy=0.7)
        >>> curves = curves_of([row], networks=2)
        >>> curves["step"], curves["training_accuracy"]
        (array([9.]), array([[nan, 0.7]]))
    """
    steps = sorted({row.step for row in rows})
    place = {step: position for position, step in enumerate(steps)}
    curves = {name: np.full(len(steps), np.nan) for name in WHEN}
    curves |= {name: np.full((len(steps), networks), np.nan) for name in METRICS}
    for row in rows:
        for name in WHEN:
            curves[name][place[row.step]] = getattr(row, name)
        for name in METRICS:
            curves[name][place[row.step], row.network] = getattr(row, name)
    return curves


def losses_of(curves: Mapping[str, NDArray[np.float64]]) -> list[float]:
    """Return J over the training rows at every evaluation after the first update.

    It is the mean over the networks that still trained.

    Example:
        >>> J = np.array([[3.0, 2.0], [np.nan, 1.0]])
        >>> losses_of({"step": np.array([0, 9]), "training_cost": J})
        [1.0]
    """
    J = curves["training_cost"][curves["step"] > 0]
    return [float(row) for row in np.nanmean(J, axis=1)]
