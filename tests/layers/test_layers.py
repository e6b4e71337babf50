"""What each layer promises beside its gradient."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from klayer import network
from klayer.architecture import Architecture, Parameters, Statistics
from klayer.gradcheck import draw_parameters
from klayer.layers import (
    affine,
    batch_norm,
    batch_statistics,
    normalise,
    penalty,
    relu,
    softmax,
    softmax_cross_entropy,
)

rng = np.random.default_rng(0)


def test_softmax_of_huge_logits_does_not_overflow() -> None:
    P = softmax(np.array([[1e30, -1e30], [0.0, 0.0], [-1e30, -1e30]]))
    assert_array_equal(P, [[1, 0], [0, 1], [0, 0]])


def test_cross_entropy_of_a_confident_mistake_is_finite() -> None:
    loss, backward = softmax_cross_entropy(np.array([[1e30], [0.0]]), np.array([1]))
    assert loss == 1e30
    assert_array_equal(backward(), [[1], [-1]])


def test_softmax_does_not_change_when_logits_are_shifted() -> None:
    S = rng.standard_normal((4, 6))
    assert_allclose(softmax(S + 1000), softmax(S), rtol=1e-12)
    assert_allclose(softmax(S).sum(axis=0), 1)


def test_backward_of_cross_entropy_may_be_called_twice() -> None:
    _, backward = softmax_cross_entropy(rng.standard_normal((3, 4)), np.array([0, 1, 2, 0]))
    assert_array_equal(backward(), backward())


def test_relu_lets_what_is_not_a_number_through() -> None:
    H, _ = relu(np.array([np.nan, -1.0, 2.0]))
    assert np.isnan(H[0])
    assert_array_equal(H[1:], [0, 2])


def test_relu_of_complex_numbers_goes_by_the_real_part() -> None:
    H, backward = relu(np.array([-1 + 5j, 2 - 1e-30j]))
    assert_array_equal(H, [0, 2 - 1e-30j])
    assert_array_equal(backward(np.ones(2)), [0, 1])


def test_relu_has_slope_zero_at_zero() -> None:
    assert relu(np.zeros(1))[1](np.ones(1)) == 0


@pytest.mark.parametrize("value", [0.0, 0.1, 1e4])
def test_batch_norm_of_a_constant_feature_stays_finite_in_float32(value: float) -> None:
    S = np.full((1, 100), value, np.float32)
    one, zero = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    Y, backward, _ = batch_norm(one, zero, S, epsilon=1e-15)
    gradients = backward(rng.standard_normal((1, 100)).astype(np.float32))
    for array in (Y, *gradients):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


def test_batch_norm_gives_every_feature_mean_beta_and_deviation_gamma() -> None:
    S = 5 + 3 * rng.standard_normal((2, 1000))
    gamma, beta = np.array([[2.0], [0.5]]), np.array([[1.0], [-1.0]])
    Y, _, _ = batch_norm(gamma, beta, S, epsilon=1e-15)
    assert_allclose(Y.mean(axis=1), [1, -1])
    assert_allclose(Y.std(axis=1), [2, 0.5])


def test_statistics_are_the_mean_and_the_mean_square_about_it() -> None:
    S = rng.standard_normal((3, 7))
    found = batch_statistics(S)
    assert_allclose(found.mean[:, 0], S.mean(axis=1))
    assert_allclose(found.variance[:, 0], S.var(axis=1))


def test_normalising_by_the_batch_s_own_statistics_is_batch_norm() -> None:
    S, gamma, beta = rng.standard_normal((3, 7)), np.ones((3, 1)), np.zeros((3, 1))
    own, _, statistics = batch_norm(gamma, beta, S, 1e-5)
    given, _ = normalise(gamma, beta, S, 1e-5, statistics)
    assert_array_equal(own, given)


def test_normalising_by_given_statistics_treats_every_sample_alone() -> None:
    S, one = rng.standard_normal((3, 7)), np.ones((3, 1))
    given = Statistics(0.5 * one, 2 * one)
    together, _ = normalise(one, one, S, 1e-5, given)
    alone, _ = normalise(one, one, S[:, 2:3], 1e-5, given)
    assert_array_equal(together[:, 2:3], alone)


def test_affine_leaves_out_the_gradient_of_its_inputs_when_told_to() -> None:
    _, backward = affine(np.ones((2, 3)), np.zeros((2, 1)), np.ones((3, 4)))
    assert backward(np.ones((2, 4)), inputs=False)[2] is None


def test_penalty_takes_a_lambda_per_network() -> None:
    W = np.stack([np.ones((2, 2)), np.full((2, 2), 3.0)])
    value, backward = penalty([W, W], np.array([0.5, 0.1]))
    assert_allclose(value(), [0.5 * 8, 0.1 * 72])
    assert_allclose(backward()[1][:, 0, 0], [2 * 0.5 * 1, 2 * 0.1 * 3])


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_network_of_a_stack_has_the_cost_and_gradient_it_has_alone(batch_norm: bool) -> None:
    architecture = Architecture(6, (5, 4), 3, batch_norm)
    alone = [draw_parameters(architecture, seed) for seed in range(3)]
    by_name = [dict(parameters.named()) for parameters in alone]
    stack = Parameters(
        *(
            tuple(np.stack([getattr(one, field)[i] for one in alone]) for i in range(count))
            for field, count in zip(
                ("W", "b", "gamma", "beta"), (3, 3, 2 * batch_norm, 2 * batch_norm), strict=True
            )
        )
    )
    H, y, lam = rng.standard_normal((6, 8)), rng.integers(3, size=8), np.array([0, 0.1, 0.01])
    together = network.cost(stack, H, y, lam)
    gradients = dict(together.gradient().named())
    for p, parameters in enumerate(alone):
        single = network.cost(parameters, H, y, float(lam[p]))
        assert_allclose(together.J[p], single.J, rtol=1e-13)
        for name, gradient in single.gradient().named():
            assert gradient.shape == by_name[p][name].shape
            assert_allclose(gradients[name][p], gradient, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_float32_parameters_have_float32_costs_and_gradients(batch_norm: bool) -> None:
    architecture = Architecture(6, (5,), 3, batch_norm)
    theta = rng.standard_normal(architecture.size).astype(np.float32)
    H = rng.standard_normal((6, 8)).astype(np.float32)
    done = network.cost(architecture.views(theta), H, np.zeros(8, int), np.array([0.1]))
    for _, gradient in done.gradient().named():
        assert gradient.dtype == np.float32
