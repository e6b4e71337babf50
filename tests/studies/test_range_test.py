"""The range test: curves made by hand, where it stops, that it leaves nothing behind."""

import numpy as np
import pytest

from klayer.data import Data
from klayer.engines import choose_engine
from klayer.errors import InputError
from klayer.studies import Sets
from klayer.studies.lr_range import Suggestion, answer_of, lr_range
from klayer.studies.range_test import STOP_FACTOR, Range, RangeTest, range_test, smooth, suggest
from klayer.training import Plan

RATES = np.logspace(-5, 1, 61)


def test_rates_are_read_from_a_curve_made_by_hand() -> None:
    # The cost is 2 up to 1e-3, falls linearly in the logarithm to 1 at 1e-1, and rises to 3.
    costs = np.interp(np.log10(RATES), [-5, -3, -1, 1], [2, 2, 1, 3])
    rate_min, rate_max = suggest(RATES, costs)
    assert rate_min == pytest.approx(10**-2.8)
    assert rate_max == pytest.approx(0.1 / 2)


def test_one_unlucky_first_batch_does_not_move_rate_min() -> None:
    costs = np.interp(np.log10(RATES), [-5, -3, -1, 1], [2, 2, 1, 3])
    for unlucky in (2.4, 1.5):
        costs[0] = unlucky
        assert suggest(RATES, costs)[0] == pytest.approx(10**-2.8)


def test_a_cost_that_never_falls_is_said() -> None:
    with pytest.raises(InputError, match="must hold rates at which the cost falls"):
        suggest(RATES, np.linspace(2, 3, 61))


def test_a_cost_that_still_falls_at_the_end_is_said() -> None:
    with pytest.raises(InputError, match="but it still falls at 10; use a higher `high`"):
        suggest(RATES, np.linspace(3, 2, 61))


def test_a_fall_within_the_scatter_of_the_batches_is_none(clusters: Data) -> None:
    costs = np.concatenate([np.full(30, 2.0), np.full(20, 1.9), np.full(11, 3.0)])
    assert suggest(RATES, costs, scatter=0.01)
    with pytest.raises(InputError, match="at which the cost falls"):
        suggest(RATES, costs, scatter=0.1)
    with pytest.raises(InputError, match="a range must hold rates at which the cost"):
        range_test(clusters, Plan(hidden=(8,)), Range(1e-8, 1e-6, 100), choose_engine("reference"))


def test_the_running_mean_of_a_constant_is_the_constant() -> None:
    assert smooth(np.full(50, 2.5)) == pytest.approx(2.5)


@pytest.mark.parametrize("growth", ["exponential", "linear"])
def test_rates_grow_from_low_to_high(growth: str) -> None:
    rates = Range(1e-4, 1.0, 101, growth).schedule()(np.arange(101))
    assert rates[[0, -1]] == pytest.approx([1e-4, 1.0])
    steps = np.diff(np.log(rates)) if growth == "exponential" else np.diff(rates)
    assert steps == pytest.approx(steps[0])


def test_the_test_stops_where_the_cost_passes_four_times_its_best(clusters: Data) -> None:
    engine = choose_engine("reference")
    found = range_test(clusters, Plan(hidden=(8,)), Range(1e-4, 1e6, 200), engine)
    assert len(found.costs) < 200
    assert found.costs[-1] > STOP_FACTOR * found.costs.min()
    assert (found.costs[:-1] <= STOP_FACTOR * np.minimum.accumulate(found.costs[:-1])).all()
    assert found.rate_min < found.rate_max


def test_every_seed_is_a_test_of_its_own_and_the_same_seeds_give_the_same() -> None:
    def run() -> list[list[float]]:
        found = lr_range(
            Sets(source="digits"), Plan(hidden=(8,)), Range(updates=60), 2, "reference"
        )
        return [test.costs.tolist() for test in found.tests]

    first = run()
    assert first[0] != first[1]
    assert run() == first


def test_one_seed_has_no_range() -> None:
    test = RangeTest(RATES, np.linspace(2, 1, 61), rate_min=0.01, rate_max=0.5)
    one, two = (answer_of(Suggestion((test,) * n), Range()).sentence for n in (1, 2))
    assert one == "rate_min = 0.01 and rate_max = 0.5 are suggested, by one seed."
    assert two.startswith("rate_min = 0.01 (0.01 to 0.01) and rate_max = 0.5 (0.5 to 0.5)")
    assert two.endswith("geometric mean and range over 2 seeds.")


def test_nothing_is_left_behind(clusters: Data) -> None:
    before = clusters.samples.X.copy(), clusters.training.copy()
    range_test(clusters, Plan(hidden=(8,)), Range(1e-4, 1e6, 200), choose_engine("reference"))
    assert (before[0] == clusters.samples.X).all()
    assert (clusters.training == before[1]).all()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"low": 1.0, "high": 0.1}, "`low` must be positive and below `high`, but got low=1.0 and high=0.1"),
        ({"low": 0.0}, "`low` must be positive"),
        ({"updates": 5}, "`updates` must be at least 20, but got 5"),
        ({"growth": "exponental"}, "did you mean 'exponential'?"),
    ],
)  # fmt: skip
def test_a_range_is_checked(arguments: dict[str, float], sentence: str) -> None:
    with pytest.raises(InputError) as error:
        Range(**arguments)  # type: ignore[arg-type]
    assert sentence in str(error.value)


def test_a_stack_is_refused(clusters: Data) -> None:
    with pytest.raises(InputError, match="takes one network, but got 2"):
        range_test(clusters, Plan(networks=2), Range(), choose_engine("reference"))
