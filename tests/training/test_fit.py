"""Training: what `fit` promises of its numbers, its evaluations and its endings."""

import itertools
import os
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from klayer.data import Data
from klayer.engines import choose_engine
from klayer.errors import DivergenceError, InputError
from klayer.training import (
    Advanced,
    Diverged,
    Ended,
    Evaluated,
    Event,
    Fitted,
    Plan,
    Started,
    fit,
    loop,
)
from klayer.training.job import Job

SHORT: dict[str, Any] = {"hidden": (8, 5), "batch_size": 16, "step_size": 15, "cycles": 1}
ENGINE = "reference"


def test_it_learns_what_can_be_learnt(clusters: Data) -> None:
    fitted = fit(clusters, Plan(**{**SHORT, "step_size": 100}), engine=ENGINE)
    assert fitted.history.final("validation_accuracy") > 0.9
    assert fitted.test is not None
    assert fitted.test.accuracy[0] > 0.9


def test_evaluations_come_before_the_first_update_after_each_epoch_and_at_the_end(
    clusters: Data,
) -> None:
    fitted = fit(clusters, Plan(**SHORT), engine=ENGINE)
    # 80 training rows in batches of 16: 5 updates an epoch, 30 in all.
    assert [row.step for row in fitted.history.rows] == [0, 5, 10, 15, 20, 25, 30]
    seldom = fit(clusters, Plan(**SHORT, evaluate_every=4), engine=ENGINE)
    assert [row.step for row in seldom.history.rows] == [0, 20, 30]


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_same_seed_gives_the_same_numbers_and_another_does_not(
    clusters: Data, batch_norm: bool
) -> None:
    def numbers(seed: int) -> bytes:
        plan = Plan(**SHORT, batch_norm=batch_norm, seed=seed)
        return fit(clusters, plan, engine=ENGINE).model.to_bytes()

    assert numbers(1) == numbers(1)
    assert numbers(1) != numbers(2)


def test_how_the_run_is_cut_into_calls_changes_no_bit(
    clusters: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(**SHORT, batch_norm=True)
    whole = fit(clusters, plan, engine=ENGINE).model.to_bytes()
    monkeypatch.setattr(loop, "CALL_SECONDS", 0.0)
    monkeypatch.setattr(loop, "FIRST_CALL", 1)
    assert fit(clusters, plan, engine=ENGINE).model.to_bytes() == whole


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_stack_gives_each_network_what_training_it_alone_gives(
    clusters: Data, batch_norm: bool
) -> None:
    lams, sigmas, seeds = [0.0, 0.01, 0.1], [None, 0.1, 0.3], [0, 1, 0]
    common = {**SHORT, "batch_norm": batch_norm, "dtype": "float64"}
    stack = fit(clusters, Plan(**common, lam=lams, sigma=sigmas, weight_seeds=seeds), engine=ENGINE)
    for p, (lam, sigma, seed) in enumerate(zip(lams, sigmas, seeds, strict=True)):
        alone = fit(
            clusters, Plan(**common, lam=lam, sigma=sigma, weight_seeds=[seed]), engine=ENGINE
        )
        one = stack.model.state.network(p)
        assert one.theta == pytest.approx(alone.model.state.theta, rel=1e-9, abs=1e-12)
        assert one.moving == pytest.approx(alone.model.state.moving, rel=1e-9, abs=1e-12)


def test_moving_statistics_begin_as_those_of_the_first_batch(clusters: Data) -> None:
    seen: list[Started] = []

    def listen(event: Event) -> None:
        if isinstance(event, Started):
            seen.append(event)

    plan = Plan(**SHORT, batch_norm=True, dtype="float64")
    fit(clusters, plan, engine=ENGINE, consumers=[listen])
    state = seen[0].state
    first, _ = Job.of(clusters, plan, choose_engine(ENGINE)).batches.between(0, 1)
    H = clusters.samples.gather(first, np.float64).T
    S = state.parameters.W[0][0] @ H + state.parameters.b[0][0]
    assert state.statistics[0].mean[0, :, 0] == pytest.approx(S.mean(axis=1))
    assert state.statistics[0].variance[0, :, 0] == pytest.approx(S.var(axis=1))


def test_moving_statistics_follow_the_batches_with_decay_alpha(clusters: Data) -> None:
    plan = Plan(**{**SHORT, "hidden": (4,), "rate_min": 0.0, "rate_max": 0.0, "schedule": "constant",
                "step_size": 1, "cycles": 1}, batch_norm=True, dtype="float64", moving_decay=0.75)  # fmt: skip
    fitted = fit(clusters, plan, engine=ENGINE)
    order, offsets = Job.of(clusters, plan, choose_engine(ENGINE)).batches.between(0, 2)
    W = fitted.model.state.parameters.W[0][0]
    means = [
        (W @ clusters.samples.gather(order[a:b], np.float64).T).mean(axis=1)
        for a, b in itertools.pairwise(offsets)
    ]
    expected = 0.75 * means[0] + 0.25 * means[1]
    assert fitted.model.state.statistics[0].mean[0, :, 0] == pytest.approx(expected)


def test_patience_stops_and_keeps_the_best_weights(clusters: Data) -> None:
    plan = Plan(
        **{**SHORT, "step_size": 200},
        schedule="constant",
        rate_max=0.03,
        patience=3,
        lam=[0.0, 0.5],
    )
    fitted = fit(clusters, plan, engine=ENGINE)
    assert fitted.reason == "patience"
    assert fitted.steps < 400
    for network in range(2):
        found = fitted.model.evaluate(clusters, clusters.validation, choose_engine(ENGINE))
        best = fitted.history.best("validation_accuracy", network)
        assert found.accuracy[network] == pytest.approx(best)
        accuracies = [row.validation_accuracy for row in fitted.history.of(network)]
        assert len(accuracies) - 1 - int(np.argmax(accuracies)) == 3


def test_what_is_left_is_said_in_one_line(clusters: Data) -> None:
    fitted = fit(clusters, Plan(**SHORT, networks=2), engine="reference")
    said = repr(fitted)
    assert fitted.test is not None
    assert said.startswith(f"Fitted({fitted.model!r}: finished after {fitted.steps} steps in ")
    assert f"accuracy test {fitted.test.accuracy[fitted.model.best]:.4f}, best validation " in said
    for each in (fitted, fitted.model, fitted.model.state, fitted.history, clusters):
        assert "\n" not in repr(each)
        assert "array" not in repr(each)


@pytest.mark.parametrize("arguments", [("digits",), ({"X": []}, Plan(**SHORT))])
def test_what_is_not_data_or_a_plan_is_said(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InputError, match="`data` must be what load_data returns"):
        fit(*arguments)


def test_patience_without_a_validation_set_is_refused(data_of: Callable[..., Data]) -> None:
    with pytest.raises(InputError, match="`patience` needs a validation set"):
        fit(data_of(validation=0), Plan(**SHORT, patience=3), engine=ENGINE)


def test_without_a_validation_set_it_trains_and_says_nan(data_of: Callable[..., Data]) -> None:
    fitted = fit(data_of(validation=0), Plan(**SHORT), engine=ENGINE)
    assert np.isnan(fitted.history.final("validation_cost"))
    assert fitted.test is None


def test_a_time_limit_stops_with_a_last_evaluation(clusters: Data) -> None:
    plan = Plan(**{**SHORT, "step_size": 10**8}, time_limit=0.3)
    fitted = fit(clusters, plan, engine=ENGINE)
    assert fitted.reason == "time limit"
    assert fitted.history.rows[-1].step == fitted.steps


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")]
)
def test_an_interrupt_keeps_what_was_reached(clusters: Data, number: int, reason: str) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Advanced) and event.state.steps >= 10:
            os.kill(os.getpid(), number)

    fitted = fit(clusters, Plan(**SHORT), engine=ENGINE, consumers=[interrupt])
    assert fitted.reason == reason
    assert fitted.steps == 10
    assert [row.step for row in fitted.history.rows] == [0, 5, 10]


