"""Stochastic gradient descent, θ ← θ − η ∂J/∂θ."""

from collections.abc import Mapping
from dataclasses import dataclass

from klayer.architecture import Array


@dataclass(frozen=True)
class SGD:
    """Plain stochastic gradient descent.

        θ ← θ − η ∂J/∂θ

    Example:
        >>> import numpy as np
        >>> theta = np.array([[[1.0]]])
        >>> SGD()(theta, np.array([[[2.0]]]), rate=np.array([[[0.25]]]), slots={}, step=0)
        >>> theta
        array([[[0.5]]])
    """

    name: str = "sgd"
    slots: tuple[str, ...] = ()

    def __call__(
        self,
        theta: Array,
        gradient: Array,
        rate: Array,
        slots: Mapping[str, Array],
        step: int,
        weight: bool = True,
    ) -> None:
        """Change `theta` in place."""
        gradient *= rate
        theta -= gradient
