"""Labels, features and their standardisation."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from klayer.data.features import kept_features
from klayer.data.labels import encode_labels
from klayer.errors import InputError
from klayer.samples import Samples, standardisation


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["dog", "cat", "dog", "ant"]),
        np.array([7, -3, 7, 7]),
        np.array([True, False, True]),
        np.array([1.0, 2.0, 1.0]),
        np.array([200, 3], np.uint8),
    ],
)
def test_labels_of_any_kind_become_classes_and_come_back_as_they_were(labels: Any) -> None:
    y, known = encode_labels(labels)
    assert y.dtype == np.int64
    assert sorted(set(y.tolist())) == list(range(len(known)))
    assert np.array_equal(known[y], labels)
    assert known.dtype == labels.dtype
    assert known.tolist() == sorted(known.tolist())


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (np.array(["a", "a"]), "at least two classes, but all are 'a'"),
        (np.array([], np.int64), "at least two classes, but there are no rows"),
        (np.array([1.0, 0.5]), "must be whole numbers, but row 2 has 0.5"),
        (np.array([np.nan, 1.0]), "row 1 has nan"),
        (np.arange(20_000), "at most 10000 classes, but got 20000"),
        (np.array(["x" * 300, "y"]), "at most 200 characters"),
        (np.array([{}, []], dtype=object), "must be one whole number, text or truth value"),
        (np.zeros((2, 2), int), "shape (2, 2)"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        encode_labels(labels)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("given_type", "kept_type"),
    [
        ("u1", "u1"), ("f4", "f4"), ("f8", "f8"), ("?", "u1"), ("f2", "f4"), ("i1", "f4"),
        ("i8", "f4"), (">f8", "f8"), (">i2", "f4"),
    ],
)  # fmt: skip
def test_features_are_kept_as_uint8_float32_or_float64_with_the_same_values(
    given_type: str, kept_type: str
) -> None:
    X = np.array([[0, 1], [1, 0], [1, 1]]).astype(given_type)
    kept = kept_features(np.asfortranarray(X))
    assert kept.dtype == np.dtype(kept_type)
    assert kept.flags.c_contiguous
    assert np.array_equal(kept, X)


def test_whole_numbers_beyond_single_precision_become_float64() -> None:
    X = np.array([[(1 << 24) + 1], [0]])
    assert np.array_equal(kept_features(X), X)


def test_uint8_rows_are_not_copied() -> None:
    X = np.zeros((5, 3), np.uint8)
    assert kept_features(X) is X


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e31])
def test_a_feature_that_is_not_finite_is_refused_naming_column_and_row(value: float) -> None:
    X = np.zeros((4, 3))
    X[2, 1] = value
    with pytest.raises(InputError) as caught:
        kept_features(X, ("a", "b", "c"))
    assert f"column 'b', row 3 is {value}" in str(caught.value)


@pytest.mark.parametrize("X", [np.zeros(3), np.zeros((2, 0)), np.array([["a"]])])
def test_features_must_be_a_block_of_numbers(X: Any) -> None:
    with pytest.raises(InputError, match="feature"):
        kept_features(X)


@given(
    X=st.sampled_from(["u1", "f4", "f8"]).flatmap(
        lambda kind: arrays(
            kind,
            st.tuples(st.integers(2, 30), st.integers(1, 5)),
            elements={"min_value": 0, "max_value": 255},
        )
    )
)
def test_standardisation_is_the_mean_and_one_over_the_standard_deviation(X: Any) -> None:
    rows = np.arange(0, len(X), 2)
    mean, inverse_std = standardisation(X, rows)
    part = X[rows].astype(np.float64)
    assert mean == pytest.approx(part.mean(axis=0), rel=1e-12, abs=1e-12)
    varies = part.max(axis=0) - part.min(axis=0) > 1e-6
    assert 1 / inverse_std[varies] == pytest.approx(part.std(axis=0)[varies], rel=1e-9)


@pytest.mark.parametrize("kind", ["u1", "f4", "f8"])
def test_a_constant_feature_becomes_zero_everywhere(kind: str) -> None:
    X = np.array([[7, 1], [7, 2], [9, 3]], kind)
    mean, inverse_std = standardisation(X, [0, 1])
    samples = Samples(X, np.array([0, 1, 1]), mean, inverse_std)
    assert samples.gather([0, 1, 2])[:, 0].tolist() == [0, 0, 0]
    assert samples.gather([0, 1])[:, 1].tolist() == [-1, 1]


def test_a_spread_too_small_for_single_precision_counts_as_none() -> None:
    X = np.array([[0.0], [1e-200]])
    assert standardisation(X, [0, 1])[1].tolist() == [0]


def test_a_large_feature_of_small_spread_keeps_it_in_single_precision() -> None:
    X = np.array([[1.7e9], [1.7e9 + 2]])
    samples = Samples(X, np.array([0, 1]), *standardisation(X, [0, 1]))
    assert samples.gather([0, 1], np.float32).tolist() == [[-1], [1]]


def test_many_rows_of_uint8_do_not_overflow_the_sums() -> None:
    X = np.full((200_000, 1), 255, np.uint8)
    X[::2] = 253
    mean, inverse_std = standardisation(X, np.arange(len(X)))
    assert (mean[0], inverse_std[0]) == (254, 1)
