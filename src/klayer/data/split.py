"""Which rows are for training, which for validation, which for the test: random, seeded.

One generator draws the test rows first, where the source sets none aside, then the validation
rows from what is left; the rest is for training.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer.errors import InputError
from klayer.randomness import Stream, generator

Rows = NDArray[np.int64]
Size = int | float | None

DEFAULT_SHARE = 0.2
DEFAULT_MOST = 5_000  # rows


class Split(NamedTuple):
    """Three disjoint sets of row indices, each in increasing order, that cover all rows."""

    training: Rows
    validation: Rows
    test: Rows


def draw_split(
    y: NDArray[np.int64],
    own_test: Rows,
    *,
    validation: Size = None,
    test: Size = None,
    seed: int = 0,
    stratify: bool = False,
) -> Split:
    """Draw the split.

    Args:
        y: classes of all rows, (n,).
        own_test: the rows that the source sets aside for testing; where there are some, none
            are drawn.
        validation: a number of rows or a share in [0, 1) of those that are not for testing; by
            default a fifth of them, at most 5,000.
        test: a number of rows or a share in [0, 1) of all rows; by default a fifth of them, at
            most 5,000.
        seed: of the split's own random stream.
        stratify: keep the classes' shares in every set, to the row.

    Returns:
        Row indices for training, validation and testing.

    Raises:
        InputError: a size is not what it must be or leaves no row to train on, or `test` is
            given where the source has a test set of its own.

    Example:
        >>> split = draw_split(np.arange(10) % 2, np.empty(0, np.int64), validation=2, test=0.3)
        >>> [len(rows) for rows in split]
        [5, 2, 3]
    """
    if test is not None and len(own_test):
        raise InputError(
            "`test` must be left out where the source has a test set of its own, "
            f"but got test={test!r}"
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"`seed` must be a whole number of at least 0, but got {seed!r}")
    rng = generator(int(seed), Stream.SPLIT)
    rest = np.setdiff1d(np.arange(len(y)), own_test)
    if not len(own_test):
        own_test, rest = _draw(rest, size_in_rows("test", test, len(rest)), y, stratify, rng)
    count = size_in_rows("validation", validation, len(rest))
    validation_rows, training = _draw(rest, count, y, stratify, rng)
    if len(np.unique(y[training])) < 2:
        raise InputError(
            "the training set must have rows of at least two classes, but of "
            f"{len(y)} rows {len(training)} are left for training, all of one class"
        )
    return Split(training, validation_rows, np.sort(own_test).astype(np.int64))


def size_in_rows(name: str, size: Size, rows: int) -> int:
    """Return how many of so many rows a size means.

    Args:
        name: of the argument, for the sentence.
        size: a number of rows, a share in [0, 1), or None: a fifth, at most 5,000.
        rows: from which they are drawn.

    Raises:
        InputError: `size` is none of these or leaves no row.

    Example:
        >>> size_in_rows("validation", 0.1, 50), size_in_rows("validation", None, 50_000)
        (5, 5000)
    """
    if size is None:
        return min(DEFAULT_MOST, round(DEFAULT_SHARE * rows))
    if isinstance(size, bool) or not isinstance(size, Real):
        raise InputError(f"`{name}` must be a number of rows or a share, but got {size!r}")
    whole = isinstance(size, int | np.integer)
    if not (size >= 0 if whole else 0 <= size < 1):
        raise InputError(
            f"`{name}` must be at least 0 rows or a share of at least 0 and below 1, "
            f"but got {size!r}"
        )
    count = int(size) if whole else round(float(size) * rows)
    if count >= rows:
        raise InputError(
            f"`{name}` must leave rows to train on, but {count} of {rows} rows were asked for"
        )
    return count


def _draw(
    rows: Rows, count: int, y: NDArray[np.int64], stratify: bool, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Draw `count` of the rows; return them and the others, both in increasing order."""
    mixed = rng.permutation(rows)
    if stratify and count:
        mixed = mixed[np.argsort(y[mixed], kind="stable")]
        counts = np.bincount(y[mixed])
        parts = np.split(mixed, np.cumsum(counts)[:-1])
        takes = _shares(counts, count)
        drawn = np.concatenate([part[:k] for part, k in zip(parts, takes, strict=True)])
        others = np.concatenate([part[k:] for part, k in zip(parts, takes, strict=True)])
    else:
        drawn, others = mixed[:count], mixed[count:]
    return np.sort(drawn), np.sort(others)


def _shares(counts: NDArray[np.int64], total: int) -> list[int]:
    """Divide `total` in proportion to `counts`: rounded down, then one each by remainder."""
    exact = counts * (total / counts.sum())
    takes = np.floor(exact).astype(np.int64)
    missing = total - int(takes.sum())
    takes[np.argsort(takes - exact, kind="stable")[:missing]] += 1
    return [int(take) for take in takes]
