"""Plans beyond plain SGD: what they ask of an engine, exact resume, recipes, precise statistics."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer.data import Data
from klayer.engines import FEATURES, ReferenceEngine, available_engines
from klayer.engines.native import NativeEngine, is_built
from klayer.errors import InputError
from klayer.training import RECIPES, Plan, engine_note, fit, loop, recipe
from klayer.training.job import Job, needs_of
from tests.training.test_resume import figures, sit

SHORT: dict[str, Any] = {
    "hidden": (8, 5), "batch_size": 16, "epochs": 5, "step_size": 12, "lam": 0.0,
}  # fmt: skip
NOISY: dict[str, Any] = {
    **SHORT,
    "batch_norm": True,
    "optimizer": "adamw",
    "weight_decay": 0.1,
    "rate_max": 0.01,
    "schedule": "one-cycle",
    "dropout": 0.2,
    "label_smoothing": 0.1,
    "class_weight": "balanced",
    "flip": True,
    "shift": 1,
    "clip_norm": 1.0,
    "precise_statistics": 7,
}
PLANS = [
    Plan(**NOISY),
    Plan(**{**NOISY, "optimizer": "nesterov", "weight_decay": 0.0}, networks=3, patience=3),
    Plan(**SHORT, optimizer="momentum", dropout=0.5, dtype="float64"),
]


@pytest.fixture
def pictures(clusters: Data) -> Data:
    return replace(clusters, picture=(2, 3, 1))


@pytest.mark.parametrize("engine", available_engines())
@pytest.mark.parametrize("plan", PLANS)
def test_a_run_stopped_again_and_again_ends_as_an_undisturbed_one(
    pictures: Data, tmp_path: Path, plan: Plan, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sit(pictures, plan, tmp_path / "whole", engine=engine)
    monkeypatch.setattr(loop, "CALL_SECONDS", 0.0)
    monkeypatch.setattr(loop, "FIRST_CALL", 1)
    assert whole.engine == engine
    for stop in range(1, whole.steps, 6):
        sit(pictures, plan, tmp_path / "cut", stop=stop, engine=engine)
    last = sit(pictures, plan, tmp_path / "cut", engine=engine)
    assert last.reason == whole.reason
    assert last.model.to_bytes() == whole.model.to_bytes()
    assert figures(tmp_path / "cut") == figures(tmp_path / "whole")


def test_a_network_s_noise_is_that_of_its_weight_seed(pictures: Data) -> None:
    plan = Plan(**NOISY, weight_seeds=[0, 1, 1])
    stack = fit(pictures, plan, engine="reference").model.state
    alone = fit(pictures, Plan(**NOISY, weight_seeds=[1]), engine="reference").model.state
    np.testing.assert_allclose(stack.network(1).theta, alone.theta, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(stack.network(1).theta, stack.network(2).theta)
    assert (stack.network(0).theta != stack.network(1).theta).any()


def test_a_plan_needs_nothing_beyond_sgd_unless_it_says_so(pictures: Data) -> None:
    assert needs_of(pictures, Plan()) == ()
    assert set(needs_of(pictures, PLANS[0])) == {
        "adamw", "dropout", "label_smoothing", "flip", "shift", "clip_norm",
        "weights",
    }  # fmt: skip
    weighted = replace(pictures, samples=replace(pictures.samples, weights=np.ones(120)))
    assert needs_of(weighted, Plan()) == ("weights",)


@pytest.mark.skipif(not is_built(), reason="the native engine was not built here")
def test_auto_falls_back_to_the_reference_engine_and_says_why(
    clusters: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(**SHORT, clip_norm=1.0)
    assert fit(clusters, plan).engine == "native"
    monkeypatch.setattr(NativeEngine, "features", NativeEngine.features - {"clip_norm"})
    assert fit(clusters, plan).engine == "reference"
    assert engine_note(clusters, plan, "auto").endswith("does not know `clip_norm`")
    assert engine_note(clusters, plan, "reference") == engine_note(clusters, Plan(), "auto") == ""
    with pytest.raises(InputError, match="does not know `clip_norm`"):
        fit(clusters, plan, engine="native")


def test_pictures_cannot_be_moved_where_there_are_none(clusters: Data) -> None:
    with pytest.raises(InputError, match="need rows that are pictures, but clusters has none"):
        fit(clusters, Plan(**SHORT, flip=True))


def test_precise_statistics_are_the_mean_over_mini_batches_of_the_last_weights(
    clusters: Data,
) -> None:
    plan = Plan(**SHORT, batch_norm=True, precise_statistics=3, dtype="float64", dropout=0.3)
    state = fit(clusters, plan, engine="reference").model.state
    job = Job.of(clusters, plan, ReferenceEngine())
    order, offsets = job.batches.between(0, 3)
    W, b = state.parameters.W[0][0], state.parameters.b[0][0]
    means, variances = [], []
    for i in range(3):
        rows = order[offsets[i] : offsets[i + 1]]
        S = W @ clusters.samples.gather(rows, np.float64).T + b
        means.append(S.mean(axis=1, keepdims=True))
        variances.append(S.var(axis=1, keepdims=True))
    first = state.statistics[0]
    np.testing.assert_allclose(first.mean[0], np.mean(means, axis=0), atol=1e-12)
    np.testing.assert_allclose(first.variance[0], np.mean(variances, axis=0), rtol=1e-12)


def test_precise_statistics_change_no_weight_and_count_in_the_last_evaluation(
    clusters: Data,
) -> None:
    plain = {**SHORT, "batch_norm": True, "moving_decay": 0.99}
    without, precise = (
        fit(clusters, Plan(**plain, precise_statistics=count), engine="reference")
        for count in (0, 20)
    )
    np.testing.assert_array_equal(without.model.state.theta, precise.model.state.theta)
    assert without.history.rows[-2] == replace(
        precise.history.rows[-2], seconds=without.history.rows[-2].seconds
    )
    costs = [run.history.rows[-1].training_cross_entropy for run in (without, precise)]
    assert costs[1] < costs[0]  # statistics that are 99 parts old are far behind


def test_early_stopping_s_best_weights_get_statistics_of_their_own(clusters: Data) -> None:
    plan = Plan(**{**SHORT, "epochs": 60}, batch_norm=True, patience=3, precise_statistics=5)
    fitted = fit(clusters, plan, engine="reference")
    assert fitted.reason == "patience"
    job = Job.of(clusters, plan, ReferenceEngine())
    again = job.with_precise_statistics(fitted.model.state)
    np.testing.assert_array_equal(again.moving, fitted.model.state.moving)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_a_plan_and_other_settings_win(name: str) -> None:
    assert Plan(**recipe(name)) == Plan.from_dict({**Plan().to_dict(), **recipe(name)}) != Plan()
    assert Plan(**{**recipe(name), "epochs": 2}).epochs == 2


def test_an_unknown_recipe_is_refused_with_the_closest_known() -> None:
    with pytest.raises(InputError, match="did you mean 'accurate'"):
        recipe("acurate")


def test_features_are_named_as_the_settings_of_a_plan_are() -> None:
    settings = Plan().to_dict()
    rules = {"momentum", "nesterov", "adamw"}
    assert set(FEATURES) - rules - {"weights"} <= set(settings)
