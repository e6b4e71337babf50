"""The written gradient of one parameter against the numerical one: a row of the report."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.gradcheck.function import Estimate
from klayer.gradcheck.methods import Method

FLOOR = 1e-3


@dataclass(frozen=True)
class Row:
    """One parameter by one method.

    Attributes:
        parameter: such as "W1".
        method: "forward", "central", "complex", or "zero" for a gradient that is known to be zero.
        entries: how many were compared, those set aside included.
        absolute_error: the largest |a − n|, a the written and n the numerical derivative.
        relative_error: the largest |a − n| / max(|a| + |n|, floor).
        worst: the index of the entry nearest its limit, or furthest beyond it; None where all
            entries were set aside.
        written: a at the worst entry.
        numerical: n at the worst entry.
        truncation: what the method itself is known to be wrong by, at most.
        set_aside: how many entries have no verdict, for a ReLU changed sides between the points.
        limit: the largest error that passes, beyond the truncation.
        passed: whether no entry is over the limit and some entry was left to compare.
    """

    parameter: str
    method: str
    entries: int
    absolute_error: float
    relative_error: float
    worst: tuple[int, ...] | None
    written: float
    numerical: float
    truncation: float
    set_aside: int
    limit: float
    passed: bool


def largest(estimates: list[Estimate]) -> float:
    """Return the largest finite |n| of a network's parameters, those set aside left out."""
    sizes = [np.abs(found.derivative[~found.set_aside]) for found in estimates]
    joined = np.concatenate(sizes)
    return float(joined[np.isfinite(joined)].max(initial=0.0))


def compare(
    parameter: str,
    written: Array,
    entries: NDArray[np.int64],
    found: Estimate,
    method: Method,
    floor: float,
) -> Row:
    """Compare the written gradient with a method's, entry by entry.

    Args:
        parameter: its name.
        written: the gradient as the code has it, of the parameter's shape.
        entries: flat indices of the entries that were estimated, (E,).
        found: the estimate.
        method: whose limit decides.
        floor: the smallest size that an error is relative to, 1e-3 · the network's largest |n|.

    Returns:
        The row. What is not a number, on either side, is infinitely wrong.

    Example:
        >>> from klayer.gradcheck.methods import COMPLEX
        >>> right = Estimate(np.array([2.0]), np.zeros(1), np.zeros(1, bool))
        >>> row = compare("x", np.array([2.001]), np.array([0]), right, COMPLEX, floor=1e-3)
        >>> row.passed, row.worst, f"{row.relative_error:.2e}"
        (False, (0,), '2.50e-04')
    """
    kept = ~found.set_aside
    a, n = written.reshape(-1)[entries[kept]], found.derivative[kept]
    with np.errstate(invalid="ignore"):
        error = np.abs(a - n)
    error[~np.isfinite(error)] = np.inf
    relative = relative_errors(a, n, error, floor)
    score = error - found.truncation[kept] if method.absolute else relative
    at = int(np.argmax(score)) if kept.any() else None
    return Row(
        parameter=parameter,
        method=method.name,
        entries=len(entries),
        absolute_error=float(error.max(initial=0.0)),
        relative_error=float(relative.max(initial=0.0)),
        worst=None if at is None else index_of(entries[kept][at], written.shape),
        written=np.nan if at is None else float(a[at]),
        numerical=np.nan if at is None else float(n[at]),
        truncation=float(found.truncation[kept].max(initial=0.0)),
        set_aside=int(found.set_aside.sum()),
        limit=method.limit,
        passed=at is not None and bool(score[at] <= method.limit),
    )


def index_of(entry: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the index of a flat entry in an array of the given shape."""
    return tuple(int(i) for i in np.unravel_index(entry, shape))


def relative_errors(a: Array, n: Array, error: Array, floor: float) -> Array:
    """Return error / max(|a| + |n|, floor), 0 where there is no error at all."""
    found = np.zeros_like(error)
    size = np.maximum(np.abs(a) + np.abs(n), floor)
    known = np.isfinite(error) & (error > 0)
    found[known] = error[known] / size[known]
    found[~np.isfinite(error)] = np.inf
    return found


def known_zero(parameter: str, written: Array, limit: float, floor: float) -> Row:
    """Compare the gradient of a parameter that the cost does not depend on with zero."""
    zero = np.zeros(written.size)
    found = Estimate(zero, zero, np.zeros(written.size, bool))
    method = Method("zero", lambda *_: found, step=0.0, limit=limit, absolute=True)
    return compare(parameter, written, np.arange(written.size), found, method, floor)