@pytest.mark.parametrize("event", [Started, Advanced])
def test_a_consumer_stops_all_networks_or_some(clusters: Data, event: type) -> None:
    def stop(answer: object) -> Fitted:
        heard = iter([answer])
        listener = lambda told: next(heard, None) if isinstance(told, event) else None  # noqa: E731
        plan = Plan(**{**SHORT, "lam": [0.0, 0.1], "patience": 50})
        return fit(clusters, plan, engine=ENGINE, consumers=[listener])

    for answer in (True, np.array([True, True])):
        found = stop(answer)
        assert found.reason == "consumer"
        assert found.history.rows[-1].step == found.steps
    one = stop(np.array([True, False]))
    assert one.reason == "finished"
    assert one.history.of(0)[-1].step < one.history.of(1)[-1].step == one.steps
    for wrong in ("yes", 1, np.array([True])):
        with pytest.raises(InputError, match=r"True or False, or a mask of shape \(2,\), but got"):
            stop(wrong)


WILD: dict[str, Any] = {"schedule": "constant", "rate_max": 1e30}


def test_divergence_names_step_and_rate(clusters: Data) -> None:
    with pytest.raises(DivergenceError, match="diverged at step") as caught:
        fit(clusters, Plan(**SHORT, **WILD), engine=ENGINE)
    assert caught.value.rate == 1e30
    assert 0 < caught.value.step < 10


def test_in_a_stack_only_the_network_that_diverged_stops(clusters: Data) -> None:
    heard: list[Event] = []
    common = {**SHORT, "rate_max": 0.1}
    both = fit(clusters, Plan(**common, lam=[0.01, 1e30]), engine=ENGINE, consumers=[heard.append])
    alone = fit(clusters, Plan(**common, lam=0.01), engine=ENGINE)
    assert [event.network for event in heard if isinstance(event, Diverged)] == [1]
    assert both.reason == "finished"
    assert both.model.state.network(0).theta == pytest.approx(alone.model.state.theta, rel=1e-4)
    assert np.isfinite(both.model.state.theta).all()


def test_events_come_in_order(clusters: Data) -> None:
    heard: list[Event] = []
    fit(clusters, Plan(**SHORT), engine=ENGINE, consumers=[heard.append])
    assert isinstance(heard[0], Started)
    assert isinstance(heard[1], Evaluated)
    assert isinstance(heard[-1], Ended)
    steps = [event.state.steps for event in heard]
    assert steps == sorted(steps)
