"""Initial weights: He's scale for networks of ReLUs, or a Gaussian of given width."""

import numpy as np

from klayer.architecture import Array


def he(generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Return weights drawn from N(0, 2/fan_in), which keeps the scale of signals through ReLUs.

    Args:
        generator: what to draw from.
        shape: (m_l, m_{l−1}) of the layer; fan_in is m_{l−1}.

    Returns:
        Weights, (m_l, m_{l−1}), float64.

    References:
        He et al., "Delving Deep into Rectifiers", 2015, section 2.2.

    Example:
        >>> W = he(np.random.default_rng(0), (400, 200))
        >>> round(float(W.std()), 2)
        0.1
    """
    return gaussian(generator, shape, float(np.sqrt(2 / shape[1])))


def gaussian(generator: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    """Return weights drawn from N(0, σ²).

    The standard normal draws do not depend on σ, so that networks with other σ and the same
    generator differ in scale alone.

    Args:
        generator: what to draw from.
        shape: (m_l, m_{l−1}) of the layer.
        sigma: σ, the standard deviation.

    Returns:
        Weights, (m_l, m_{l−1}), float64.

    Example:
        >>> gaussian(np.random.default_rng(0), (2, 3), sigma=0.0).shape
        (2, 3)
    """
    return sigma * generator.standard_normal(shape)
