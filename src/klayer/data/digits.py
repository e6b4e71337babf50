"""Handwritten digits, 8 × 8 pictures of 17 greys, as scikit-learn carries them: no download."""

import numpy as np

from klayer.data.dataset import Source


def read_digits() -> Source:
    """Read the 1,797 digits.

    Returns:
        X (1797, 64) uint8 with values 0 … 16, labels 0 … 9, no test set of its own.

    Example:
        >>> read_digits().X.shape
        (1797, 64)
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    X = np.ascontiguousarray(found.data, dtype=np.uint8)
    return Source(X, found.target.astype(np.int64), picture=(8, 8, 1))
