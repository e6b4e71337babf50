"""Mistakes to plant into the shipped layers: each takes the place of the layer of its name."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from klayer import layers
from klayer.architecture import Array

Layer = Callable[..., Any]


class Plant(NamedTuple):
    """A mistake, and what the check is to say of it.

    Attributes:
        layer: the name of the layer within `klayer.network`.
        wrong: what stands in its place.
        parameter: the parameter that is to be named first.
        words: what else the sentence is to say.
        lam: λ of the check.
    """

    layer: str
    wrong: Layer
    parameter: str
    words: str
    lam: float = 0.0


def affine(
    dW: Callable[[Array], Array] = lambda dW: dW,
    db: Callable[[Array], Array] = lambda db: db,
    dH: Callable[[Array, Array, Array], Array] = lambda dH, *_: dH,
) -> Layer:
    """An affine layer whose gradients are changed; dH also sees W and dS."""

    def wrong(W: Array, b: Array, H: Array) -> Any:
        S, back = layers.affine(W, b, H)

        def backward(dS: Array, inputs: bool = True) -> tuple[Array, Array, Any]:
            right = back(dS, inputs)
            return dW(right[0]), db(right[1]), None if not inputs else dH(right[2], W, dS)

        return S, backward

    return wrong


def square(W: Array) -> bool:
    return len({*W.shape}) == 1


def relu(on: Callable[[Array], Array]) -> Layer:
    """A ReLU that lets gradients through where it is told to."""

    def wrong(S: Array) -> Any:
        return layers.relu(S)[0], lambda dH: dH * on(S)

    return wrong


def batch_norm(
    mean: float = 1, projection: float = 1, scale: float = 1, dgamma: float = 1, dbeta: float = 1
) -> Layer:
    """A batch normalisation with factors on parts of its gradient; 0 drops a term."""

    def wrong(gamma: Array, beta: Array, S: Array, epsilon: float) -> Any:
        Y, _, (mu, v) = layers.batch_norm(gamma, beta, S, epsilon)
        deviation = np.sqrt(v + epsilon)
        S_hat = (S - mu) / deviation

        def backward(dY: Array) -> tuple[Array, Array, Array]:
            dS_hat = gamma * dY * scale
            of_mean = mean * dS_hat.mean(axis=-1, keepdims=True)
            of_variance = projection * S_hat * (dS_hat * S_hat).mean(axis=-1, keepdims=True)
            gradients = (dY * S_hat).sum(axis=-1, keepdims=True), dY.sum(axis=-1, keepdims=True)
            dS = (dS_hat - of_mean - of_variance) / deviation
            return dgamma * gradients[0], dbeta * gradients[1], dS

        return Y, backward, layers.batch_statistics(S)

    return wrong


def batch_norm_without_gamma(gamma: Array, beta: Array, S: Array, epsilon: float) -> Any:
    Y, back, statistics = layers.batch_norm(gamma, beta, S, epsilon)

    def backward(dY: Array) -> tuple[Array, Array, Array]:
        dgamma, dbeta, dS = back(dY)
        return dgamma, dbeta, dS / gamma

    return Y, backward, statistics


def cross_entropy(change: Callable[[Array, Array], Array]) -> Layer:
    """A softmax cross-entropy whose dS is changed; change also sees y."""

    def wrong(S: Array, y: Array, *noise: Any) -> Any:
        loss, back = layers.softmax_cross_entropy(S, y, *noise)
        return loss, lambda: change(back(), y)

    return wrong


def without_labels(dS: Array, y: Array) -> Array:
    dS[..., y, np.arange(y.size)] += 1 / y.size
    return dS


def cross_entropy_backward(smoothing: float = 0.1, weighted: bool = True) -> Layer:
    """A softmax cross-entropy whose backward has another α, or no weights."""

    def wrong(S: Array, y: Array, own_smoothing: float = 0.0, weights: Array | None = None) -> Any:
        loss, _ = layers.softmax_cross_entropy(S, y, own_smoothing, weights)
        used = weights if weighted else None
        noise = smoothing if own_smoothing else 0.0
        return loss, layers.softmax_cross_entropy(S, y, noise, used)[1]

    return wrong


def dropout(factor: Callable[[Array], Array]) -> Layer:
    """A dropout whose backward multiplies by something else than its factors."""

    def wrong(H: Array, factors: Array) -> Any:
        return layers.dropout(H, factors)[0], lambda dY: dY * factor(factors)

    return wrong


def penalty(factor: float) -> Layer:
    """A penalty whose gradient is factor · 2λW."""

    def wrong(Ws: list[Array], lam: Any) -> Any:
        value, back = layers.penalty(Ws, lam)
        return value, lambda: [factor * dW for dW in back()]

    return wrong


PLANTS = {
    "db with the wrong sign": Plant(
        "affine", affine(db=lambda db: -db), "b2", "has the wrong sign"
    ),
    "db left at zero": Plant("affine", affine(db=lambda db: 0 * db), "b2", "is zero everywhere"),
    "dW off by 0.1 %": Plant(
        "affine", affine(dW=lambda dW: 1.001 * dW), "W2", "is 1.001 times what is right"
    ),
    "dW not a number": Plant(
        "affine", affine(dW=lambda dW: np.nan * dW), "W2", "is not a finite number"
    ),
    "dW transposed": Plant(
        "affine", affine(dW=lambda dW: dW.T if square(dW) else dW), "W2", "is transposed"
    ),
    "dH with the wrong sign": Plant(
        "affine",
        affine(dH=lambda dH, *_: -dH),
        "W1",
        "the backward of ReLU in layer 1, or dH of the affine layer 2",
    ),
    "dH by W in place of its transpose": Plant(
        "affine",
        affine(dH=lambda dH, W, dS: W @ dS if square(W) else dH),
        "W1",
        "dH of the affine layer 2",
    ),
    "shapes that do not fit": Plant(
        "affine", affine(dH=lambda _, W, dS: W @ dS), "W1, b1, W2, b2", "raised ValueError"
    ),
    "ReLU lets everything through": Plant(
        "relu", relu(lambda S: np.ones_like(S)), "W1", "the backward of ReLU in layer 1"
    ),
    "ReLU lets the wrong side through": Plant(
        "relu", relu(lambda S: S < 0), "W1", "the backward of ReLU in layer 1"
    ),
    "no 1/n in the cross-entropy": Plant(
        "softmax_cross_entropy", cross_entropy(lambda dS, y: dS * y.size), "W2", "lacks its 1/n"
    ),
    "1/n twice in the cross-entropy": Plant(
        "softmax_cross_entropy",
        cross_entropy(lambda dS, y: dS / y.size),
        "W2",
        "is 1/5 of what is right, and n = 5",
    ),
    "labels not subtracted": Plant(
        "softmax_cross_entropy",
        cross_entropy(without_labels),
        "W2",
        "look at the backward of softmax and cross-entropy",
    ),
    "batch norm without the mean's term": Plant(
        "batch_norm", batch_norm(mean=0), "W1", "look at dS of the batch normalisation in layer 1"
    ),
    "batch norm without the variance's term": Plant(
        "batch_norm", batch_norm(projection=0), "W1", "dS of the batch normalisation in layer 1"
    ),
    "batch norm with neither term": Plant(
        "batch_norm",
        batch_norm(mean=0, projection=0),
        "W1",
        "dS of the batch normalisation in layer 1",
    ),
    "batch norm's dS off by 0.1 %": Plant(
        "batch_norm", batch_norm(scale=1.001), "W1", "is 1.001 times what is right"
    ),
    "batch norm's dS without γ": Plant(
        "batch_norm", batch_norm_without_gamma, "W1", "dS of the batch normalisation in layer 1"
    ),
    "half of dγ": Plant("batch_norm", batch_norm(dgamma=0.5), "gamma1", "is half of what is right"),
    "dβ with the wrong sign": Plant(
        "batch_norm", batch_norm(dbeta=-1), "beta1", "look at dbeta of the batch normalisation"
    ),
    "λW in place of 2λW": Plant("penalty", penalty(0.5), "W2", "its 2 is missing", lam=0.01),
    "no penalty": Plant("penalty", penalty(0), "W2", "lacks the penalty's 2λW", lam=0.01),
    "penalty with the wrong sign": Plant(
        "penalty", penalty(-1), "W2", "with the wrong sign", lam=0.01
    ),
    "penalty divided by n": Plant("penalty", penalty(1 / 5), "W2", "has 0.4·λW", lam=0.01),
}

# Found in the one network that is checked with noise: 3 layers, batch normalisation.
NOISE_PLANTS = {
    "dropout forgotten in the backward": Plant(
        "dropout", dropout(np.ones_like), "gamma2", "the backward of dropout or ReLU in layer 2"
    ),
    "dropout's 1/(1 − p) forgotten in the backward": Plant(
        "dropout", dropout(lambda F: 1.0 * (F > 0)), "gamma2", "is 0.8 times what is right"
    ),
    "label smoothing forgotten in the backward": Plant(
        "softmax_cross_entropy",
        cross_entropy_backward(smoothing=0.0),
        "W3",
        "look at the backward of softmax and cross-entropy",
    ),
    "twice the label smoothing in the backward": Plant(
        "softmax_cross_entropy",
        cross_entropy_backward(smoothing=0.2),
        "W3",
        "look at the backward of softmax and cross-entropy",
    ),
    "weights forgotten in the backward": Plant(
        "softmax_cross_entropy",
        cross_entropy_backward(weighted=False),
        "W3",
        "look at the backward of softmax and cross-entropy",
    ),
}
