"""Intervals: worked by hand, and covering what they promise to."""

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from klayer.studies.statistics import (
    chance_of,
    equal,
    mean_interval,
    prediction_interval,
    summary,
    untold,
)
from klayer.studies.verdict import GAINS, UNSURE, verdict


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
    for few in ([1.0], [1.0, 1.1]):
        assert mean_interval(few) == prediction_interval(few) == (-np.inf, np.inf)
        assert untold(few).endswith("at least 3 are needed")
    assert np.isnan(summary([1.0]).sd)


def test_equal_replicates_tell_nothing_of_the_mean_s_spread() -> None:
    # 4 of 360 rows, three times: as differences of accuracies they are equal but for rounding.
    differences = [0.9 + 4 / 360 - 0.9, 0.8 + 4 / 360 - 0.8, 4 / 360]
    assert len(set(differences)) > 1
    assert equal(differences)
    assert mean_interval(differences) == (-np.inf, np.inf)
    assert untold(differences) == "all 3 are equal, at least 6 are needed"
    assert untold([4 / 360] * 5)
    assert not untold([4 / 360] * 6)
    assert np.isfinite(mean_interval([0.1, 0.1, 0.1 + 1 / 10_000])).all()
    assert mean_interval([0.3 - 0.1 - 0.2, 0.0, 0.0]) == (-np.inf, np.inf)


def test_the_sign_of_six_equal_replicates_is_below_five_percent_by_chance() -> None:
    assert binomtest(6, 6).pvalue < 0.05 < binomtest(5, 5).pvalue
    assert mean_interval([0.5] * 6) == pytest.approx((0.5, 0.5))
    assert verdict([0.5] * 6).word == GAINS
    assert verdict([0.3 - 0.1 - 0.2] * 6).word == UNSURE


def test_a_replicate_that_is_missing_leaves_no_interval() -> None:
    values = [0.1, 0.2, np.nan, 0.3]
    assert untold(values) == "1 of 4 replicates diverged or were not tested"
    assert mean_interval(values) == (-np.inf, np.inf)


def test_chance_is_the_binomial_tail() -> None:
    assert chance_of(1, 1) == pytest.approx(0.01)
    assert chance_of(1, 2) == pytest.approx(1 - 0.99**2)
    assert chance_of(3, 60) > 0.01 > chance_of(4, 60)
