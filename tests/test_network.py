"""One forward, cost and backward worked out by hand, without and with batch normalisation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from klayer import network
from klayer.architecture import Parameters

L = np.log(3)  # so that logits which differ by L have the probabilities 3/4 and 1/4


def test_a_two_layer_network_gives_the_numbers_worked_out_by_hand() -> None:
    # Two samples (columns), two inputs, two hidden units, two classes, λ = 0.1.
    H0 = np.array([[1.0, 2.0],
                   [3.0, 0.0]])  # fmt: skip
    y = np.array([0, 1])
    W1 = np.array([[1.0, -1.0],
                   [2.0,  0.0]])  # fmt: skip
    b1 = np.array([[0.0], [-1.0]])
    W2 = np.array([[0.0,   L],
                   [L / 2, 0.0]])  # fmt: skip
    b2 = np.array([[0.0], [L]])

    J = network.cost(Parameters((W1, W2), (b1, b2)), H0, y, lam=0.1)

    # S1 = [[1 − 3, 2 − 0], [2 − 1, 4 − 1]] = [[−2, 2], [1, 3]];  H1 = max(0, S1)
    assert_allclose(J.forward.hidden[0], [[0, 2], [1, 3]])
    # S2 = [[L·1, L·3], [L/2·0 + L, L/2·2 + L]]
    assert_allclose(J.forward.S, [[L, 3 * L], [L, 2 * L]])
    # P = [[1/2, 3/4], [1/2, 1/4]];  −log P[y] = log 2, log 4
    assert_allclose(J.cross_entropy, (np.log(2) + np.log(4)) / 2)
    # ‖W1‖² = 1 + 1 + 4;  ‖W2‖² = L² + L²/4
    assert_allclose(J.J, 1.5 * np.log(2) + 0.1 * (6 + 1.25 * L**2))

    gradient = J.gradient()

    # dS2 = (P − Y)/2 = [[−1/4, 3/8], [1/4, −3/8]];  dW2 = dS2 H1ᵀ + 0.2 W2
    assert_allclose(gradient.W[1], [[0.75, 0.875 + 0.2 * L], [-0.75 + 0.1 * L, -0.875]])
    assert_allclose(gradient.b[1], [[1 / 8], [-1 / 8]])
    # dH1 = W2ᵀ dS2 = [[L/8, −3L/16], [−L/4, 3L/8]];  dS1 = dH1 where S1 > 0
    # dS1 = [[0, −3L/16], [−L/4, 3L/8]];  dW1 = dS1 H0ᵀ + 0.2 W1
    assert_allclose(gradient.W[0], [[-3 * L / 8 + 0.2, -0.2], [L / 2 + 0.4, -3 * L / 4]])
    assert_allclose(gradient.b[0], [[-3 * L / 16], [L / 8]])


def test_a_batch_normalised_network_gives_the_numbers_worked_out_by_hand() -> None:
    # Two samples, one input, one hidden unit, two classes, λ = 0, ε = 5.
    H0 = np.array([[-1.0, 1.0]])
    y = np.array([0, 1])
    W1, b1 = np.array([[2.0]]), np.array([[7.0]])
    gamma, beta = np.array([[3.0]]), np.array([[1.0]])
    W2, b2 = np.array([[L / 3], [0.0]]), np.zeros((2, 1))

    J = network.cost(Parameters((W1, W2), (b1, b2), (gamma,), (beta,)), H0, y, epsilon=5.0)

    # S1 = [5, 9];  μ = 7;  v = 4;  √(v + ε) = 3;  Ŝ = [−2/3, 2/3]
    assert_allclose(J.forward.statistics[0].mean, [[7]])
    assert_allclose(J.forward.statistics[0].variance, [[4]])
    # S̃ = 3 Ŝ + 1 = [−1, 3];  H1 = [0, 3]
    assert_allclose(J.forward.hidden[0], [[0, 3]])
    # S2 = [[0, L], [0, 0]];  P = [[1/2, 3/4], [1/2, 1/4]]
    assert_allclose(J.forward.S, [[0, L], [0, 0]])
    assert_allclose(J.J, 1.5 * np.log(2))

    gradient = J.gradient()

    # dS2 = [[−1/4, 3/8], [1/4, −3/8]];  dW2 = dS2 H1ᵀ
    assert_allclose(gradient.W[1], [[9 / 8], [-9 / 8]])
    assert_allclose(gradient.b[1], [[1 / 8], [-1 / 8]])
    # dH1 = W2ᵀ dS2 = [−L/12, L/8];  dS̃ = [0, L/8]
    assert_allclose(gradient.gamma[0], [[L / 8 * 2 / 3]])
    assert_allclose(gradient.beta[0], [[L / 8]])
    # dŜ = [0, 3L/8];  mean(dŜ) = 3L/16;  mean(dŜ Ŝ) = L/8
    # dS1 = (dŜ − 3L/16 − Ŝ L/8)/3 = [−5L/144, 5L/144];  dW1 = dS1 H0ᵀ
    assert_allclose(gradient.W[0], [[5 * L / 72]])
    assert_allclose(gradient.b[0], [[0]], atol=1e-16)


def test_without_hidden_layers_it_is_softmax_regression() -> None:
    J = network.cost(
        Parameters((np.eye(2),), (np.zeros((2, 1)),)), np.zeros((2, 3)), np.zeros(3, int)
    )
    assert pytest.approx(np.log(2)) == J.J
    assert J.forward.hidden == ()
