"""Trainings that read pictures as their frequencies, and leave models that read pixels."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer.data import Data, load_data
from klayer.engines import ReferenceEngine, available_engines
from klayer.errors import InputError, PlanError
from klayer.models import load_model
from klayer.state import initial_state
from klayer.training import Plan, fit
from klayer.training.presentation import on_pixels, presented
from tests.training.test_resume import figures, sit

PLAN = Plan(hidden=(9, 6), batch_norm=True, lam=0.0, steps=40, step_size=20, frequencies=5)


@pytest.fixture(scope="module")
def digits() -> Data:
    return load_data("digits")


@pytest.mark.parametrize("engine", available_engines())
@pytest.mark.parametrize("networks", [1, 3])
def test_the_model_gives_on_pixels_what_was_trained_on_frequencies(
    digits: Data, engine: str, networks: int, tmp_path: Path
) -> None:
    plan = replace(PLAN, dtype="float64", weight_seeds=tuple(range(networks)), shift=1)
    fitted = fit(digits, plan, engine=engine, out=tmp_path / "run")
    assert fitted.model.architecture.inputs == 64
    again = load_model(tmp_path / "run").evaluate(digits, digits.validation, ReferenceEngine())
    for network in range(networks):
        last = [row for row in fitted.history.rows if row.network == network][-1]
        assert last.validation_accuracy == again.accuracy[network]
        np.testing.assert_allclose(
            last.validation_cross_entropy, again.cross_entropy[network], rtol=1e-12
        )


def test_in_float32_the_logits_are_the_same_to_rounding(digits: Data) -> None:
    plan = replace(PLAN, dtype="float32")
    data = presented(digits, plan)
    rng = np.random.default_rng(0)
    fitted = fit(digits, replace(plan, frequencies=None))
    architecture = replace(fitted.model.architecture, inputs=data.inputs)
    state = initial_state(architecture, 2, np.float32)
    state.theta[...] = rng.standard_normal(state.theta.shape)
    state.moving[...] = rng.uniform(0.5, 1.5, state.moving.shape)
    rows = np.arange(50)
    engine = ReferenceEngine()
    expected = engine.logits(state, data.samples, rows)
    found = engine.logits(on_pixels(state, data.samples, digits.samples), digits.samples, rows)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())
    assert on_pixels(state, digits.samples, digits.samples) is state


@pytest.mark.parametrize("engine", available_engines())
def test_a_run_stopped_and_resumed_ends_as_an_undisturbed_one(
    digits: Data, tmp_path: Path, engine: str
) -> None:
    plan = replace(PLAN, flip=True, patience=5, optimizer="adamw", rate_max=0.01)
    whole = sit(digits, plan, tmp_path / "whole", engine=engine)
    for stop in (3, 21):
        sit(digits, plan, tmp_path / "cut", stop=stop, engine=engine)
    last = sit(digits, plan, tmp_path / "cut", engine=engine)
    assert last.model.to_bytes() == whole.model.to_bytes()
    assert figures(tmp_path / "cut") == figures(tmp_path / "whole")


def test_rows_that_are_no_pictures_are_refused(clusters: Data) -> None:
    with pytest.raises(InputError, match=r"`frequencies` need rows that are pictures, but .* none"):
        fit(clusters, PLAN)


@pytest.mark.parametrize("wrong", [0, -3, 2.5, True])
def test_a_radius_that_is_no_count_is_refused(wrong: Any) -> None:
    with pytest.raises(PlanError, match="`frequencies` must be at least 1"):
        Plan(frequencies=wrong)


def test_the_command_takes_a_radius_and_its_model_is_exported(klayer: Any, tmp_path: Path) -> None:
    settings = ["--frequencies", 6, "--hidden", 12, "--epochs", 5, "--step-size", 40]
    assert klayer("train", "digits", *settings, "--out", tmp_path / "run") == 0
    assert klayer.json("evaluate", tmp_path / "run")["accuracy"] > 0.5
    assert klayer("export", tmp_path / "run", tmp_path / "model.onnx") == 0
