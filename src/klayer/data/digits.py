"""Handwritten digits, 8 × 8 pictures of 17 greys, as scikit-learn carries them: no download."""

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.dataset import Source

FILE = Path("datasets", "data", "digits.csv.gz")


def read_digits() -> Source:
    """Read the 1,797 digits.

    Returns:
        X (1797, 64) uint8 with values 0 … 16, labels 0 … 9, no test set of its own.

    Example:
        >>> read_digits().X.shape
        (1797, 64)
    """
    table = _table()
    X, labels = np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.int64)
    return Source(X, labels, picture=(8, 8, 1))


def _table() -> NDArray[Any]:
    """Return pixels and, in the last column, labels, (1797, 65) uint8.

    The file is read where it lies: importing scikit-learn takes ten times as long as reading it.
    """
    home = find_spec("sklearn")
    path = Path(home.origin).parent / FILE if home and home.origin else FILE
    if path.is_file():
        with gzip.open(path) as file:
            return np.loadtxt(file, delimiter=",", dtype=np.uint8)
    from sklearn.datasets import load_digits

    found = load_digits()
    return np.column_stack([found.data, found.target]).astype(np.uint8)
