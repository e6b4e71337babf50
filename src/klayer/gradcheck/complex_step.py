"""The complex step: a derivative without a difference, and so without its rounding."""

import numpy as np
from numpy.typing import NDArray

from klayer.gradcheck.function import Estimate, MovedCost


def complex_step(cost: MovedCost, entries: NDArray[np.int64], step: float = 1e-30) -> Estimate:
    """Return Im J(θ + ih)/h, exact but for rounding since its error h² J‴/6 vanishes for tiny h.

    Nothing is subtracted, and no real part moves, so that no ReLU changes sides: no entry is set
    aside. The cost must be analytic but for kinks: absolute values, norms, variances as NumPy
    computes them drop the imaginary part and make the derivative silently wrong.

    Args:
        cost: the cost as a function of single entries, which takes complex numbers.
        entries: flat indices, (E,).
        step: h.

    Returns:
        The derivatives.

    References:
        Squire and Trapp, "Using Complex Variables to Estimate Derivatives of Real Functions", 1998.
        Martins, Sturdza and Alonso, "The Complex-Step Derivative Approximation", 2003.

    Example:
        >>> from klayer.gradcheck.function import Values
        >>> found = complex_step(lambda _, h: Values(np.array([(3 + h) ** 2])), np.array([0]))
        >>> float(found.derivative[0])
        6.0
    """
    J = cost(entries, 1j * step).J
    return Estimate(J.imag / step, np.zeros(len(entries)), np.zeros(len(entries), bool))
