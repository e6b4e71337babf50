"""How much a row counts in the cost by its class: rare classes as much as frequent ones."""

import numpy as np
from numpy.typing import NDArray

from klayer.data import Data


def balanced_weights(data: Data) -> NDArray[np.float64]:
    """Return how much every row counts where all classes count the same.

        w_i = n/(K n_c)        c = y_i

    with n training rows, n_c of them of class c, and K classes that have training rows: their
    mean over the training rows is 1, and every such class has the K-th part of all weight. Where
    the rows have weights already, the two are multiplied and scaled to mean 1 again.

    Returns:
        (n,) for all rows of the data, float64; 1 for classes without training rows.

    Example:
        >>> from klayer.data import load_data
        >>> data = load_data("digits")
        >>> weights = balanced_weights(data)[data.training]
        >>> round(float(weights.mean()), 12), bool(weights.min() < 1 < weights.max())
        (1.0, True)

    Source: King and Zeng, "Logistic Regression in Rare Events Data", 2001.
    """
    y, training = data.samples.y, data.training
    counts = np.bincount(y[training], minlength=data.classes)
    present = counts > 0
    shares = present.sum() * counts
    of_class = np.divide(len(training), shares, out=np.ones(len(counts)), where=present)
    weights: NDArray[np.float64] = of_class[y]
    if data.samples.weights is not None:
        weights *= data.samples.weights
        weights /= weights[training].mean()
    return weights
