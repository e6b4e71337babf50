"""A trained network as plain affine layers and ReLUs on raw rows: scikit-learn's `coefs_`."""

import numpy as np
from numpy.typing import NDArray

from klayer.models import Model

Arrays = list[NDArray[np.float64]]


def coefficients(model: Model) -> tuple[Arrays, Arrays]:
    """Return the matrices C_l and vectors c_l that compute a model from raw rows X, in float64.

        H_0 = X      H_l = max(0, H_{l−1} C_l + c_l)      logits = H_{k−1} C_k + c_k

    Batch normalisation is folded into W' and b' (`Model.folded`), and the standardisation
    x ↦ (x − m) · i into the first layer:

        C_1 = diag(i) W'_1ᵀ      c_1 = b'_1 − W'_1 (m · i)      C_l = W'_lᵀ      c_l = b'_l

    Args:
        model: a stack of any number of networks.

    Returns:
        k matrices (m_{l−1}, m_l) and k vectors (m_l,); of a stack (P, m_{l−1}, m_l) and (P, m_l).

    Example:
        >>> from klayer import Plan, fit, load_data
        >>> plan = Plan(hidden=(20,), batch_norm=True, steps=100, step_size=50)
        >>> model = fit(load_data("digits"), plan).model
        >>> C, c = coefficients(model)
        >>> [matrix.shape for matrix in C], [vector.shape for vector in c]
        ([(64, 20), (20, 10)], [(20,), (10,)])
    """
    parameters = model.folded().state.parameters
    C = [W.swapaxes(-1, -2).astype(np.float64) for W in parameters.W]  # (P, m_{l−1}, m_l)
    c = [b[..., 0].astype(np.float64) for b in parameters.b]  # (P, m_l)
    C[0] *= model.inverse_std[:, None]
    c[0] -= model.mean @ C[0]
    if model.state.networks > 1:
        return C, c
    return [matrix[0] for matrix in C], [vector[0] for vector in c]
