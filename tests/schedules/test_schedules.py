"""Schedules: what a rate is at the points that define it."""

import numpy as np
import pytest

from klayer.schedules import (
    Schedule,
    constant,
    cosine,
    one_cycle,
    triangular,
    triangular2,
    waypoints,
)

LOW, HIGH, HALF = 1e-5, 1e-1, 2250
ALL = [
    triangular(LOW, HIGH, HALF),
    triangular2(LOW, HIGH, HALF),
    cosine(LOW, HIGH, HALF),
    one_cycle(LOW, HIGH, 2 * HALF),
    constant(HIGH),
    waypoints(LOW, HIGH, [(0, 0.0), (HALF, 1.0), (HALF, 0.5), (2 * HALF, 0.0)]),
]


def test_triangular_touches_its_limits_and_repeats() -> None:
    rate = triangular(LOW, HIGH, HALF)
    assert rate([0, HALF, 2 * HALF, 3 * HALF]) == pytest.approx([LOW, HIGH, LOW, HIGH])
    assert float(rate(HALF // 2)) == pytest.approx((LOW + HIGH) / 2)
    steps = np.arange(2 * HALF)
    assert np.array_equal(rate(steps), rate(steps + 2 * HALF))


def test_waypoints_are_joined_by_lines_and_two_of_one_step_are_a_jump() -> None:
    rate = waypoints(1.0, 3.0, [(10, 0.0), (20, 1.0), (30, 1.0), (30, 0.5)])
    assert rate([0, 10, 15, 20, 29, 30, 99]).tolist() == [1.0, 1.0, 2.0, 3.0, 3.0, 2.0, 2.0]


def test_one_waypoint_is_a_constant_rate() -> None:
    assert waypoints(0.0, 0.2, [(5, 0.5)])([0, 5, 9]).tolist() == [0.1] * 3


def test_triangular2_halves_its_amplitude_each_cycle() -> None:
    peaks = triangular2(LOW, HIGH, HALF)(HALF + 2 * HALF * np.arange(3)) - LOW
    assert peaks == pytest.approx((HIGH - LOW) * np.array([1, 1 / 2, 1 / 4]))


def test_cosine_falls_from_high_to_low_and_begins_again() -> None:
    rate = cosine(LOW, HIGH, HALF)
    assert float(rate(0)) == HIGH
    assert float(rate(2 * HALF - 1)) == pytest.approx(LOW, rel=0.01)
    assert float(rate(2 * HALF)) == HIGH
    assert (np.diff(rate(np.arange(2 * HALF))) < 0).all()


def test_one_cycle_rises_for_three_tenths_and_falls_to_the_last_step() -> None:
    rates = one_cycle(LOW, HIGH, steps=1001)(np.arange(1200))
    assert rates[[0, 300, 1000, 1100]] == pytest.approx([LOW, HIGH, LOW, LOW])
    assert (np.diff(rates[:301]) > 0).all()
    assert (np.diff(rates[300:1001]) < 0).all()
    assert rates[[150, 650]] == pytest.approx([(LOW + HIGH) / 2] * 2)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_one_cycle_of_a_few_steps_is_finite(steps: int) -> None:
    assert np.isfinite(one_cycle(LOW, HIGH, steps)(np.arange(steps))).all()


@pytest.mark.parametrize("schedule", ALL)
def test_every_schedule_stays_within_its_limits_and_keeps_shapes(schedule: Schedule) -> None:
    steps = np.arange(9000).reshape(90, 100)
    rates = schedule(steps)
    assert rates.shape == steps.shape
    assert rates.dtype == np.float64
    assert rates.min() >= LOW
    assert rates.max() <= HIGH
    assert np.ndim(schedule(3)) == 0
