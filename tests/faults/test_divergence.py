"""Numbers that overflow: said with step, network, layer and rate; others go on to the same bits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer import DivergenceError, Plan, fit, load_data
from klayer.architecture import Architecture
from klayer.data import Data
from klayer.engines import available_engines, choose_engine
from klayer.state import State, initial_state
from klayer.training import Diverged, Evaluated, Event
from tests.engines.problems import make_problem
from tests.faults.runs import write_rows

SHORT: dict[str, Any] = {"hidden": (8, 5), "batch_size": 20, "schedule": "constant", "steps": 60}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return load_data(write_rows(tmp_path_factory.mktemp("rows") / "rows.npz"))


@pytest.fixture(params=available_engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_stop_names_step_network_layer_and_rate_and_keeps_what_was_before(
    data: Data, engine: str, tmp_path: Path
) -> None:
    with pytest.raises(DivergenceError) as caught:
        fit(data, Plan(**SHORT, rate_max=1e30), engine=engine, out=tmp_path / "run")
    error = caught.value
    assert (error.network, error.rate) == (0, 1e30)
    assert 1 <= error.step <= 3
    assert error.layer in (1, 2)
    assert f"at step {error.step} in layer {error.layer} with learning rate 1e+30" in str(error)
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_layer_that_overflowed_is_found(
    data: Data, engine: str, layer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begin with one weight of that layer near the end of float32."""
    from klayer.training.job import Job

    begin = Job.begin

    def planted(job: Job) -> State:
        state = begin(job)
        state.parameters.W[layer - 1][...] = 3e38
        return state

    monkeypatch.setattr(Job, "begin", planted)
    with pytest.raises(DivergenceError, match=f"network 0 diverged at step 0 in layer {layer} "):
        fit(data, Plan(**SHORT, rate_max=0.1), engine=engine)


def test_in_a_stack_the_others_go_on_to_the_same_bits(data: Data) -> None:
    if "native" not in available_engines():
        pytest.skip("needs the native engine")
    heard: list[Event] = []
    common = {**SHORT, "rate_max": 0.05, "batch_norm": True}
    stack = fit(
        data, Plan(**common, lam=[0.01, 1e30, 0.02]), engine="native", consumers=[heard.append]
    )
    (diverged,) = [event for event in heard if isinstance(event, Diverged)]
    assert diverged.network == 1
    assert 1 <= diverged.layer <= 3
    for position, lam in ((0, 0.01), (2, 0.02)):
        alone = fit(data, Plan(**common, lam=lam), engine="native").model.state
        one = stack.model.state.network(position)
        assert one.theta.tobytes() == alone.theta.tobytes()
        assert one.moving.tobytes() == alone.moving.tobytes()


def test_numbers_that_overflow_behind_a_finite_cost_are_noticed_within_an_epoch(
    data: Data, engine: str
) -> None:
    """Inputs of 1e25 after standardisation make variances of 1e50, which no cost shows."""
    heard: list[Event] = []
    with pytest.raises(DivergenceError) as caught:
        fit(
            data,
            Plan(**{**SHORT, "steps": 400}, batch_norm=True, evaluate_every=5, sigma=1e25, rate_max=0.0, rate_min=0.0),
            engine=engine,
            consumers=[heard.append],
        )  # fmt: skip
    assert caught.value.step <= len(data.training) / 20 * 2
    assert caught.value.layer == 1


def test_a_stack_keeps_what_ended_in_peace_when_the_last_one_diverges(
    data: Data, engine: str
) -> None:
    class Stop:
        """Stops network 0 at its first evaluation after the start."""

        def __call__(self, event: Event) -> Any:
            if isinstance(event, Evaluated) and event.state.steps:
                return np.array([True, False])
            return None

    plan = Plan(**{**SHORT, "steps": 2000}, lam=[0.01, 30.0], rate_max=0.035)
    found = fit(data, plan, engine=engine, consumers=[Stop()])
    assert found.reason in ("consumer", "finished")
    assert np.isfinite(found.model.state.theta).all()


@pytest.mark.parametrize("scale", [1.0, 1e10, 1e30])
def test_float32_costs_do_not_overflow_for_logits_up_to_1e30(engine: str, scale: float) -> None:
    problem = make_problem(4, (), 3, False, 1, 40, 1, np.float32, np.float32)
    architecture = Architecture(4, (), 3)
    state = initial_state(architecture, 1, np.float32)
    state.parameters.b[0][0, :, 0] = np.array([-1, 0.5, 1]) * scale
    chosen = choose_engine(engine, 1)
    rows = np.arange(len(problem.samples.y))
    evaluated = chosen.evaluate(state, problem.samples, rows)
    _, losses = chosen.train(
        state, problem.samples, problem.order, problem.offsets, np.full((1, 1), 1e-3),
        problem.objective, problem_update(),
    )  # fmt: skip
    logits = np.array([-1, 0.5, 1]) * scale
    exact = np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits
    assert evaluated.cross_entropy[0] == pytest.approx(exact[problem.samples.y].mean(), rel=1e-5)
    assert losses[0, 0] == pytest.approx(exact[problem.samples.y[problem.order]].mean(), rel=1e-5)


def problem_update() -> Any:
    from klayer.updates import SGD

    return SGD()
