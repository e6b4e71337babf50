"""Engines that read pictures as their frequencies, moved before or not."""

from dataclasses import replace

import numpy as np
import pytest

from klayer.augmentation import Augmentation
from klayer.engines import Engine, ReferenceEngine, available_engines, choose_engine
from klayer.engines.native import NativeEngine, is_built
from klayer.frequencies import Frequencies
from klayer.samples import Samples, standardisation
from tests.engines.problems import Problem, assert_close, make_problem

REFERENCE = ReferenceEngine()
SHAPES = [((8, 6, 3), 5), ((9, 17, 1), 4), ((4, 5, 2), 20)]
MOVED = [False, True]


@pytest.fixture(scope="module", params=available_engines())
def engine(request: pytest.FixtureRequest) -> Engine:
    return choose_engine(request.param, threads=3 if request.param == "native" else None)


def problem_of(shape: tuple[int, int, int], radius: int, moved: bool, dtype: type) -> Problem:
    height, width, channels = shape
    low = Frequencies(shape, radius)
    plain = make_problem(low.size, (17, 6), 4, True, 3, batch=21, steps=4, dtype=dtype)
    y = plain.samples.y
    rng = np.random.default_rng(4)
    X = rng.integers(0, 256, (len(y), height * width * channels), np.uint8)
    samples = Samples(X, y, *standardisation(X, np.arange(len(y)), low), frequencies=low)
    moves = Augmentation(shape, flip=True, shift=2, seed=3) if moved else None
    objective = replace(plain.objective, augmentation=moves)
    return replace(plain, samples=samples, objective=objective)


@pytest.mark.parametrize("moved", MOVED)
@pytest.mark.parametrize(("shape", "radius"), SHAPES)
def test_an_engine_agrees_with_the_reference(
    engine: Engine, shape: tuple[int, int, int], radius: int, moved: bool
) -> None:
    problem = problem_of(shape, radius, moved, np.float64)
    true, true_losses = problem.train(REFERENCE)
    found, losses = problem.train(engine)
    assert_close(found, true, problem.state, relative=1e-10, rounding=1e-12)
    np.testing.assert_allclose(losses, true_losses, rtol=1e-10)


@pytest.mark.parametrize(("shape", "radius"), SHAPES)
def test_evaluations_and_logits_read_them_too(
    engine: Engine, shape: tuple[int, int, int], radius: int
) -> None:
    problem = problem_of(shape, radius, False, np.float64)
    state, samples, rows = problem.state, problem.samples, np.arange(len(problem.samples.y))[::-1]
    state = REFERENCE.begin(state, samples, rows)
    begun = engine.begin(problem.state, samples, rows)
    assert_close(begun, state, problem.state, relative=1e-10, rounding=1e-12)
    seen = replace(samples, X=samples.gather(slice(None), np.float64), frequencies=None,
                   mean=np.zeros(samples.mean.size), inverse_std=np.ones(samples.mean.size))  # fmt: skip
    for found, true in zip(
        engine.evaluate(state, samples, rows), REFERENCE.evaluate(state, seen, rows), strict=True
    ):
        np.testing.assert_allclose(found, true, rtol=1e-10)
    logits = engine.logits(state, samples, rows)
    np.testing.assert_allclose(logits, REFERENCE.logits(state, seen, rows), rtol=0, atol=1e-9)


@pytest.mark.skipif(not is_built(), reason="the native engine is not built")
@pytest.mark.parametrize("moved", MOVED)
@pytest.mark.parametrize(("shape", "radius"), SHAPES)
@pytest.mark.usefixtures("sharing")
def test_the_number_of_threads_changes_no_bit(
    shape: tuple[int, int, int], radius: int, moved: bool
) -> None:
    problem = problem_of(shape, radius, moved, np.float32)
    one, losses = problem.train(NativeEngine(1))
    for threads in (2, 4):
        other, others = problem.train(NativeEngine(threads))
        assert (other.theta == one.theta).all()
        assert (others == losses).all()
