"""Forward and central differences: derivatives from the cost at neighbouring points."""

import numpy as np
from numpy.typing import NDArray

from klayer.gradcheck.function import Estimate, MovedCost, Values

# Slopes on the two sides of a point that differ by more than this share of their size are a kink.
KINK = 1e-2


def forward_difference(cost: MovedCost, entries: NDArray[np.int64], step: float = 1e-6) -> Estimate:
    """Return (J(θ + h) − J(θ))/h, whose error is ½ h J″ + rounding of about u |J|/h, u = 1e-16.

    The first part of that error is measured, by the second difference
    (J(θ + h) − 2 J(θ) + J(θ − h))/2h, and returned as `truncation`.

    Args:
        cost: the cost as a function of single entries.
        entries: flat indices, (E,).
        step: h.

    Returns:
        The derivatives; set aside is an entry around which a ReLU changes sides.

    Example:
        >>> found = forward_difference(lambda _, h: Values(np.array([(3 + h) ** 2])), np.array([0]))
        >>> round(float(found.derivative[0]), 5), round(float(found.truncation[0]), 7)
        (6.0, 1e-06)
    """
    before, here, after = _three_points(cost, entries, step)
    derivative = (after.J - here.J) / step
    truncation = np.abs(after.J - 2 * here.J + before.J) / (2 * step)
    return Estimate(derivative, truncation, kinks(before, here, after, step))


def central_difference(cost: MovedCost, entries: NDArray[np.int64], step: float = 3e-6) -> Estimate:
    """Return (J(θ + h) − J(θ − h))/2h, whose error is h² J‴/6 + rounding of about u |J|/h.

    The two parts are equal near h = ∛u = 6e-6 where J‴ ≈ J. Half of that is better here, for deep
    networks bend more: their worst entries lose to truncation what shallow ones gain in rounding.

    Args:
        cost: the cost as a function of single entries.
        entries: flat indices, (E,).
        step: h.

    Returns:
        The derivatives; set aside is an entry around which a ReLU changes sides.

    References:
        Press et al., "Numerical Recipes", 3rd edition, 2007, section 5.7.

    Example:
        >>> found = central_difference(lambda _, h: Values(np.array([(3 + h) ** 2])), np.array([0]))
        >>> round(float(found.derivative[0]), 8)
        6.0
    """
    before, here, after = _three_points(cost, entries, step)
    derivative = (after.J - before.J) / (2 * step)
    return Estimate(derivative, np.zeros(len(entries)), kinks(before, here, after, step))


def kinks(before: Values, here: Values, after: Values, step: float) -> NDArray[np.bool_]:
    """Return at which entries, (E,), the cost has a kink between the points.

    Where the sides of the ReLUs are known, a kink is a change of them; where they are not, slopes
    on the two sides that differ by more than rounding explains and by more than `KINK`, relative to
    the larger of them or to 1e-3 of the largest of all entries.
    """
    if before.sides is not None and here.sides is not None and after.sides is not None:
        changed = (before.sides != here.sides) | (after.sides != here.sides)
        return np.asarray(changed.any(axis=-1))
    left, right = (here.J - before.J) / step, (after.J - here.J) / step
    size = np.maximum(np.abs(left), np.abs(right))
    threshold = KINK * np.maximum(size, 1e-3 * size.max()) + 4 * here.noise / step
    return np.asarray(np.abs(right - left) > threshold)


def _three_points(
    cost: MovedCost, entries: NDArray[np.int64], step: float
) -> tuple[Values, Values, Values]:
    """Return the cost at θ − h (E), at θ (1) and at θ + h (E)."""
    return cost(entries, -step), cost(entries[:1], 0.0), cost(entries, step)
