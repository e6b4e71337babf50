"""Batch normalisation, S̃ = γ Ŝ + β with Ŝ = (S − μ)/√(v + ε).

v is the mean square about μ, not the estimate with n − 1. It is computed as a product, never by
np.var, whose absolute values would make the complex-step derivative silently wrong.
"""

from collections.abc import Callable

import numpy as np

from klayer.architecture import Array, Statistics


def batch_statistics(S: Array) -> Statistics:
    """Return μ and v of every row of S ([P,] m, n) over its n samples, each ([P,] m, 1).

    Example:
        >>> batch_statistics(np.array([[1.0, 3.0]]))
        Statistics(mean=array([[2.]]), variance=array([[1.]]))
    """
    mean = S.mean(axis=-1, keepdims=True)
    centred = S - mean
    return Statistics(mean, (centred * centred).mean(axis=-1, keepdims=True))


def batch_norm(
    gamma: Array, beta: Array, S: Array, epsilon: float
) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]], Statistics]:
    """Normalise S by the statistics of its own batch; return S̃, its backward function, μ and v.

        Ŝ = (S − μ)/√(v + ε)        S̃ = γ Ŝ + β        dŜ = γ dS̃
        dγ = Σ_i dS̃ Ŝ              dβ = Σ_i dS̃
        dS = (dŜ − mean(dŜ) − Ŝ · mean(dŜ Ŝ))/√(v + ε)

    The two means in dS are the batch's own: μ and v depend on every sample of the batch.

    Args:
        gamma: γ, ([P,] m, 1).
        beta: β, ([P,] m, 1).
        S: pre-activations, ([P,] m, n).
        epsilon: ε.

    Returns:
        S̃ ([P,] m, n); ``backward(dY)``, where dY is the gradient of S̃, which returns
        (dγ, dβ, dS); and the batch's statistics.

    References:
        Ioffe and Szegedy, "Batch Normalization", 2015, section 3.

    Example:
        >>> S = np.array([[1.0, 3.0]])
        >>> one, zero = np.ones((1, 1)), np.zeros((1, 1))
        >>> Y, backward, statistics = batch_norm(one, zero, S, epsilon=1e-15)
        >>> Y, statistics.mean, statistics.variance
        (array([[-1.,  1.]]), array([[2.]]), array([[1.]]))
    """
    mean = S.mean(axis=-1, keepdims=True)
    centred = S - mean
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    inverse_deviation = 1 / np.sqrt(variance + epsilon)
    S_hat = centred * inverse_deviation

    def backward(dY: Array) -> tuple[Array, Array, Array]:
        dgamma = (dY * S_hat).sum(axis=-1, keepdims=True)
        dbeta = dY.sum(axis=-1, keepdims=True)
        n = S.shape[-1]
        # Since dŜ = γ dS̃, mean(dŜ) = γ dβ/n and mean(dŜ Ŝ) = γ dγ/n.
        dS = (gamma * inverse_deviation) * (dY - dbeta / n - S_hat * (dgamma / n))
        return dgamma, dbeta, dS

    return gamma * S_hat + beta, backward, Statistics(mean, variance)


def normalise(
    gamma: Array, beta: Array, S: Array, epsilon: float, statistics: Statistics
) -> tuple[Array, Callable[[Array], tuple[Array, Array, Array]]]:
    """Normalise S by given statistics, which do not depend on the batch.

        dγ = Σ_i dS̃ Ŝ        dβ = Σ_i dS̃        dS = γ dS̃/√(v + ε)

    Args:
        gamma: γ, ([P,] m, 1).
        beta: β, ([P,] m, 1).
        S: pre-activations, ([P,] m, n).
        epsilon: ε.
        statistics: μ and v, such as the moving ones of a trained network.

    Returns:
        S̃ ([P,] m, n) and ``backward(dY)``, which returns (dγ, dβ, dS).

    Example:
        >>> one, zero = np.ones((1, 1)), np.zeros((1, 1))
        >>> given = Statistics(mean=2 * one, variance=4 * one)
        >>> normalise(one, zero, np.array([[4.0]]), 1e-15, given)[0]
        array([[1.]])
    """
    inverse_deviation = 1 / np.sqrt(statistics.variance + epsilon)
    S_hat = (S - statistics.mean) * inverse_deviation

    def backward(dY: Array) -> tuple[Array, Array, Array]:
        dgamma = (dY * S_hat).sum(axis=-1, keepdims=True)
        dbeta = dY.sum(axis=-1, keepdims=True)
        return dgamma, dbeta, (gamma * inverse_deviation) * dY

    return gamma * S_hat + beta, backward
