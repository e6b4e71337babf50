"""The rectified linear unit, H = max(0, S)."""

from collections.abc import Callable

from klayer.architecture import Array


def relu(S: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return H = max(0, S) and its backward function, dS = dH where S > 0, else 0.

    A complex S is compared by its real part, as the complex-step derivative needs it. What is not a
    number stays so, for a divergence must not be hidden.

    Args:
        S: pre-activations, any shape.

    Returns:
        H, of the shape of S, and ``backward(dH)`` which returns dS.

    Example:
        >>> import numpy as np
        >>> H, backward = relu(np.array([-1.0, 2.0]))
        >>> float(H[1]), float(backward(np.array([5.0, 5.0]))[1])
        (2.0, 5.0)
    """
    on = S.real > 0
    return S * on, lambda dH: dH * on
