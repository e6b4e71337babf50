"""Features as they are kept in memory: uint8, float32 or float64, finite, one row after another."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.errors import InputError
from klayer.samples import CHUNK_BYTES

LARGEST = 1e30


def kept_features(X: NDArray[Any], names: tuple[str, ...] | None = None) -> NDArray[Any]:
    """Return the features in one of the three types kept in memory, as one block of rows.

    uint8, float32 and float64 stay as they are, and are not copied if they are one block;
    truth values become uint8, float16 float32; other whole numbers become float32 where they are
    the same numbers in it (up to 2²⁴), float64 otherwise.

    Args:
        X: (n, d), whole numbers, floats or truth values.
        names: of the columns, for the sentence.

    Raises:
        InputError: X is not a block of at least one column of numbers, or one is not finite or
            beyond ±10³⁰, where single precision ends.

    Example:
        >>> kept_features(np.array([[1, 2], [3, 4]])).dtype, kept_features(np.ones((2, 1))).dtype
        (dtype('float32'), dtype('float64'))
    """
    if X.ndim != 2 or X.dtype.kind not in "biuf":
        raise InputError(
            "features must be an array of numbers with two dimensions (rows, features), but got "
            f"shape {X.shape} and type {X.dtype}"
        )
    if not X.shape[1]:
        raise InputError(f"there must be at least one feature, but got shape {X.shape}")
    X = np.ascontiguousarray(X, dtype=kept_type(X))
    if X.dtype != np.uint8:
        _check_finite(X, names)
    return X


def kept_type(X: NDArray[Any]) -> np.dtype[Any]:
    """Return the type in which numbers are kept.

    Example:
        >>> kept_type(np.array([True])), kept_type(np.array([1 << 40]))
        (dtype('uint8'), dtype('float64'))
    """
    if X.dtype.kind == "f":
        return np.dtype(np.float64 if X.dtype.itemsize > 4 else np.float32)
    if X.dtype in (np.bool_, np.uint8):
        return np.dtype(np.uint8)
    exact = not X.size or (X.max() <= 1 << 24 and X.min() >= -(1 << 24))
    return np.dtype(np.float32 if exact else np.float64)


def _check_finite(X: NDArray[Any], names: tuple[str, ...] | None) -> None:
    """Refuse not-a-number, infinity and what is near it, naming the first by row and column."""
    step = max(1, CHUNK_BYTES // (8 * X.shape[1]))
    for start in range(0, len(X), step):
        usable = np.abs(X[start : start + step]) <= LARGEST
        if not usable.all():
            row, column = np.argwhere(~usable)[0]
            value = X[start + row, column].item()
            raise InputError(
                f"features must be finite numbers of at most {LARGEST:g}, but "
                f"{column_name(column, names)}, row {start + row + 1} is {value}"
            )


def column_name(column: int, names: tuple[str, ...] | None) -> str:
    """Return how a sentence names a column.

    Example:
        >>> column_name(1, ("age", "size")), column_name(1, None)
        ("column 'size'", 'column 2')
    """
    return f"column {names[column]!r}" if names else f"column {column + 1}"
