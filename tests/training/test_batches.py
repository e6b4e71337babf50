"""Mini-batches: every row once an epoch, and the same wherever the run is cut."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klayer.randomness import generator
from klayer.training import batches as batches_
from klayer.training.batches import Batches


@given(
    n=st.integers(1, 60), batch_size=st.integers(1, 20), drop=st.booleans(), seed=st.integers(0, 9)
)
def test_an_epoch_visits_every_row_once(n: int, batch_size: int, drop: bool, seed: int) -> None:
    per_epoch = n // batch_size if drop and n >= batch_size else -(-n // batch_size)
    batches = Batches(np.arange(100, 100 + n), batch_size, per_epoch, seed)
    order, offsets = batches.between(0, per_epoch)
    assert len(set(order.tolist())) == len(order) == min(n, per_epoch * batch_size)
    assert np.diff(offsets).max() <= batch_size
    assert len(offsets) == per_epoch + 1


@given(cuts=st.lists(st.integers(0, 40), min_size=2, max_size=6))
def test_cutting_a_run_changes_no_batch(cuts: list[int]) -> None:
    batches = Batches(np.arange(23), 5, 5, seed=3)
    cuts = sorted(cuts)
    whole, edges = batches.between(cuts[0], cuts[-1])
    parts = [batches.between(a, b) for a, b in itertools.pairwise(cuts)]
    assert np.array_equal(whole, np.concatenate([order for order, _ in parts]))
    sizes = np.concatenate([np.diff(offsets) for _, offsets in parts])
    assert np.array_equal(np.diff(edges), sizes)


@given(
    n=st.integers(1, 30), batch_size=st.integers(1, 30), drop=st.booleans(), step=st.integers(0, 40)
)
def test_the_rows_before_a_step_are_those_of_its_batches(
    n: int, batch_size: int, drop: bool, step: int
) -> None:
    per_epoch = n // batch_size if drop and n >= batch_size else -(-n // batch_size)
    batches = Batches(np.arange(n), batch_size, per_epoch, 0)
    assert batches.rows_before(step) == len(batches.between(0, step)[0])


def test_every_epoch_is_shuffled_afresh_and_the_seed_decides() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        batches = Batches(np.arange(50), 10, 5, seed)
        found: list[int] = batches.between(5 * epoch, 5 * epoch + 5)[0].tolist()
        return found

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)


def test_an_epoch_is_shuffled_once_however_often_it_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = []

    def counted(seed: int, stream: Any, epoch: int) -> Any:
        drawn.append(epoch)
        return generator(seed, stream, epoch)

    monkeypatch.setattr(batches_, "generator", counted)
    batches = Batches(np.arange(20), 5, 4, seed=0)
    parts = [batches.between(step, step + 1)[0] for step in range(12)]
    assert drawn == [0, 1, 2]
    parts[0][:] = -1  # what a caller does with a batch is no matter of the others
    assert -1 not in batches.between(8, 12)[0]
    assert -1 not in batches.between(0, 4)[0]
