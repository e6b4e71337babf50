"""Arrays that do not belong together are refused by every engine alike, before it computes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from klayer.architecture import Architecture
from klayer.augmentation import Augmentation
from klayer.engines import Engine, available_engines, choose_engine
from klayer.errors import InputError
from klayer.frequencies import Frequencies
from klayer.samples import Samples
from tests.engines.problems import Problem, make_problem, with_features

Change = Callable[[Problem], Problem]


@pytest.fixture(scope="module", params=available_engines())
def engine(request: pytest.FixtureRequest) -> Engine:
    return choose_engine(request.param)


def of_inputs(inputs: int) -> Change:
    """Return a change to networks of other inputs."""
    return lambda problem: replace(problem, state=make_problem(inputs).state)


def samples(**arrays: Any) -> Change:
    return lambda problem: replace(problem, samples=replace(problem.samples, **arrays))


def state(**arrays: Any) -> Change:
    return lambda problem: replace(problem, state=replace(problem.state, **arrays))


def reading(shape: tuple[int, int, int]) -> Change:
    """Return a change to networks that read 8 frequencies of such pictures."""
    low = Frequencies(shape, 3)
    network = make_problem(low.size).state
    rows = {"mean": np.zeros(low.size), "inverse_std": np.ones(low.size), "frequencies": low}
    return lambda problem: replace(samples(**rows)(problem), state=network)


READ = [
    (of_inputs(22), "samples must have the network's 22 features, but got 23"),
    (of_inputs(3072), "samples must have the network's 3,072 features, but got 23"),
    (samples(y=np.zeros(5, np.int64)), r"`y` of samples must have shape \(23,\), but got \(5,\)"),
    (samples(mean=np.zeros(22)), r"`mean` of samples must have shape \(23,\), but got \(22,\)"),
    (samples(inverse_std=np.zeros(1)), "`inverse_std` of samples must have shape"),
    (samples(weights=np.ones(22)), r"`weights` of samples must have shape \(23,\), but got \(22,\)"),
    (samples(y=np.full(23, 3)), "classes must be in 0 … 2, but got 3"),
    (samples(y=np.full(23, -1)), "classes must be in 0 … 2, but got -1"),
    (reading((4, 6, 1)), r"must be pictures of bytes, \(4, 6, 1\), where frequencies are read"),
    (state(theta=np.zeros(467)), r"`theta` of 1 networks must have shape"),
    (state(moving=np.zeros(1)), "`moving` of 2 networks must have shape"),
    (state(active=np.ones(1, bool)), r"`active` of 2 networks must have shape \(2,\), but got \(1,\)"),
    (state(slots={"v": np.zeros(3)}), r"`slots\['v'\]` of 2 networks must have shape"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), READ)
def test_what_cannot_be_read_is_refused(engine: Engine, change: Change, sentence: str) -> None:
    wrong = change(make_problem())
    rows = np.arange(3)
    with pytest.raises(InputError, match=sentence):
        wrong.train(engine)
    for use in (engine.begin, engine.evaluate, engine.logits):
        with pytest.raises(InputError, match=sentence):
            use(wrong.state, wrong.samples, rows)


@pytest.mark.parametrize("row", [-1, 23])
def test_rows_outside_the_samples_are_refused(engine: Engine, row: int) -> None:
    problem = make_problem()
    for use in (engine.begin, engine.evaluate, engine.logits):
        with pytest.raises(InputError, match=f"row indices must be in 0 … 22, but got {row}"):
            use(problem.state, problem.samples, np.array([0, row]))
    problem.order[3] = row
    with pytest.raises(InputError, match=f"row indices must be in 0 … 22, but got {row}"):
        problem.train(engine)


@pytest.mark.parametrize(
    ("offsets", "sentence"),
    [
        ([0, 5], "2 updates must have 3 offsets, but got 2"),
        ([0, 5, 5], "every mini-batch must have rows, but that of update 1 has none"),
        ([3, 2, 5], "that of update 0 has none"),
        ([0, 5, 17], "offsets must be in 0 … 16, but got 17"),
        ([-1, 5, 16], "offsets must be in 0 … 16, but got -1"),
    ],
)
def test_mini_batches_must_be_parts_of_the_order(
    engine: Engine, offsets: list[int], sentence: str
) -> None:
    problem = make_problem(steps=2)
    with pytest.raises(InputError, match=sentence):
        engine.train(
            problem.state, problem.samples, problem.order[:16], np.array(offsets), problem.rates,
            problem.objective, problem.update,
        )  # fmt: skip


def test_what_an_update_needs_of_each_network_is_asked_for(engine: Engine) -> None:
    problem = with_features(make_problem(), "dropout", "adamw")
    few = replace(problem.objective, dropout_seeds=np.zeros(1, np.uint32))
    with pytest.raises(InputError, match="a seed for each of 2 networks, but got 1"):
        replace(problem, objective=few).train(engine)
    with pytest.raises(InputError, match=r"the stack must remember '.*' for adamw, but does not"):
        replace(problem, state=replace(problem.state, slots={})).train(engine)
    moved = replace(problem.objective, augmentation=Augmentation((3, 4, 2), True, 0, seed=5))
    with pytest.raises(InputError, match=r"must be \(3, 4, 2\), but rows have 23 numbers"):
        replace(problem, objective=moved).train(engine)


def test_what_belongs_together_is_not_refused(engine: Engine) -> None:
    low = Frequencies((4, 6, 1), 3)
    X = np.random.default_rng(0).integers(0, 256, (9, 24), np.uint8)
    rows = Samples(X, np.zeros(9, np.int64), np.zeros(low.size), np.ones(low.size), frequencies=low)
    plain = make_problem(low.size).state
    assert plain.architecture == Architecture(low.size, (7, 5), 3, True, epsilon=1e-5)
    assert engine.logits(plain, rows, np.arange(9)).shape == (2, 9, 3)
