"""The split: disjoint, complete, seeded, stratified on wish."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klayer.data.split import Size, draw_split, size_in_rows
from klayer.errors import InputError

NONE = np.empty(0, np.int64)


@given(
    n=st.integers(20, 200),
    own=st.booleans(),
    stratify=st.booleans(),
    validation=st.one_of(st.integers(0, 10), st.floats(0, 0.5)),
    seed=st.integers(0, 5),
)
def test_the_sets_are_disjoint_cover_all_rows_and_have_the_sizes_asked_for(
    n: int, own: bool, stratify: bool, validation: Size, seed: int
) -> None:
    y = np.arange(n) % 3
    own_test = np.arange(0, n, 7) if own else NONE
    split = draw_split(y, own_test, validation=validation, seed=seed, stratify=stratify)
    assert np.array_equal(np.sort(np.concatenate(split)), np.arange(n))
    for rows in split:
        assert rows.dtype == np.int64
        assert (np.diff(rows) > 0).all()
    if own:
        assert np.array_equal(split.test, own_test)
    else:
        assert len(split.test) == round(n / 5)
    left = n - len(split.test)
    wanted = validation if isinstance(validation, int) else round(float(validation or 0) * left)
    assert len(split.validation) == wanted


def test_the_seed_determines_the_split() -> None:
    y = np.arange(100) % 2
    first, again, other = (draw_split(y, NONE, seed=seed) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_stratified_split_keeps_the_shares_of_the_classes_to_the_row() -> None:
    y = np.repeat([0, 1, 2], [600, 300, 100])
    split = draw_split(y, NONE, validation=160, test=200, stratify=True)
    assert np.bincount(y[split.test]).tolist() == [120, 60, 20]
    assert np.bincount(y[split.validation]).tolist() == [96, 48, 16]
    plain = draw_split(y, NONE, validation=160, test=200)
    assert np.bincount(y[plain.test]).tolist() != [120, 60, 20]


def test_the_default_is_5000_rows_or_a_fifth_where_that_is_fewer() -> None:
    assert size_in_rows("validation", None, 50_000) == 5_000
    assert size_in_rows("validation", None, 1_000) == 200


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        (100, "`validation` must leave rows to train on, but 100 of 100 rows were asked for"),
        (0.999, "`validation` must leave rows to train on"),
        (-1, "at least 0 rows or a share of at least 0 and below 1, but got -1"),
        (1.0, "a share of at least 0 and below 1, but got 1.0"),
        (2.5, "but got 2.5"),
        (float("nan"), "but got nan"),
        (True, "`validation` must be a number of rows or a share, but got True"),
    ],
)
def test_a_size_that_does_not_fit_is_refused(size: float, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        draw_split(np.arange(100) % 2, np.arange(100, 101)[:0], validation=size, test=0)
    assert sentence in str(caught.value)


def test_a_training_set_of_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="at least two classes"):
        draw_split(np.array([0, 0, 0, 1]), np.array([3]), validation=0)


def test_a_test_size_is_refused_where_the_source_has_its_own() -> None:
    with pytest.raises(InputError, match="`test` must be left out"):
        draw_split(np.arange(10) % 2, np.array([3]), test=0.2)


@pytest.mark.parametrize("seed", [-1, 0.5, True])
def test_a_seed_must_be_a_whole_number(seed: int) -> None:
    with pytest.raises(InputError, match="`seed` must be a whole number of at least 0"):
        draw_split(np.arange(10) % 2, NONE, seed=seed)
