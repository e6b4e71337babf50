"""Classes that count the same: the weights by hand, what they do, and runs from before there were any."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from klayer.data import Data
from klayer.engines import available_engines
from klayer.errors import InputError
from klayer.training import Plan, fit
from klayer.training.class_weights import balanced_weights
from klayer.training.job import needs_of
from klayer.training.presentation import presented
from tests.conftest import Program, make_data
from tests.training.test_resume import figures, sit

PLAN = Plan(hidden=(8, 5), batch_size=16, step_size=15, cycles=1, class_weight="balanced")


@pytest.fixture
def unequal() -> Data:
    """Three classes: of 80 training rows 70, 10 and none; the other sets have all three."""
    data = make_data()
    y = np.zeros(120, np.int64)
    y[data.training[:10]] = 1
    y[data.validation[:4]], y[data.test[:4]] = 2, 1
    return replace(data, samples=replace(data.samples, y=y))


def test_a_row_counts_as_the_formula_says(unequal: Data) -> None:
    weights, training = balanced_weights(unequal), unequal.training
    assert weights[training[0]] == 80 / (2 * 10)
    assert weights[training[-1]] == 80 / (2 * 70)
    assert weights[training].mean() == pytest.approx(1, rel=1e-15)
    y = unequal.samples.y[training]
    np.testing.assert_allclose(weights[training], compute_sample_weight("balanced", y), rtol=1e-15)
    assert np.isfinite(weights).all()


def test_weights_that_rows_have_already_are_multiplied(unequal: Data) -> None:
    own = np.random.default_rng(0).uniform(0, 3, 120)
    weighted = replace(unequal, samples=replace(unequal.samples, weights=own))
    found, alone, training = balanced_weights(weighted), balanced_weights(unequal), unequal.training
    assert found[training].mean() == pytest.approx(1)
    ratio = found / (own * alone)
    np.testing.assert_allclose(ratio, ratio[0])
    assert np.array_equal(own, np.random.default_rng(0).uniform(0, 3, 120))


@pytest.mark.parametrize("engine", available_engines())
def test_a_plan_trains_as_the_same_weights_of_rows_do(unequal: Data, engine: str) -> None:
    weights = balanced_weights(unequal)
    by_hand = replace(unequal, samples=replace(unequal.samples, weights=weights))
    found = fit(unequal, PLAN, engine=engine)
    expected = fit(by_hand, replace(PLAN, class_weight=None), engine=engine)
    plain = fit(unequal, replace(PLAN, class_weight=None), engine=engine)
    assert found.model.to_bytes() == expected.model.to_bytes() != plain.model.to_bytes()


def test_evaluations_stay_unweighted(unequal: Data) -> None:
    fitted = fit(unequal, replace(PLAN, dtype="float64", lam=0.0), engine="reference")
    rows = unequal.training
    log_P = fitted.model.decision_function(unequal.samples.X[rows])
    own = -log_P[np.arange(len(rows)), unequal.samples.y[rows]]
    assert fitted.history.final("training_cross_entropy", 0) == pytest.approx(own.mean())
    assert abs(own.mean() - (balanced_weights(unequal)[rows] * own).mean()) > 1e-4


def test_a_rare_class_is_found_that_a_plain_training_passes_over() -> None:
    draws = np.random.default_rng(0)
    data = make_data(n=600, inputs=2, classes=2, validation=100)
    y = (draws.random(600) < 0.1).astype(np.int64)
    X = draws.standard_normal((600, 2)) + y[:, None]
    data = replace(data, samples=replace(data.samples, X=X, y=y))
    rare = data.validation[y[data.validation] == 1]
    recall = {}
    for name in (None, "balanced"):
        model = fit(data, replace(PLAN, hidden=(), class_weight=name), engine="reference").model
        recall[name] = float((model.predict_proba(X[rare]).argmax(axis=1) == 1).mean())
    assert recall["balanced"] > 0.6 > 0.4 > recall[None]


def test_weights_are_asked_of_the_engine_and_lie_beside_frequencies(unequal: Data) -> None:
    assert needs_of(unequal, PLAN) == ("weights",)
    pixels = (unequal.samples.X * 9 + 99).astype(np.uint8)
    pictures = replace(
        unequal, picture=(2, 3, 1), samples=replace(unequal.samples, X=np.ascontiguousarray(pixels))
    )
    samples = presented(pictures, replace(PLAN, frequencies=2)).samples
    assert samples.frequencies is not None
    assert samples.weights is not None
    assert np.array_equal(samples.weights, balanced_weights(unequal))


def test_a_run_from_before_the_setting_is_resumed(
    unequal: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, now = replace(PLAN, class_weight=None), Plan.to_dict

    def before(plan: Plan) -> dict[str, Any]:
        return {name: value for name, value in now(plan).items() if name != "class_weight"}

    whole = sit(unequal, plain, tmp_path / "whole")
    with monkeypatch.context() as earlier:
        earlier.setattr(Plan, "to_dict", before)
        sit(unequal, plain, tmp_path / "cut", stop=11)
    assert "class_weight" not in (tmp_path / "cut" / "plan.json").read_text()
    with pytest.raises(InputError, match=r'plan\.class_weight was nothing and is "balanced"'):
        sit(unequal, PLAN, tmp_path / "cut")
    last = sit(unequal, plain, tmp_path / "cut")
    assert last.before > 0
    assert last.model.to_bytes() == whole.model.to_bytes()
    assert figures(tmp_path / "cut") == figures(tmp_path / "whole")


def test_the_command_takes_it_and_its_report_says_it(klayer: Program, tmp_path: Path) -> None:
    run = tmp_path / "run"
    short = ["--hidden", 8, "--epochs", 2, "--step-size", 12]
    assert klayer("train", "digits", *short, "--class-weight", "balanced", "--out", run) == 0
    assert json.loads((run / "plan.json").read_text())["plan"]["class_weight"] == "balanced"
    assert klayer("report", run) == 0
    assert "<td>class_weight</td>" in (run / "report.html").read_text()
    assert klayer("train", "digits", "--class-weight", "x", "--out", tmp_path / "x") == 2
    assert "`class_weight` must be 'balanced'" in klayer.error
