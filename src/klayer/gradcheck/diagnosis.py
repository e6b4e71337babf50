"""What kind of mistake a wrong gradient is, where its numbers tell.

Every kind is a hypothesis of what was written, made from what is right: c·n, nᵀ, n + c·θ, 0. The
first that explains the difference between written and right, all but a hundredth of it, is named.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array

EXPLAINED = 1e-2


class Evidence(NamedTuple):
    """What is known of one parameter's gradient.

    Attributes:
        written: the gradient as the code has it, of the parameter's shape.
        entries: flat indices of what was compared, (E,).
        right: the numerical derivatives there, (E,).
        theta: the parameter itself.
        lam: λ of the penalty λ‖θ‖² that the cost contains; 0 for none.
        samples: n, where it is known.
        penalised: whether the penalty takes this parameter in.
    """

    written: Array
    entries: NDArray[np.int64]
    right: NDArray[np.float64]
    theta: Array
    lam: float = 0.0
    samples: int | None = None
    penalised: bool = False


class Kind(NamedTuple):
    """A kind of mistake.

    Attributes:
        name: "not a number", "zero", "not zero", "sign", "factor", "transposed", "penalty" or
            "unknown".
        words: what is wrong, to follow "the gradient of W1".
    """

    name: str
    words: str


def diagnose(evidence: Evidence) -> Kind:
    """Return what kind of mistake the evidence shows.

    Example:
        >>> right = np.array([1.0, -2.0, 0.5, 3.0])
        >>> W, all_entries = np.ones((2, 2)), np.arange(4)
        >>> diagnose(Evidence(-right.reshape(2, 2), all_entries, right, W)).words
        'has the wrong sign'
        >>> diagnose(Evidence(5 * right.reshape(2, 2), all_entries, right, W, samples=5)).words
        'is 5 times what is right, and n = 5: the mean over the samples lacks its 1/n'
        >>> diagnose(Evidence(right.reshape(2, 2).T, all_entries, right, W)).name
        'transposed'
    """
    a, n = evidence.written.reshape(-1)[evidence.entries], evidence.right
    if not np.isfinite(a).all():
        return Kind("not a number", "is not a finite number")
    if not np.isfinite(n).all():
        return Kind("not a number", "has no finite numerical counterpart")
    if not a.any():
        return Kind("zero", "is zero everywhere: it was not computed, or not handed on")
    theta = evidence.theta.reshape(-1)[evidence.entries]
    factor = _slope(a, n)
    if _explains(factor * n, a, n):
        return _name_factor(factor, evidence.samples)
    transposed = _transposed(evidence)
    if transposed is not None and _explains(transposed, n, a):
        return Kind("transposed", "is transposed")
    share = _slope(a - n, theta)
    if _explains(n + share * theta, a, n):
        return _name_penalty(share, evidence)
    if np.abs(n).max() < 1e-6 * np.abs(a).max():
        return Kind("not zero", "is not zero, though the cost does not depend on this parameter")
    return Kind("unknown", "is wrong, and by no constant factor, sign, transposition or penalty")


def _explains(hypothesis: Array, a: Array, n: Array) -> bool:
    """Return whether a differs from the hypothesis by less than a hundredth of |a − n|."""
    left, difference = np.linalg.norm(a - hypothesis), np.linalg.norm(a - n)
    return bool(left <= EXPLAINED * difference)


def _slope(y: Array, x: Array) -> float:
    """Return the c that brings c·x nearest to y in least squares."""
    square = float(x @ x)
    return float(x @ y) / square if square > 0 else 0.0


def _transposed(evidence: Evidence) -> Array | None:
    """Return the entries of the written gradient's transpose, where it has the same shape."""
    shape = evidence.written.shape
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 1:
        return None
    transpose: Array = evidence.written.T.reshape(-1)[evidence.entries]
    return transpose


def _name_factor(factor: float, samples: int | None) -> Kind:
    """Return the words for a = factor · n."""
    if _near(factor, -1):
        return Kind("sign", "has the wrong sign")
    sign = "has the wrong sign and " if factor < 0 else ""
    size = abs(factor)
    if samples is not None and samples > 1 and _near(size, samples):
        hint = f"and n = {samples}: the mean over the samples lacks its 1/n"
        return Kind("factor", f"{sign}is {samples} times what is right, {hint}")
    if samples is not None and samples > 1 and _near(size, 1 / samples):
        hint = f"and n = {samples}: it is divided by n once too often"
        return Kind("factor", f"{sign}is 1/{samples} of what is right, {hint}")
    if _near(size, 2):
        return Kind("factor", f"{sign}is twice what is right")
    if _near(size, 0.5):
        return Kind("factor", f"{sign}is half of what is right")
    if _whole(size):
        return Kind("factor", f"{sign}is {round(size)} times what is right: a mean lacks its 1/n?")
    if _whole(1 / size):
        hint = "it is divided by a number of samples that does not belong?"
        return Kind("factor", f"{sign}is 1/{round(1 / size)} of what is right: {hint}")
    return Kind("factor", f"{sign}is {size:.10g} times what is right, in every entry")


def _name_penalty(share: float, evidence: Evidence) -> Kind:
    """Return the words for a = n + share · θ."""
    if evidence.lam == 0:
        words = f"is {share:+.4g}·θ away from what is right, as if the derivative of a penalty"
        return Kind("penalty", f"{words} {'were left out' if share < 0 else 'were too much'}")
    found = 2 * evidence.penalised + share / evidence.lam
    if not evidence.penalised:
        return Kind("penalty", f"contains {found:.4g}·λθ, but only weights are penalised")
    if abs(found) < 1e-3:
        return Kind("penalty", "lacks the penalty's 2λW")
    if _near(found, 1):
        return Kind("penalty", "has λW where the penalty's derivative is 2λW: its 2 is missing")
    if _near(found, -2):
        return Kind("penalty", "has the penalty's 2λW with the wrong sign")
    return Kind("penalty", f"has {found:.4g}·λW where the penalty's derivative is 2λW")


def _near(value: float, target: float) -> bool:
    """Return whether two factors agree to a ten-thousandth."""
    return abs(value - target) <= 1e-4 * abs(target)


def _whole(size: float) -> bool:
    """Return whether a factor is a whole number from 2 on."""
    return size > 1.5 and abs(size - round(size)) <= 1e-3
