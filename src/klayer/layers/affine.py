"""The affine layer, S = W H + b."""

from collections.abc import Callable
from typing import Any

from klayer.architecture import Array


def affine(W: Array, b: Array, H: Array) -> tuple[Array, Callable[..., tuple[Array, Array, Any]]]:
    """Return S = W H + b and its backward function.

        dW = dS Hᵀ        db = Σ_i dS[:, i]        dH = Wᵀ dS

    Args:
        W: weights, ([P,] m, d).
        b: biases, ([P,] m, 1).
        H: inputs, ([P,] d, n); without the axis P they are shared by all networks of a stack.

    Returns:
        S ([P,] m, n), and ``backward(dS, inputs=True)`` which returns (dW, db, dH); dH is None
        where `inputs` is false, for the gradient of the data is as expensive as it is useless.

    Example:
        >>> import numpy as np
        >>> W, b = np.array([[1.0, 2.0]]), np.array([[3.0]])
        >>> S, backward = affine(W, b, np.array([[4.0], [5.0]]))
        >>> S
        array([[17.]])
        >>> dW, db, dH = backward(np.array([[1.0]]))
        >>> dW, db, dH.T
        (array([[4., 5.]]), array([[1.]]), array([[1., 2.]]))
    """
    S = product(W, H)
    S += b

    def backward(dS: Array, inputs: bool = True) -> tuple[Array, Array, Any]:
        dW = product(dS, H.swapaxes(-1, -2))
        db = dS.sum(axis=-1, keepdims=True)
        return dW, db, W.swapaxes(-1, -2) @ dS if inputs else None

    return S, backward


def product(A: Array, H: Array) -> Array:
    """Return A H ([P,] m, n); where the stack shares H, it is one product of (P·m, d) by (d, n)."""
    if A.ndim == H.ndim:
        return A @ H
    return (A.reshape(-1, A.shape[-1]) @ H).reshape(*A.shape[:-1], H.shape[-1])
