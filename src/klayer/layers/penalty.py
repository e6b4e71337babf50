"""The penalty on the weights, λ Σ_l ‖W_l‖²; b, γ and β are not penalised."""

from collections.abc import Callable, Sequence

import numpy as np

from klayer.architecture import Array


def penalty(
    Ws: Sequence[Array], lam: float | Array
) -> tuple[Callable[[], Array], Callable[[], list[Array]]]:
    """Return functions for λ Σ_l ‖W_l‖² and its gradient, dW_l = 2λ W_l.

    The value is a function too, for an update needs the gradient alone.

    Args:
        Ws: the weights of all layers, each ([P,] m_l, m_{l−1}).
        lam: λ, a number or (P,).

    Returns:
        ``value()`` which returns the penalty, () or (P,), and ``backward()`` which returns the
        gradients of all weights.

    Example:
        >>> value, backward = penalty([np.array([[1.0, 2.0]])], lam=0.5)
        >>> float(value()), backward()
        (2.5, [array([[1., 2.]])])
    """

    def value() -> Array:
        squares: Array = np.sum([np.einsum("...ij,...ij->...", W, W) for W in Ws], axis=0)
        return lam * squares

    def backward() -> list[Array]:
        # dtype: a float64 λ must not widen float32 weights.
        factor = 2 * np.asarray(lam)[..., None, None]
        return [factor.astype(W.dtype) * W for W in Ws]

    return value, backward
