"""A network's cost and gradient: a short loop over the layers, forward and then backward.

Everything here is a pure function of parameters and a batch, in any float dtype and in complex
numbers, for one network or a stack.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from klayer.architecture import Array, Parameters, Statistics
from klayer.layers import (
    affine,
    batch_norm,
    dropout,
    normalise,
    penalty,
    relu,
    softmax_cross_entropy,
)


class Pass(NamedTuple):
    """One pass forward.

    Attributes:
        S: the logits, ([P,] K, n).
        hidden: H_1 … H_{k−1}, each ([P,] m_l, n).
        statistics: the batch's μ and v of every hidden layer; empty where they were given.
        backward: ``backward(dS)`` returns the gradients of all parameters.
    """

    S: Array
    hidden: tuple[Array, ...]
    statistics: tuple[Statistics, ...]
    backward: Callable[[Array], Parameters]


class Cost(NamedTuple):
    """J = cross_entropy + λ Σ_l ‖W_l‖², its parts, and the pass that it came from.

    Attributes:
        cross_entropy: the mean of −log P[y_i, i], () or (P,).
        penalty: ``penalty()`` returns λ Σ_l ‖W_l‖², () or (P,).
        forward: the pass.
        gradient: ``gradient()`` returns ∂J/∂ of all parameters.
    """

    cross_entropy: Array
    penalty: Callable[[], Array]
    forward: Pass
    gradient: Callable[[], Parameters]

    @property
    def J(self) -> Array:
        """The cost, () or (P,)."""
        return self.cross_entropy + self.penalty()


def forward(
    parameters: Parameters,
    H: Array,
    epsilon: float = 1e-5,
    statistics: Sequence[Statistics] | None = None,
    factors: Sequence[Array] = (),
) -> Pass:
    """Run the batch through the layers: affine, batch normalisation (where γ exists), ReLU,
    dropout (where factors are given), and the last affine layer.

    Args:
        parameters: of a network or a stack.
        H: H_0, the standardised inputs, (d, n), shared by all networks.
        epsilon: ε of batch normalisation.
        statistics: μ and v for each hidden layer; without them, the batch's own.
        factors: F of dropout for each hidden layer, ([P,] m_l, n); without them, none is dropped.

    Returns:
        The logits, the hidden layers, the batch's statistics, and the backward function.

    Example:
        >>> import numpy as np
        >>> W, b = (np.array([[-1.0, 1.0]]), np.array([[2.0]])), (np.zeros((1, 1)),) * 2
        >>> done = forward(Parameters(W, b), np.array([[0.5], [2.0]]))
        >>> done.hidden[0], done.S
        (array([[1.5]]), array([[3.]]))
        >>> done.backward(np.array([[1.0]])).W[0]
        array([[1., 4.]])
    """
    W, b, gamma, beta = parameters.W, parameters.b, parameters.gamma, parameters.beta
    last = len(W) - 1
    hidden: list[Array] = []
    found: list[Statistics] = []
    affine_back, norm_back, relu_back, dropout_back = [], [], [], []
    for layer in range(last):
        S, back = affine(W[layer], b[layer], H)
        affine_back.append(back)
        if gamma and statistics is None:
            S, back_norm, own = batch_norm(gamma[layer], beta[layer], S, epsilon)
            norm_back.append(back_norm)
            found.append(own)
        elif gamma and statistics is not None:
            given = statistics[layer]
            S, back_norm = normalise(gamma[layer], beta[layer], S, epsilon, given)
            norm_back.append(back_norm)
        H, back_relu = relu(S)
        relu_back.append(back_relu)
        if factors:
            H, back_dropout = dropout(H, factors[layer])
            dropout_back.append(back_dropout)
        hidden.append(H)
    S, back = affine(W[last], b[last], H)
    affine_back.append(back)

    def backward(dS: Array) -> Parameters:
        dW, db, dH = affine_back[last](dS, inputs=last > 0)
        gradients: dict[str, list[Array]] = {"W": [dW], "b": [db], "gamma": [], "beta": []}
        for layer in reversed(range(last)):
            if factors:
                dH = dropout_back[layer](dH)
            dS = relu_back[layer](dH)
            if gamma:
                dgamma, dbeta, dS = norm_back[layer](dS)
                gradients["gamma"].append(dgamma)
                gradients["beta"].append(dbeta)
            dW, db, dH = affine_back[layer](dS, inputs=layer > 0)
            gradients["W"].append(dW)
            gradients["b"].append(db)
        return Parameters(**{name: tuple(found[::-1]) for name, found in gradients.items()})

    return Pass(S, tuple(hidden), tuple(found), backward)


def cost(
    parameters: Parameters,
    H: Array,
    y: Array,
    lam: float | Array = 0.0,
    epsilon: float = 1e-5,
    *,
    smoothing: float = 0.0,
    weights: Array | None = None,
    factors: Sequence[Array] = (),
) -> Cost:
    """Return J = (1/n) Σ_i −log P[y_i, i] + λ Σ_l ‖W_l‖² of a batch, ready for its gradient.

    Args:
        parameters: of a network or a stack.
        H: H_0, the standardised inputs, (d, n).
        y: the classes, (n,).
        lam: λ, a number or (P,).
        epsilon: ε of batch normalisation.
        smoothing: α of label smoothing.
        weights: how much every sample counts, (n,).
        factors: F of dropout for each hidden layer, ([P,] m_l, n).

    Returns:
        The cost with its parts, and ``gradient()``.

    Example:
        >>> import numpy as np
        >>> W, b = np.zeros((2, 3)), np.zeros((2, 1))
        >>> J = cost(Parameters((W,), (b,)), np.ones((3, 4)), np.array([0, 1, 0, 1]))
        >>> round(float(J.J), 4), float(J.gradient().W[0].sum())
        (0.6931, 0.0)
    """
    done = forward(parameters, H, epsilon, factors=factors)
    loss, loss_back = softmax_cross_entropy(done.S, y, smoothing, weights)
    weight_cost, penalty_back = penalty(parameters.W, lam)

    def gradient() -> Parameters:
        found = done.backward(loss_back())
        for dW, of_penalty in zip(found.W, penalty_back(), strict=True):
            dW += of_penalty
        return found

    return Cost(loss, weight_cost, done, gradient)
