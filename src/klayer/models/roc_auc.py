"""The area under the ROC curve, of the probabilities that a judgement sees chunk by chunk."""

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array

MOST_NUMBERS = 25_000_000  # n · K of more than two classes: 100 MB in float32
LOWEST = np.finfo(np.float32).min


def kept(log_P: Array, rows: int) -> Array:
    """Return what of a chunk's log-probabilities the area needs, so that memory stays bounded.

    Probabilities rank rows as their logarithms do, which stay apart where those round to 0 or 1.

    Args:
        log_P: of a chunk, (m, K).
        rows: n, of all chunks.

    Returns:
        Of two classes the second column, (m, 1); of more all, (m, K) float32; none, (m, 0), where
        n · K is above `MOST_NUMBERS`.

    Example:
        >>> log_P = np.log(np.full((4, 3), 1 / 3))
        >>> kept(log_P[:, :2], 4).shape, kept(log_P, 4).shape, kept(log_P, 10**7).shape
        ((4, 1), (4, 3), (4, 0))
    """
    classes = log_P.shape[1]
    if classes <= 2:
        return log_P[:, -1:].copy()
    wanted = log_P[:, : classes if rows * classes <= MOST_NUMBERS else 0]
    return np.maximum(wanted, LOWEST).astype(np.float32)


def roc_auc(scores: Array, y: NDArray[np.int64]) -> float:
    """Return the area under the ROC curve: how often a row of a class outranks another row.

        AUC = P[s_i > s_j] + P[s_i = s_j]/2        i a row of the class, j one of another

    Of two classes it is the second one's; of more, the mean over the classes that have both rows
    and other rows, of one against the rest.

    Args:
        scores: of the second of two classes, (n, 1); of each of more, (n, K); or none, (n, 0).
        y: classes 0 … K − 1, (n,).

    Returns:
        In 0 … 1, 0.5 where rows are ranked by chance; nan where no class has both, or no score is
        known.

    Example:
        >>> roc_auc(np.array([[0.1], [0.4], [0.35], [0.8]]), np.array([0, 0, 1, 1]))
        0.75
        >>> roc_auc(np.array([[0.1], [0.4]]), np.array([1, 1]))
        nan

    Source: Fawcett, "An introduction to ROC analysis", 2006, sections 7 and 9.
    """
    from sklearn.metrics import roc_auc_score

    first = 1 if scores.shape[1] == 1 else 0
    areas = [
        float(roc_auc_score(own, scores[:, place]))
        for place in range(scores.shape[1])
        for own in [y == place + first]
        if 0 < own.sum() < len(y)
    ]
    return float(np.mean(areas)) if areas else float("nan")
