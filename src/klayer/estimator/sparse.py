"""Sparse rows, as scikit-learn's encoders of texts give them, made dense where they are used.

Training reads dense rows, so all of X must fit in memory. Predictions make some rows dense at a
time.
"""

from collections.abc import Iterator
from typing import Any

from scipy.sparse import issparse

from klayer.architecture import Array
from klayer.errors import InputError
from klayer.memory import available_bytes, in_gibibytes


def dense(X: Any) -> Array:
    """Return rows as one block; an array that is dense already is not copied.

    Args:
        X: a NumPy array or a SciPy sparse array or matrix, (n, d).

    Raises:
        InputError: sparse rows would need more memory than there is.

    Example:
        >>> from scipy.sparse import csr_array
        >>> dense(csr_array([[0, 2], [3, 0]]))
        array([[0, 2],
               [3, 0]])
    """
    if not _is_sparse(X):
        found: Array = X
        return found
    rows, features = X.shape
    needed, available = rows * features * X.dtype.itemsize, available_bytes()
    if available is not None and needed > available:
        raise InputError(
            "sparse rows are made dense, so they must fit in memory, but X needs "
            f"{in_gibibytes(needed)} ({rows} rows of {features} features in {X.dtype}) and there "
            f"are {in_gibibytes(available)}; keep fewer features, train on parts by `partial_fit`, "
            "or use float32"
        )
    block: Array = X.toarray(order="C")
    return block


def dense_parts(X: Any, rows: int) -> Iterator[Array]:
    """Yield sparse rows as blocks of so many; an array that is dense already as it is.

    Args:
        X: a NumPy array or a SciPy sparse array or matrix in CSR form, (n, d).
        rows: of a block, at most.

    Example:
        >>> from scipy.sparse import csr_array
        >>> [len(part) for part in dense_parts(csr_array((5, 2)), rows=2)]
        [2, 2, 1]
    """
    if not _is_sparse(X):
        yield X
        return
    for start in range(0, X.shape[0], rows):
        yield X[start : start + rows].toarray(order="C")


def _is_sparse(X: Any) -> bool:
    return bool(issparse(X))  # X stays of any type: SciPy's stubs know no attribute of theirs
