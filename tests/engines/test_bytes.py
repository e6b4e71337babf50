"""Bytes are multiplied by whole numbers where the processor can: as exact as float32 all the same."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from klayer.engines import choose_engine
from klayer.engines.native import NativeEngine, instruction_sets, is_built
from klayer.samples import Samples, standardisation
from tests.engines.problems import Problem, assert_same, make_problem

pytestmark = pytest.mark.skipif(not is_built(), reason="the native engine was not built here")

Features = Callable[[np.random.Generator, int], NDArray[np.uint8]]
INPUTS = 1700  # more than is multiplied at once
CODE = instruction_sets() if is_built() else ()


def even(rng: np.random.Generator, n: int) -> NDArray[np.uint8]:
    """Return features of one scale, as pictures have."""
    return rng.integers(0, 256, (n, INPUTS), np.uint8)


def uneven(rng: np.random.Generator, n: int) -> NDArray[np.uint8]:
    """Return features of which some hardly vary: their standardised weights are large."""
    X = even(rng, n)
    X[:, ::3] = rng.random((n, len(X[0, ::3]))) < 0.3
    return X


def distant(rng: np.random.Generator, n: int) -> NDArray[np.uint8]:
    """Return features that lie 14 standard deviations from zero."""
    return rng.integers(200, 256, (n, INPUTS), np.uint8)


def problem_of(X: NDArray[np.uint8], batch_norm: bool = True) -> Problem:
    """Return one update on such features."""
    problem = make_problem(INPUTS, (30, 9), 4, batch_norm, 2, (len(X) - 3) // 2, dtype=np.float32)
    mean, inverse_std = standardisation(X, np.arange(len(X)))
    return replace(problem, samples=replace(problem.samples, X=X, mean=mean,
                                            inverse_std=inverse_std))  # fmt: skip


def exact(problem: Problem) -> Problem:
    """Return the same in float64."""
    state = problem.state
    wide = replace(state, theta=state.theta.astype(np.float64),
                   moving=state.moving.astype(np.float64))  # fmt: skip
    return replace(problem, state=wide)


def as_floats(problem: Problem) -> Problem:
    """Return the same from rows that were standardised before."""
    X = (problem.samples.X - problem.samples.mean) * problem.samples.inverse_std
    nothing, ones = np.zeros(X.shape[1]), np.ones(X.shape[1])
    rows = Samples(X.astype(np.float32), problem.samples.y, nothing, ones)
    return replace(problem, samples=rows)


def largest_error(problem: Problem, true: Problem) -> float:
    """Return how far W_1 lies from the exact one after an update, relative to its change."""
    found, _ = problem.train(NativeEngine(2))
    wanted, _ = true.train(choose_engine("reference", 1))
    change = wanted.parameters.W[0] - true.state.parameters.W[0]
    return float(
        np.abs(found.parameters.W[0] - wanted.parameters.W[0]).max() / np.abs(change).max()
    )


@pytest.mark.parametrize("features", [even, uneven, distant])
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("isa", CODE)
def test_bytes_are_as_exact_as_float32_rows(
    features: Features, batch_norm: bool, isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLAYER_NATIVE_ISA", isa)
    problem = problem_of(features(np.random.default_rng(3), 203), batch_norm)
    true = exact(problem)
    of_floats = largest_error(as_floats(problem), true)
    assert largest_error(problem, true) < 2 * of_floats


@pytest.mark.parametrize("isa", CODE)
def test_logits_of_bytes_are_as_exact_as_of_float32_rows(
    isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLAYER_NATIVE_ISA", isa)
    for features in (even, uneven, distant):
        problem = problem_of(features(np.random.default_rng(4), 203), batch_norm=False)
        rows = np.arange(len(problem.samples.y))
        wanted = choose_engine("reference", 1).logits(
            exact(problem).state, problem.samples, rows)  # fmt: skip
        errors = [
            np.abs(NativeEngine(2).logits(problem.state, samples, rows) - wanted).max()
            for samples in (problem.samples, as_floats(problem).samples)
        ]
        assert errors[0] < 3 * errors[1]


@pytest.mark.parametrize("name", ["native", "reference"])
@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_a_weight_that_is_no_number_is_noticed(name: str, weight: float, batch_norm: bool) -> None:
    engine = choose_engine(name, 2)
    problem = problem_of(even(np.random.default_rng(5), 203), batch_norm)
    problem.state.parameters.W[0][1, 7, INPUTS - 1] = weight
    with np.errstate(all="ignore"):
        found, losses = problem.train(engine)
        figures = engine.evaluate(problem.state, problem.samples, np.arange(50))
    assert np.isfinite(losses[0, 0])
    assert not np.isfinite(losses[0, 1])
    assert np.isfinite(found.parameters.W[0][0]).all()
    assert not np.isfinite(found.parameters.W[0][1]).all()
    assert np.isfinite(figures.cross_entropy[0])
    assert not np.isfinite(figures.cross_entropy[1])


@pytest.mark.parametrize("inputs", [129, 1536, 3072])
@pytest.mark.parametrize("batch", [1, 2, 5, 102])
@pytest.mark.usefixtures("sharing")
def test_threads_change_no_bit(inputs: int, batch: int) -> None:
    problem = make_problem(inputs, (21,), 3, batch > 1, 3, batch, 4, dtype=np.float32)
    true, losses = problem.train(NativeEngine(1))
    for threads in (2, 3, 5):
        found, others = problem.train(NativeEngine(threads))
        assert_same(found, true)
        np.testing.assert_array_equal(others, losses)
