"""What engines promise beyond plain gradient descent: each feature alone, and all together."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from klayer.augmentation import Augmentation
from klayer.engines import (
    FEATURES,
    Engine,
    ReferenceEngine,
    available_engines,
    choose_engine,
    features_of,
)
from klayer.engines.native import NativeEngine, is_built
from klayer.errors import InputError
from klayer.updates import AdamW
from tests.engines.problems import (
    Problem,
    assert_close,
    assert_same,
    assert_shared_to_the_bit,
    drawn,
    make_problem,
    problems,
    with_features,
)

REFERENCE = ReferenceEngine()
NOISE = ("label_smoothing", "dropout", "flip", "shift", "weights")
TOGETHER = ("adamw", *NOISE)
BITS = [
    ("momentum", *NOISE),
    ("nesterov", *NOISE),
    ("adamw", *NOISE),
    ("clip_norm",),
    ("clip_norm", "nesterov", *NOISE),
    ("clip_norm", "adamw"),
]
CASES = [*((name,) for name in FEATURES), TOGETHER, (*TOGETHER, "clip_norm")]


@pytest.fixture(scope="module", params=available_engines())
def engine(request: pytest.FixtureRequest) -> Engine:
    return choose_engine(request.param, threads=3 if request.param == "native" else None)


def problem_with(names: tuple[str, ...], steps: int = 4, networks: int = 3) -> Problem:
    plain = make_problem(24, (17, 6), 4, True, networks, 21, steps, seed=2)
    return with_features(plain, *names)


@pytest.mark.parametrize("names", CASES, ids="+".join)
def test_a_training_needs_what_was_asked_for(names: tuple[str, ...]) -> None:
    problem = problem_with(names)
    found = features_of(problem.samples, problem.objective, problem.update)
    assert set(found) == set(names)


@pytest.mark.parametrize("names", CASES, ids="+".join)
def test_an_engine_agrees_with_the_reference(engine: Engine, names: tuple[str, ...]) -> None:
    problem = problem_with(names)
    true, true_losses = problem.train(REFERENCE)
    found, losses = problem.train(engine)
    assert_close(found, true, problem.state, relative=1e-11, rounding=1e-13)
    np.testing.assert_allclose(losses, true_losses, rtol=1e-11)
    assert found.steps == 11


@pytest.mark.parametrize("names", CASES, ids="+".join)
@given(plain=problems(inputs=24))
@drawn(15)
def test_one_float64_update_agrees_with_the_reference_to_1e_12(
    engine: Engine, names: tuple[str, ...], plain: Problem
) -> None:
    # As in plain training: the tolerances are those of test_contract.py.
    problem = with_features(plain, *names)
    true, true_losses = problem.train(REFERENCE)
    found, losses = problem.train(engine)
    assert_close(found, true, problem.state, relative=1e-12, rounding=1e-14)
    np.testing.assert_allclose(losses, true_losses, rtol=1e-12)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_first_update_of_adamw_agrees_to_1e_12_wherever_there_is_a_gradient(
    engine: Engine, batch_norm: bool
) -> None:
    # With slots of zero the update is g/(|g| + ε): where the gradient is 0, as that of b before
    # batch normalisation, rounding of 1e-17 is an update of 1e-17/ε.
    plain = make_problem(24, (17, 6), 4, batch_norm, 3, 21, 1, seed=2)
    problem = with_features(plain, *TOGETHER)
    slots = {name: np.zeros_like(slot) for name, slot in problem.state.slots.items()}
    state, update = replace(problem.state, slots=slots, steps=0), AdamW(weight_decay=0.1)
    problem = replace(problem, state=state, update=update)
    true, _ = problem.train(REFERENCE)
    found, _ = problem.train(engine)
    gradient = true.slots["mean"] / (1 - update.beta1)
    there = np.abs(gradient) > 1e-14
    assert there.mean() > 0.8
    np.testing.assert_allclose(found.theta[there], true.theta[there], rtol=0, atol=1e-12 * 0.1)
    np.testing.assert_allclose(found.theta, true.theta, rtol=0, atol=1e-15 / update.epsilon)


@pytest.mark.parametrize("names", CASES, ids="+".join)
def test_every_feature_changes_the_numbers(names: tuple[str, ...]) -> None:
    problem, plain = problem_with(names), problem_with(())
    assert (problem.train(REFERENCE)[0].theta != plain.train(REFERENCE)[0].theta).any()


@pytest.mark.parametrize("names", CASES, ids="+".join)
def test_a_training_cut_anywhere_is_the_same_to_the_bit(
    engine: Engine, names: tuple[str, ...]
) -> None:
    problem = problem_with(names)
    whole, losses = problem.train(engine)
    first, first_losses = problem.train(engine, 0, 3)
    second, second_losses = problem.train(engine, 3, None, first)
    assert_same(second, whole)
    np.testing.assert_array_equal(np.concatenate([first_losses, second_losses]), losses)


@pytest.mark.parametrize("names", CASES, ids="+".join)
def test_a_network_of_a_stack_ends_where_it_does_alone(
    engine: Engine, names: tuple[str, ...]
) -> None:
    problem = problem_with(names)
    whole, losses = problem.train(engine)
    for position in range(3):
        alone, own = problem.alone(position).train(engine)
        before = problem.state.network(position)
        assert_close(alone, whole.network(position), before, 1e-12, 1e-13)
        np.testing.assert_allclose(own[:, 0], losses[:, position], rtol=1e-12)


@pytest.mark.parametrize("names", [TOGETHER, ("nesterov", "weights", "dropout")], ids="+".join)
@pytest.mark.parametrize("features", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_one_float32_update_agrees_with_the_exact_one_to_1e_4_of_each_arrays_change(
    engine: Engine, batch_norm: bool, features: Any, names: tuple[str, ...]
) -> None:
    plain = make_problem(
        24, (40, 30), 4, batch_norm, 2, 50, 1, features=features, dtype=np.float32, seed=2
    )
    problem = with_features(plain, *names)
    state = problem.state
    wide = replace(
        state,
        theta=state.theta.astype(float),
        moving=state.moving.astype(float),
        slots={name: slot.astype(float) for name, slot in state.slots.items()},
    )
    true, true_losses = problem.train(REFERENCE, state=wide)
    found, losses = problem.train(engine)
    assert_close(found, true, state, relative=1e-4, rounding=2.0**-21)
    np.testing.assert_allclose(losses, true_losses, rtol=1e-4)


@pytest.mark.skipif(not is_built(), reason="the native engine was not built here")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("networks", [1, 2, 5])
@pytest.mark.parametrize("names", BITS, ids="+".join)
@pytest.mark.usefixtures("sharing")
def test_neither_threads_nor_the_rest_of_the_stack_change_a_bit(
    names: tuple[str, ...], networks: int, dtype: Any
) -> None:
    # 37 and 19 units leave rests behind whole vectors, wherever threads share them.
    plain = make_problem(24, (37, 19), 4, True, networks, 60, 3, dtype=dtype)
    problem = with_features(plain, *names)
    assert_shared_to_the_bit(problem)


@pytest.mark.skipif(not is_built(), reason="the native engine was not built here")
@pytest.mark.parametrize("features", [np.uint8, np.float32])
@pytest.mark.usefixtures("sharing")
def test_threads_change_no_bit_of_a_wide_network_with_moved_pictures(features: Any) -> None:
    # Wide enough that several threads take part and own their columns of the first weights.
    plain = make_problem(3072, (64, 40), 10, True, 1, 50, 4, features=features, dtype=np.float32)
    problem = with_features(plain, "adamw", "dropout")
    moved = Augmentation((32, 32, 3), True, 3, seed=4)
    problem = replace(problem, objective=replace(problem.objective, augmentation=moved))
    true, losses = problem.train(NativeEngine(1))
    for threads in (2, 3, 4):
        found, others = problem.train(NativeEngine(threads))
        assert_same(found, true)
        np.testing.assert_array_equal(others, losses)
    exact, _ = problem.train(REFERENCE)
    np.testing.assert_allclose(found.moving, exact.moving, rtol=1e-2, atol=1e-3)


def test_a_network_that_is_not_active_keeps_its_slots(engine: Engine) -> None:
    problem = problem_with(TOGETHER)
    problem.state.active[1] = False
    found, _ = problem.train(engine)
    assert_same(found.network(1), replace(problem.state.network(1), steps=found.steps))


def test_weights_of_one_and_no_smoothing_are_plain_training(engine: Engine) -> None:
    plain = problem_with(())
    weighted = replace(plain, samples=replace(plain.samples, weights=np.ones(len(plain.samples.y))))
    assert_same(weighted.train(engine)[0], plain.train(engine)[0])


def test_a_row_of_weight_two_counts_as_often_as_two_rows(engine: Engine) -> None:
    single = make_problem(8, (5,), 3, batch_norm=False, networks=1, batch=6)
    n = len(single.samples.y)
    weights = np.full(n, 6 / 7)
    weights[0] = 2 * 6 / 7
    order = np.array([0, 1, 2, 3, 4, 5])
    weighted = replace(single, samples=replace(single.samples, weights=weights), order=order)
    twice = replace(single, order=np.append(order, 0), offsets=np.array([0, 7]))
    found, losses = weighted.train(engine)
    true, true_losses = twice.train(engine)
    assert_close(found, true, single.state, 1e-12, 1e-14)
    np.testing.assert_allclose(losses, true_losses, rtol=1e-12)


@pytest.mark.skipif(not is_built(), reason="the native engine was not built here")
def test_an_engine_refuses_what_it_does_not_know_and_auto_takes_one_that_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose_engine("auto", needs=FEATURES).name == "native"
    monkeypatch.setattr(NativeEngine, "features", frozenset(FEATURES) - {"flip"})
    assert choose_engine("auto", needs=FEATURES).name == "reference"
    with pytest.raises(InputError, match="`flip`; use engine='reference' or 'auto'"):
        choose_engine("native", needs=FEATURES)
    with pytest.raises(InputError, match="must know a training's flip, but does not"):
        problem_with(("flip",)).train(NativeEngine(1))
