"""Plans: what is refused, and that all of it is said at once."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from klayer.errors import InputError, PlanError
from klayer.training import Plan


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"hidden": (50, 0)}, "`hidden` widths must be positive whole numbers, but got [50, 0]"),
        ({"hidden": (2.5,)}, "`hidden` widths must be positive whole numbers, but got [2.5]"),
        ({"batch_size": 0}, "`batch_size` must be at least 1, but got 0"),
        ({"rate_min": 1.0}, "`rate_min` must be at most `rate_max`, but got rate_min=1.0 and rate_max=0.1"),
        ({"rate_max": float("nan")}, "`rate_max` must be a number, at least 0, but got nan"),
        ({"epsilon": 0.0}, "`epsilon` must be positive, but got 0.0"),
        ({"lam": -1}, "every `lam` must be a number, at least 0, but got [-1]"),
        ({"lam": "x"}, "every `lam` must be a number, at least 0, but got ['x']"),
        ({"sigma": [0]}, "every `sigma` must be positive, or None for He, but got [0]"),
        ({"seed": -1}, "`seed` must be a whole number, at least 0, but got -1"),
        ({"weight_seeds": [-1]}, "every weight seed must be at least 0, but got [-1]"),
        ({"moving_decay": 1.0}, "`moving_decay` must be in [0, 1), but got 1.0"),
        ({"steps": 5, "epochs": 5}, "only one of `cycles`, `steps` and `epochs` may be given, but got steps=5 and epochs=5"),
        ({"cycles": 3, "steps": 5}, "only one of `cycles`, `steps` and `epochs` may be given, but got cycles=3 and steps=5"),
        ({"schedule": "cosin"}, "`schedule` must be one of triangular, triangular2, cosine, one-cycle, constant, waypoints, but got 'cosin'; did you mean 'cosine'?"),
        ({"schedule": "waypoints"}, "`waypoints` and schedule='waypoints' must come together, but got waypoints=None and schedule='waypoints'"),
        ({"waypoints": [(0, 1)]}, "`waypoints` and schedule='waypoints' must come together, but got waypoints=((0, 1),) and schedule='triangular'"),
        ({"schedule": "waypoints", "waypoints": [(0, 2.0)]}, "every waypoint must be a step, at least 0, and a height from 0 to 1, but got (0, 2.0)"),
        ({"schedule": "waypoints", "waypoints": [(0.5, 1)]}, "every waypoint must be a step, at least 0, and a height from 0 to 1, but got (0.5, 1)"),
        ({"schedule": "waypoints", "waypoints": [(10**400, 1)]}, f"every waypoint must be a step, at least 0, and a height from 0 to 1, but got ({10**400}, 1)"),
        ({"schedule": "waypoints", "waypoints": "0:1"}, "`waypoints` must be pairs of a step and a height, but got '0:1'"),
        ({"schedule": "waypoints", "waypoints": []}, "`waypoints` must be pairs of a step and a height, but got ()"),
        ({"schedule": "waypoints", "waypoints": [(9, 1), (5, 0)]}, "the steps of `waypoints` must not decrease, but got [9, 5]"),
        ({"dtype": "float16"}, "`dtype` must be one of float32, float64, but got 'float16'; did you mean 'float64'?"),
        ({"lam": [0, 1], "sigma": [1, 2, 3]}, "lists for the networks of a stack must be equally long, but got lam: 2, sigma: 3"),
        ({"lam": []}, "lists for the networks of a stack must be equally long, but got lam: 0"),
        ({"patience": 0}, "`patience` must be at least 1, but got 0"),
        ({"time_limit": 0}, "`time_limit` must be positive, but got 0"),
        ({"optimizer": "adam"}, "`optimizer` must be one of sgd, momentum, nesterov, adamw, but got 'adam'; did you mean 'adamw'?"),
        ({"momentum": 1.0}, "`momentum` must be in [0, 1), but got 1.0"),
        ({"beta1": -0.1}, "`beta1` must be in [0, 1), but got -0.1"),
        ({"beta2": "x"}, "`beta2` must be in [0, 1), but got x"),
        ({"adam_epsilon": 0}, "`adam_epsilon` must be positive, but got 0"),
        ({"weight_decay": -1, "optimizer": "adamw"}, "`weight_decay` must be a number, at least 0, but got -1"),
        ({"weight_decay": 0.1}, "`weight_decay` must come with optimizer='adamw' (the others have `lam`), but got optimizer='sgd'"),
        ({"momentum": 0.5}, "`momentum` must come with optimizer='momentum' or 'nesterov', but got optimizer='sgd'"),
        ({"beta2": 0.5, "optimizer": "nesterov"}, "`beta2` must come with optimizer='adamw', but got optimizer='nesterov'"),
        ({"clip_norm": 0}, "`clip_norm` must be positive, but got 0"),
        ({"dropout": 1}, "`dropout` must be in [0, 1), but got 1"),
        ({"label_smoothing": 1.5}, "`label_smoothing` must be in [0, 1), but got 1.5"),
        ({"class_weight": "balance"}, "`class_weight` must be 'balanced', or None for all rows alike, but got 'balance'; did you mean 'balanced'?"),
        ({"class_weight": {0: 2}}, "`class_weight` must be 'balanced', or None for all rows alike, but got {0: 2}"),
        ({"flip": 1}, "`flip` must be true or false, but got 1"),
        ({"shift": 0.5}, "`shift` must be a whole number, at least 0, but got 0.5"),
        ({"precise_statistics": -1, "batch_norm": True}, "`precise_statistics` must be a whole number, at least 0, but got -1"),
        ({"precise_statistics": 5}, "`precise_statistics` must come with `batch_norm`, but got batch_norm=False"),
    ],
)  # fmt: skip
def test_a_fault_is_said_as_the_rule_and_then_the_value(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(PlanError) as caught:
        Plan(**settings)
    assert sentence in caught.value.faults


def test_all_faults_are_reported_together() -> None:
    with pytest.raises(PlanError) as caught:
        Plan(hidden=(0,), batch_size=0, rate_min=2.0, lam=-1, dtype="int8")
    assert len(caught.value.faults) == 5
    with pytest.raises(PlanError) as caught:
        Plan(optimizer="x", dropout=2, shift=-1, clip_norm=-1, schedule="y", weight_decay=1)
    assert len(caught.value.faults) == 6


def test_all_unknown_settings_are_reported_with_the_closest_known() -> None:
    with pytest.raises(PlanError) as caught:
        Plan.from_dict({"hiden": [50], "stepsize": 3})
    assert caught.value.faults == [
        "unknown setting `hiden`; did you mean 'hidden'?",
        "unknown setting `stepsize`; did you mean 'step_size'?",
    ]


def test_a_plan_survives_the_way_through_json_types() -> None:
    plan = Plan(hidden=(7, 3), lam=[0.1, 0.2], sigma=[None, 0.5], seed=3, epochs=2)
    assert Plan.from_dict(plan.to_dict()) == plan


def test_numbers_of_numpy_are_numbers() -> None:
    settings: dict[str, Any] = {
        "hidden": np.array([7, 3]), "batch_size": np.int64(10), "batch_norm": np.bool_(True),
        "rate_max": np.float64(0.5), "lam": np.array([0.1, 0.2]), "weight_seeds": range(2),
        "seed": np.int32(3),
    }  # fmt: skip
    plan = Plan(**settings)
    assert plan == Plan(
        hidden=(7, 3), batch_size=10, batch_norm=True, rate_max=0.5, lam=(0.1, 0.2),
        weight_seeds=(0, 1), seed=3,
    )  # fmt: skip
    assert json.loads(json.dumps(plan.to_dict())) == plan.to_dict()


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({}, 1),
        ({"lam": [0, 1]}, 2),
        ({"networks": 8}, 8),
        ({"weight_seeds": [5, 6, 7]}, 3),
        ({"weight_seeds": [0], "networks": 3}, 3),
    ],
)
def test_lists_make_a_stack(settings: dict[str, Any], size: int) -> None:
    plan = Plan(**settings)
    assert plan.stack_size == size
    assert {len(plan.per_network(name)) for name in ("lam", "sigma", "weight_seeds")} == {size}


def test_a_plan_with_more_networks_begins_each_with_its_own_draws() -> None:
    assert replace(Plan(weight_seeds=[4]), networks=3).weight_seeds == (4, 5, 6)
    assert Plan.from_dict({**Plan().to_dict(), "networks": 2}).weight_seeds == (0, 1)
    with pytest.raises(PlanError, match=r"equally long, but got weight_seeds: 3, networks: 5"):
        replace(Plan(networks=3), networks=5)


@pytest.mark.parametrize(
    ("rows", "settings", "count"),
    [
        (100, {"batch_size": 50}, 2),
        (101, {"batch_size": 50}, 3),
        (101, {"batch_size": 50, "drop_last": True}, 2),
        (101, {"batch_size": 50, "batch_norm": True}, 2),
        (102, {"batch_size": 50, "batch_norm": True}, 3),
        (30, {"batch_size": 50}, 1),
    ],
)
def test_the_last_partial_batch_counts_unless_dropped(
    rows: int, settings: dict[str, Any], count: int
) -> None:
    assert Plan(**settings).updates_per_epoch(rows) == count


def test_an_epoch_without_a_batch_is_refused() -> None:
    with pytest.raises(InputError, match="at least one mini-batch, but got 30 training rows"):
        Plan(batch_size=50, drop_last=True).updates_per_epoch(30)


def test_steps_and_epochs_take_the_place_of_cycles() -> None:
    assert Plan(step_size=100, cycles=3).total_steps(1000) == 600
    assert Plan(epochs=3, batch_size=100).total_steps(1000) == 30
    assert Plan(steps=17).total_steps(1000) == 17


@pytest.mark.parametrize(
    ("optimizer", "rate_max", "lam", "weight_decay"),
    [
        ("sgd", 0.1, 0.005, 0.0),
        ("momentum", 0.03, 0.005, 0.0),
        ("nesterov", 0.03, 0.005, 0.0),
        ("adamw", 0.003, 0.0, 0.01),
    ],
)
def test_rates_and_penalties_that_are_left_out_suit_the_update_rule(
    optimizer: str, rate_max: float, lam: float, weight_decay: float
) -> None:
    plan = Plan(optimizer=optimizer)
    assert (plan.rate_max, plan.lam, plan.weight_decay) == (rate_max, (lam,), weight_decay)
    assert Plan.from_dict(plan.to_dict()) == plan
    own = Plan(optimizer=optimizer, rate_max=0.02, lam=[0.1, 0.2])
    assert (own.rate_max, own.lam) == (0.02, (0.1, 0.2))


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 30, 100])
@pytest.mark.parametrize(
    "schedule", ["triangular", "triangular2", "cosine", "one-cycle", "constant"]
)
def test_the_highest_rate_is_the_highest_of_all_updates(schedule: str, steps: int) -> None:
    plan = Plan(schedule=schedule, steps=steps, step_size=20)
    rates = plan.make_schedule(1000)(np.arange(steps))
    assert plan.highest_rate(1000) == rates.max()


@pytest.mark.parametrize("steps", [1, 2, 10, 11, 12, 40])
def test_the_highest_rate_of_waypoints_is_that_of_an_update(steps: int) -> None:
    points = [(0, 0.0), (10, 0.9), (11, 0.5), (11, 1.0), (11, 0.2), (30, 0.4)]
    plan = Plan(schedule="waypoints", waypoints=points, steps=steps)
    assert plan.highest_rate(1000) == plan.make_schedule(1000)(np.arange(steps)).max()
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_an_update_rule_of_another_type_is_said() -> None:
    with pytest.raises(PlanError, match="`optimizer` must be one of"):
        Plan(optimizer=[])  # type: ignore[arg-type]
