"""What every engine promises, on shapes drawn at random: one suite for all of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from klayer import network
from klayer.architecture import Parameters
from klayer.engines import Engine, ReferenceEngine, available_engines, choose_engine
from tests.engines.problems import (
    Problem,
    assert_close,
    assert_same,
    drawn,
    make_problem,
    problems,
)

REFERENCE = ReferenceEngine()
EPSILON = {np.float32: 2.0**-23, np.float64: 2.0**-52}


@pytest.fixture(scope="module", params=available_engines())
def engine(request: pytest.FixtureRequest) -> Engine:
    return choose_engine(request.param, threads=3 if request.param == "native" else None)


@given(problems())
@drawn(60)
def test_one_float64_update_agrees_with_the_reference_to_1e_12(
    engine: Engine, problem: Problem
) -> None:
    true, true_losses = problem.train(REFERENCE)
    found, losses = problem.train(engine)
    assert_close(found, true, problem.state, relative=1e-12, rounding=1e-14)
    np.testing.assert_allclose(losses, true_losses, rtol=1e-12)


@given(problems(dtype=np.float32, least_batch=16))
@drawn(60)
def test_one_float32_update_agrees_with_the_exact_one_to_1e_4_of_each_arrays_change(
    engine: Engine, problem: Problem
) -> None:
    # Against float64 from the same float32 numbers: the reference's own rounding is no measure.
    state = problem.state
    wide = replace(state, theta=state.theta.astype(float), moving=state.moving.astype(float))
    true, true_losses = problem.train(REFERENCE, state=wide)
    found, losses = problem.train(engine)
    np.testing.assert_allclose(losses, true_losses, rtol=1e-4)
    olds = state.arrays()
    changes = [np.abs(new - old).max() for new, old in zip(true.arrays(), olds, strict=True)]
    for one, exact, change in zip(found.arrays(), true.arrays(), changes, strict=True):
        # The gradient of b before batch normalisation is 0: what is left of it is the rounding of
        # sums as large as the other gradients.
        scale = max(change, max(changes) / 100)
        rounding = 2 * EPSILON[np.float32] * np.abs(exact).max()
        np.testing.assert_allclose(one, exact, rtol=0, atol=1e-4 * scale + rounding)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("hidden", [(), (20,), (50, 30)])
def test_fifty_float64_updates_agree_with_the_reference_to_1e_9(
    engine: Engine, hidden: tuple[int, ...], batch_norm: bool
) -> None:
    problem = make_problem(64, hidden, 10, batch_norm, networks=3, batch=40, steps=50, rate=0.05)
    true, true_losses = problem.train(REFERENCE)
    found, losses = problem.train(engine)
    assert_close(found, true, problem.state, relative=1e-9, rounding=1e-11)
    np.testing.assert_allclose(losses, true_losses, rtol=1e-9)


@given(problems(steps=4))
@drawn(15)
def test_training_in_two_calls_is_training_in_one(engine: Engine, problem: Problem) -> None:
    whole, losses = problem.train(engine)
    first, losses_first = problem.train(engine, 0, 1)
    second, losses_second = problem.train(engine, 1, None, first)
    assert_same(second, whole)
    np.testing.assert_array_equal(np.concatenate([losses_first, losses_second]), losses)
    assert (first.steps, second.steps) == (1, 4)


@given(problems())
@drawn(10)
def test_the_state_that_is_passed_in_is_left_as_it_was(engine: Engine, problem: Problem) -> None:
    before = problem.state.copy()
    problem.train(engine)
    engine.begin(problem.state, problem.samples, problem.order)
    assert_same(problem.state, before)


def test_a_network_that_is_not_active_keeps_its_numbers_and_has_no_loss(engine: Engine) -> None:
    problem = make_problem(networks=3, steps=3)
    problem.state.active[1] = False
    problem.state.parameters.W[0][1] = np.nan
    alone, _ = problem.alone(2).train(engine)
    found, losses = problem.train(engine)
    assert_same(found.network(1), replace(problem.state.network(1), steps=3))
    np.testing.assert_array_equal(np.isnan(losses), [[False, True, False]] * 3)
    assert_close(found.network(2), alone, problem.state.network(2), 1e-12, 1e-14)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_diverged_network_says_so_and_leaves_the_others_alone(
    engine: Engine, batch_norm: bool
) -> None:
    problem = make_problem(networks=3, batch_norm=batch_norm, dtype=np.float32, steps=6)
    problem.rates[:, 1] = 1e30
    with np.errstate(all="ignore"):
        found, losses = problem.train(engine)
    assert not np.isfinite(losses[-1, 1])
    assert np.isfinite(losses[:, [0, 2]]).all()
    assert np.isfinite(found.network(2).theta).all()


@given(problems(steps=1))
@drawn(20)
def test_figures_and_logits_agree_with_the_reference(engine: Engine, problem: Problem) -> None:
    rows = np.arange(len(problem.samples.y))[::-1].repeat(2)
    state = engine.begin(problem.state, problem.samples, problem.order)
    true = REFERENCE.begin(problem.state, problem.samples, problem.order)
    assert_close(state, true, problem.state, 1e-12, 1e-14)
    found = engine.evaluate(true, problem.samples, rows)
    expected = REFERENCE.evaluate(true, problem.samples, rows)
    np.testing.assert_allclose(found.cross_entropy, expected.cross_entropy, rtol=1e-10)
    np.testing.assert_allclose(found.penalty, expected.penalty, rtol=1e-12)
    np.testing.assert_array_equal(found.accuracy, expected.accuracy)
    logits, true_logits = (e.logits(true, problem.samples, rows) for e in (engine, REFERENCE))
    scale = np.abs(true_logits).max()
    np.testing.assert_allclose(logits, true_logits, rtol=0, atol=1e-11 * scale)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_gradient_recovered_from_one_update_is_the_complex_step_derivative(
    engine: Engine, batch_norm: bool
) -> None:
    problem = make_problem(inputs=9, hidden=(6, 5), batch_norm=batch_norm, networks=1)
    problem.rates[:] = rate = 2.0**-3
    found, _ = problem.train(engine)
    state, architecture = problem.state, problem.state.architecture
    H, y = problem.samples.gather(problem.order, np.float64).T, problem.samples.y[problem.order]

    def J(theta: Any) -> Any:
        views = architecture.views(theta)
        fields = ("W", "b", "gamma", "beta")
        one = Parameters(**{name: tuple(a[0] for a in getattr(views, name)) for name in fields})
        return network.cost(one, H, y, problem.objective.lam[0], architecture.epsilon).J

    step = 1e-20
    derivative = np.empty_like(state.theta)
    for entry in range(derivative.size):
        theta = state.theta.astype(complex)
        theta[entry] += 1j * step
        derivative[entry] = J(theta).imag / step
    gradient = (state.theta - found.theta) / rate
    np.testing.assert_allclose(gradient, derivative, rtol=0, atol=1e-13)
