"""Gradient descent with momentum, Polyak's heavy ball or Nesterov's."""

from collections.abc import Mapping
from dataclasses import dataclass

from klayer.architecture import Array


@dataclass(frozen=True)
class Momentum:
    """Descent along a running sum of gradients.

        v ← μ v + ∂J/∂θ
        θ ← θ − η v,  or with `nesterov`:  θ ← θ − η (∂J/∂θ + μ v)

    A steady gradient is followed at 1/(1 − μ) times the learning rate.

    Args:
        decay: μ, in [0, 1).
        nesterov: look ahead by one more step of the velocity.

    References:
        Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in
        deep learning", 2013, section 2; v here is their velocity divided by −η.

    Example:
        >>> import numpy as np
        >>> theta, v = np.zeros((1, 1, 1)), np.full((1, 1, 1), 10.0)
        >>> one = np.ones((1, 1, 1))
        >>> Momentum(decay=0.5)(theta, 2 * one, rate=0.1 * one, slots={"velocity": v}, step=1)
        >>> v.item(), round(theta.item(), 9)
        (7.0, -0.7)
    """

    decay: float = 0.9
    nesterov: bool = False
    slots: tuple[str, ...] = ("velocity",)

    @property
    def name(self) -> str:
        """Return "momentum" or "nesterov"."""
        return "nesterov" if self.nesterov else "momentum"

    def __call__(
        self,
        theta: Array,
        gradient: Array,
        rate: Array,
        slots: Mapping[str, Array],
        step: int,
        weight: bool = True,
    ) -> None:
        """Change `theta` and its velocity in place."""
        velocity = slots["velocity"]
        velocity *= self.decay
        velocity += gradient
        ahead = gradient + self.decay * velocity if self.nesterov else velocity
        theta -= rate * ahead
