"""Clipping in every engine: each network's own norm, of all its parameters, whoever computes it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from klayer.architecture import Parameters
from klayer.engines import Engine, ReferenceEngine, available_engines, choose_engine, reference
from klayer.engines.native import is_built
from klayer.state import State
from klayer.updates import SGD, AdamW, Momentum, Update, clip
from tests.engines.problems import Problem, assert_close, assert_shared_to_the_bit, make_problem

REFERENCE = ReferenceEngine()


@pytest.fixture(scope="module", params=available_engines())
def engine(request: pytest.FixtureRequest) -> Engine:
    return choose_engine(request.param, threads=3 if request.param == "native" else None)


def clipped(problem: Problem, longest: float | None, update: Update) -> Problem:
    state = problem.state
    slots = {name: np.zeros_like(state.theta) for name in update.slots}
    objective = replace(problem.objective, clip_norm=longest)
    return replace(problem, state=replace(state, slots=slots), objective=objective, update=update)


def norms(before: State, after: State) -> NDArray[np.float64]:
    """Return how far each network moved, over all parameters, (P,)."""
    changes = (
        after.network(p).theta.astype(float) - before.network(p).theta
        for p in range(before.networks)
    )
    return np.array([np.sqrt((change**2).sum()) for change in changes])


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_longer_than_the_norm_is_as_long_as_it_and_others_stay(
    engine: Engine, dtype: Any, batch_norm: bool
) -> None:
    plain = make_problem(70, (37, 19), 4, batch_norm, 4, 60, dtype=dtype)
    plain = replace(plain, rates=np.ones((1, 4)))
    own = norms(plain.state, plain.train(engine)[0])
    longest = float(np.sort(own)[1:3].mean())
    after, _ = clipped(plain, longest, SGD()).train(engine)
    near = 1e-4 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(norms(plain.state, after), np.minimum(own, longest), rtol=near)
    for position in np.flatnonzero(own <= longest).tolist():
        whole = plain.train(engine)[0].network(position)
        atol = 4 * np.finfo(dtype).eps * np.abs(whole.theta).max()
        np.testing.assert_allclose(after.network(position).theta, whole.theta, rtol=0, atol=atol)


def test_a_gradient_that_is_not_a_number_is_not_hidden_nor_another_network_s(
    engine: Engine,
) -> None:
    problem = clipped(make_problem(networks=3), 0.1, SGD())
    true, _ = problem.train(engine)
    problem.state.parameters.W[1][1, 0, 0] = np.nan
    found, _ = problem.train(engine)
    assert np.isnan(found.network(1).theta).all()
    for position in (0, 2):
        assert_close(
            found.network(position), true.network(position), problem.state.network(position),
            1e-12, 1e-14,
        )  # fmt: skip


@pytest.mark.skipif(not is_built(), reason="the native engine was not built here")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("update", [SGD(), Momentum(nesterov=True), AdamW()], ids=lambda u: u.name)
@pytest.mark.usefixtures("sharing")
def test_neither_threads_nor_the_rest_of_the_stack_change_a_bit(update: Update, dtype: Any) -> None:
    # Threads share networks, a wide first layer, and wide layers above.
    for inputs, hidden, networks, batch, steps in (
        (70, (17, 6), 5, 33, 3),
        (3000, (51, 50), 1, 100, 3),
        (1600, (51, 50), 3, 100, 3),
        (40, (100, 90), 1, 250, 10),
    ):
        plain = make_problem(inputs, hidden, 10, True, networks, batch, steps, dtype=dtype)
        problem = clipped(plain, 0.5, update)
        assert_shared_to_the_bit(problem)


def of_the_whole_stack(gradient: Parameters, longest: float) -> None:
    squares = sum((array**2).sum() for _, array in gradient.named())
    for _, array in gradient.named():
        array *= min(1.0, longest / np.sqrt(squares))


def of_each_array(gradient: Parameters, longest: float) -> None:
    for _, array in gradient.named():
        array *= np.minimum(1, longest / np.sqrt((array**2).sum(axis=(1, 2), keepdims=True)))


def of_the_weights_alone(gradient: Parameters, longest: float) -> None:
    squares = sum((W**2).sum(axis=(1, 2), keepdims=True) for W in gradient.W)
    for _, array in gradient.named():
        array *= np.minimum(1, longest / np.sqrt(squares))


def lengthened(gradient: Parameters, longest: float) -> None:
    clip(gradient, longest)
    for _, array in gradient.named():
        array *= 1 + 1e-9


@pytest.mark.parametrize(
    "mistake", [of_the_whole_stack, of_each_array, of_the_weights_alone, lengthened]
)
def test_a_mistake_in_clipping_is_found(
    engine: Engine, mistake: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = clipped(make_problem(networks=3), 0.1, SGD())
    found, _ = problem.train(engine)
    true, _ = problem.train(REFERENCE)
    assert_close(found, true, problem.state, 1e-11, 1e-14)
    monkeypatch.setattr(reference, "clip", mistake)
    wrong, _ = problem.train(REFERENCE)
    with pytest.raises(AssertionError):
        assert_close(found, wrong, problem.state, 1e-11, 1e-14)
