"""Dropout: some activations of a hidden layer are zero for one update."""

from collections.abc import Callable

from klayer.architecture import Array


def dropout(H: Array, factors: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return H ∘ F and its backward function, dH = d(H ∘ F) ∘ F.

    F is 0 where an activation is dropped and 1/(1 − p) where it is kept, p the share dropped, so
    that the expectation stays H and nothing is to be done when a network is used.

    Args:
        H: activations, ([P,] m, n).
        factors: F, ([P,] m, n), such as those of `klayer.noise.dropout_factors`.

    Returns:
        The activations that are left, and ``backward(dY)``, where dY is their gradient, which
        returns dH.

    References:
        Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout", 2014, section 10.

    Example:
        >>> import numpy as np
        >>> Y, backward = dropout(np.array([[3.0, 5.0]]), np.array([[0.0, 2.0]]))
        >>> Y, backward(np.ones((1, 2)))
        (array([[ 0., 10.]]), array([[0., 2.]]))
    """
    return H * factors, lambda dY: dY * factors
