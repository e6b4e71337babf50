"""Advice: what is allowed and yet rarely meant is said when a training starts, and nothing else is."""

import warnings
from typing import Any

import pytest

from klayer.data import Data
from klayer.errors import PlanWarning
from klayer.training import Event, Plan, Started, advice, fit

ROWS = 1_000


def said(**settings: Any) -> list[str]:
    return list(advice.advice(Plan(**settings), ROWS))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"steps": 1127},
        {"steps": 10_000},
        {"steps": 10_010, "patience": 900},
        {"epochs": 2, "step_size": 10},
        {"epochs": 2, "schedule": "one-cycle"},
        {"epochs": 2, "schedule": "constant"},
        {"epochs": 2, "schedule": "cosine"},
        {"steps": 1},
        {"epochs": 2, "rate_min": 0.0, "rate_max": 0.0},
        {"epochs": 2, "rate_min": 0.09},
        {"optimizer": "adamw"},
        {"optimizer": "adamw", "rate_max": 0.01},
        {"rate_max": 1.0},
    ],
)
def test_what_may_well_be_meant_is_not_spoken_of(settings: dict[str, Any]) -> None:
    assert said(**{"steps": None, **settings}) == []


@pytest.mark.parametrize("schedule", ["triangular", "triangular2"])
@pytest.mark.parametrize("settings", [{"epochs": 2}, {"steps": 1100}, {"steps": 2}])
def test_a_rate_that_stays_low_is_spoken_of_and_what_is_said_helps(
    settings: dict[str, Any], schedule: str
) -> None:
    settings = {**settings, "schedule": schedule, "step_size": 2250}
    (sentence,) = said(**settings)
    steps = Plan(**settings).total_steps(ROWS)
    assert f"in {steps} updates with step_size=2250 it reaches" in sentence
    assert f"set `step_size` to {steps // 2}, half the updates" in sentence
    assert said(**{**settings, "step_size": steps // 2}) == []
    assert said(**{**settings, "step_size": None}) == []


def test_a_rate_that_is_none_of_adamw_s_is_spoken_of() -> None:
    (sentence,) = said(optimizer="adamw", rate_max=0.1)
    assert sentence.endswith("but got rate_max=0.1; set `rate_max` to 0.003")


def test_a_patience_that_ends_while_the_rate_still_rises_is_spoken_of_and_what_is_said_helps() -> (
    None
):
    (sentence,) = said(patience=20, evaluate_every=2)
    assert "but 20 evaluations are 400 updates with step_size=2250" in sentence
    assert sentence.endswith("set `patience` to 113 or more, or `step_size` to 400 or less")
    assert said(patience=113, evaluate_every=2) == said(patience=20, step_size=200) == []
    assert said(patience=1, schedule="one-cycle") == said(patience=1, schedule="constant") == []


def test_more_epochs_than_any_set_needs_are_spoken_of() -> None:
    (sentence,) = said(steps=20_000)
    assert "but 20,000 updates are 2,000; set `patience`" in sentence


def test_fit_warns_before_it_starts(clusters: Data) -> None:
    heard: list[Event] = []
    plan = Plan(hidden=(3,), steps=3, step_size=2250)
    with pytest.warns(PlanWarning, match=r"set `step_size` to 1, half") as found:
        fit(clusters, plan, engine="reference", consumers=[heard.append])
    assert len(found) == 1
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error", PlanWarning)
        heard.clear()
        with pytest.raises(PlanWarning):
            fit(clusters, plan, engine="reference", consumers=[heard.append])
        assert not any(isinstance(event, Started) for event in heard)
