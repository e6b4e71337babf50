"""A stack as an ensemble: the mean of its networks' probabilities, and how good that is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer.data import Data
from klayer.engines import Engine
from klayer.layers import softmax
from klayer.models.model import Model
from klayer.samples import CHUNK_BYTES


class EnsembleFigures(NamedTuple):
    """What the mean of the networks' probabilities reaches on some rows.

    Attributes:
        accuracy: share of rows whose most probable class is theirs.
        cross_entropy: mean of −log P[y_i, i].
    """

    accuracy: float
    cross_entropy: float


def evaluate_ensemble(
    model: Model, data: Data, rows: NDArray[np.int64], engine: Engine
) -> EnsembleFigures:
    """Return the figures of the ensemble, read in chunks of bounded memory.

    Args:
        model: a stack of any number of networks.
        data: with the model's features and labels.
        rows: row indices, at least one.
        engine: who computes.

    Raises:
        InputError: the data's features or labels are not the model's.

    References:
        Lakshminarayanan, Pritzel and Blundell, "Simple and Scalable Predictive Uncertainty
        Estimation using Deep Ensembles", 2017, section 2.4.

    Example:
        >>> from klayer import Plan, fit, load_data
        >>> from klayer.engines import choose_engine
        >>> data = load_data("digits")
        >>> model = fit(data, Plan(hidden=(20,), networks=4, steps=300, step_size=150)).model
        >>> found = evaluate_ensemble(model, data, data.validation, choose_engine())
        >>> found.accuracy > 0.9, found.cross_entropy < 0.5
        (True, True)
    """
    samples = model.aligned(data)
    bytes_per_row = 8 * model.state.networks * model.architecture.classes
    step = max(1, CHUNK_BYTES // bytes_per_row)
    right = loss = 0.0
    for start in range(0, len(rows), step):
        chunk = rows[start : start + step]
        S = engine.logits(model.state, samples, chunk).astype(np.float64)  # (P, n, K)
        P = softmax(S.swapaxes(-1, -2)).mean(axis=0)  # (K, n)
        y = samples.y[chunk]
        right += float((P.argmax(axis=0) == y).sum())
        own = np.maximum(P[y, np.arange(len(y))], np.finfo(np.float64).tiny)
        loss -= float(np.log(own).sum())
    return EnsembleFigures(right / len(rows), loss / len(rows))
