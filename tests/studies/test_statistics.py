"""Intervals: worked by hand, and covering what they promise to."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from klayer.studies.statistics import chance_of, mean_interval, prediction_interval, summary


def test_the_prediction_interval_of_five_replicates_worked_by_hand() -> None:
    # mean .52, sd √(.00001), t(.995, 4) = 4.6041, √(1 + 1/5) = 1.09545
    low, high = prediction_interval([0.516, 0.518, 0.52, 0.522, 0.524])
    half = 4.6041 * np.sqrt(0.00001) * 1.09545
    assert (low, high) == pytest.approx((0.52 - half, 0.52 + half), rel=1e-4)


def test_the_confidence_interval_is_that_of_the_t_test() -> None:
    values = [0.1, 0.4, 0.2, 0.9]
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean_interval(values) == pytest.approx((expected.low, expected.high))


def test_one_more_replicate_lies_in_the_interval_as_often_as_promised() -> None:
    draws = np.random.default_rng(0).standard_normal((4000, 6))
    inside = [prediction_interval(row[:5], 0.9).holds(row[5]) for row in draws]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.015)


def test_one_replicate_tells_nothing_of_the_spread() -> None:
    assert prediction_interval([1.0]) == (-np.inf, np.inf)
    assert np.isnan(summary([1.0]).sd)


def test_chance_is_the_binomial_tail() -> None:
    assert chance_of(1, 1) == pytest.approx(0.01)
    assert chance_of(1, 2) == pytest.approx(1 - 0.99**2)
    assert chance_of(3, 60) > 0.01 > chance_of(4, 60)
