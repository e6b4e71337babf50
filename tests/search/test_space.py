"""What a search draws: the same for the same trial, on the scale that is said, in range."""

import numpy as np
import pytest

from klayer.errors import InputError
from klayer.search.space import Setting, Space, plan_of
from klayer.training import Plan

SPACE = Space((Setting("lam", 1e-5, 1e-1), Setting("batch_size", 10, 200), Setting("cycles", 1, 3)))


def test_a_trial_draws_the_same_values_whatever_was_drawn_before() -> None:
    alone = SPACE.draw(seed=4, phase="coarse", place=7)
    everything = [SPACE.draw(4, "coarse", place) for place in range(10)]
    assert everything[7] == alone
    assert SPACE.draw(5, "coarse", 7) != alone
    assert SPACE.draw(4, "fine", 7) != alone


def test_values_are_spread_over_the_scale_and_in_range() -> None:
    drawn = [SPACE.draw(0, "coarse", place) for place in range(2000)]
    logs = np.log10([values["lam"] for values in drawn])
    assert np.histogram(logs, 4, (-5, -1))[0] == pytest.approx([500] * 4, abs=80)
    cycles = [values["cycles"] for values in drawn]
    assert np.bincount(cycles, minlength=4).tolist()[0] == 0
    assert np.bincount(cycles)[1:] == pytest.approx([667] * 3, abs=90)
    sizes = [values["batch_size"] for values in drawn]
    assert (min(sizes), max(sizes)) == (10, 200)
    assert all(isinstance(size, int) for size in sizes)


def test_the_fine_space_is_what_the_best_span() -> None:
    best = [
        {"lam": 0.002, "batch_size": 50, "cycles": 2},
        {"lam": 0.01, "batch_size": 80, "cycles": 2},
    ]
    lam, size, cycles = SPACE.narrowed(best).settings
    assert (lam.low, lam.high) == (0.002, 0.01)
    assert (size.low, size.high) == (50, 80)
    assert (cycles.low, cycles.high) == (1, 3)


def test_a_single_best_is_widened_within_the_old_range() -> None:
    narrowed = SPACE.narrowed([{"lam": 0.08, "batch_size": 10, "cycles": 3}]).settings
    assert [(own.low, own.high) for own in narrowed] == [(0.04, 0.1), (10, 20), (2, 3)]


def test_values_become_a_plan() -> None:
    plan = plan_of(Plan(hidden=(50, 50), seed=3), {"width": 20, "rate_max": 0.2, "batch_size": 7})
    assert (plan.hidden, plan.rate_max, plan.batch_size, plan.seed) == ((20, 20), 0.2, 7, 3)


def test_every_numeric_setting_of_how_a_plan_learns_can_be_searched() -> None:
    # but what counts from the run's own length, and the seeds
    left_out = {"seed", "networks", "steps", "epochs", "evaluate_every", "patience",
                "time_limit", "precise_statistics"}  # fmt: skip
    defaults = Plan().to_dict()
    numeric = {name for name, value in defaults.items() if type(value) in (int, float)}
    unset = {"lam", "sigma", "clip_norm", "rate_max", "weight_decay", "frequencies"}
    searched = numeric | unset
    for name in searched - left_out:
        drawn = Space((Setting(name, 1, 2),)).draw(0, "coarse", 0)
        assert 1 <= drawn[name] <= 2
    low = Space((Setting("dropout", 0, 0.5), Setting("shift", 0, 3), Setting("frequencies", 4, 6)))
    values = [low.draw(0, "coarse", place) for place in range(50)]
    plans = [plan_of(Plan(flip=True), each) for each in values]
    assert {plan.shift for plan in plans} == {0, 1, 2, 3}
    assert {plan.frequencies for plan in plans} == {4, 5, 6}
    assert all(0 <= plan.dropout <= 0.5 for plan in plans)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("lam", 1.0, 0.1), "a search range must have low below high, but `lam` got 1:0.1"),
        (("lam", 0.0, 0.1), "a range on a log scale must be positive, but `lam` got 0:0.1"),
        (("batchsize", 1, 2), "did you mean 'batch_size'?"),
        (("schedule", 1, 2), "only numeric settings can be searched"),
    ],
)
def test_a_setting_is_checked(arguments: tuple[str, float, float], sentence: str) -> None:
    with pytest.raises(InputError) as error:
        Setting(*arguments)
    assert sentence in str(error.value)
