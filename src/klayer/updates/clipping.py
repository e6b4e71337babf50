"""Gradient clipping: a gradient that is too long is shortened, its direction kept."""

import numpy as np

from klayer.architecture import Parameters


def clip(gradient: Parameters, longest: float) -> None:
    """Shorten every network's gradient to a norm of at most `longest`, in place.

        g ← g · min(1, longest/‖g‖),  ‖g‖ over all parameters of one network

    Args:
        gradient: of a stack, each array (P, m, n).
        longest: the largest norm that stays as it is.

    References:
        Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks",
        2013, algorithm 1.

    Example:
        >>> dW, db = np.array([[[3.0]], [[0.3]]]), np.array([[[4.0]], [[0.4]]])
        >>> clip(Parameters((dW,), (db,)), longest=1.0)
        >>> dW.ravel().round(9).tolist(), db.ravel().round(9).tolist()
        ([0.6, 0.3], [0.8, 0.4])
    """
    arrays = [array for _, array in gradient.named()]
    squares = [np.einsum("pij,pij->p", array, array, dtype=np.float64) for array in arrays]
    norm = np.sqrt(np.sum(squares, axis=0))
    factor = longest / np.maximum(norm, longest)
    for array in arrays:
        array *= factor[:, None, None].astype(array.dtype)
