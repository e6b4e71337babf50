"""The last layer and its loss: P = softmax(S) and the mean of −log P[y_i, i]."""

from collections.abc import Callable

import numpy as np

from klayer.architecture import Array


def softmax(S: Array) -> Array:
    """Return P = exp(S)/Σ exp(S) over the classes, with the maximum taken out: no overflow.

    Args:
        S: logits, ([P,] K, n).

    Returns:
        Probabilities, ([P,] K, n); every column sums to 1.

    Example:
        >>> softmax(np.array([[1e30], [1e30]])).T
        array([[0.5, 0.5]])
    """
    exponentials = np.exp(S - S.real.max(axis=-2, keepdims=True))
    P: Array = exponentials / exponentials.sum(axis=-2, keepdims=True)
    return P


def softmax_cross_entropy(
    S: Array, y: Array, smoothing: float = 0.0, weights: Array | None = None
) -> tuple[Array, Callable[[], Array]]:
    """Return the cross-entropy of the softmax of S, and its backward function.

        loss = (1/n) Σ_i −log P[y_i, i] = (1/n) Σ_i (log Σ_c exp(S[c, i]) − S[y_i, i])
        dS = (P − Y)/n,  Y the one-hot labels

    With label smoothing α the labels are T = (1 − α) Y + α/K, and with weights w each sample
    counts w_i times:

        loss = (1/n) Σ_i w_i (log Σ_c exp(S[c, i]) − Σ_c T[c, i] S[c, i])
        dS[:, i] = w_i (P − T)[:, i]/n

    Args:
        S: logits, ([P,] K, n).
        y: the classes, (n,), each in 0 … K − 1.
        smoothing: α, in [0, 1).
        weights: w, (n,); without them, ones.

    Returns:
        The loss, () or (P,), and ``backward()`` which returns dS ([P,] K, n).

    References:
        Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception Architecture", 2016,
        section 7.

    Example:
        >>> loss, backward = softmax_cross_entropy(np.zeros((2, 1)), np.array([1]))
        >>> round(float(loss), 4), backward().T
        (0.6931, array([[ 0.5, -0.5]]))
        >>> softmax_cross_entropy(np.zeros((2, 1)), np.array([1]), smoothing=0.2)[1]().T
        array([[ 0.4, -0.4]])
    """
    n = y.size
    samples = np.arange(n)
    shifted = S - S.real.max(axis=-2, keepdims=True)
    exponentials = np.exp(shifted)
    total = exponentials.sum(axis=-2, keepdims=True)
    target = shifted[..., y, samples]
    if smoothing:
        target = (1 - smoothing) * target + smoothing * shifted.mean(axis=-2)
    losses = np.log(total[..., 0, :]) - target
    if weights is not None:
        losses = weights * losses

    def backward() -> Array:
        dS: Array = exponentials / total
        dS[..., y, samples] -= 1 - smoothing
        if smoothing:
            dS -= smoothing / S.shape[-2]
        if weights is not None:
            dS *= weights
        dS /= n
        return dS

    return losses.mean(axis=-1), backward
