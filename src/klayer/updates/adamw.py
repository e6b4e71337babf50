"""Adam with decoupled weight decay."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from klayer.architecture import Array


@dataclass(frozen=True)
class AdamW:
    """Descent along the mean gradient, relative to its size; weights decay beside it.

        m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²        g = ∂J/∂θ, entry by entry
        m̂ = m/(1 − β₁ᵗ)             v̂ = v/(1 − β₂ᵗ)              t = 1 in the first update
        θ ← θ − η (m̂/(√v̂ + ε) + w θ)

    The decay w θ is that of weights W alone, and no part of the gradient: the penalty λ‖W‖², which
    is a part, would be divided by √v̂. Take λ = 0 where w is not 0.

    Args:
        beta1: β₁, in [0, 1).
        beta2: β₂, in [0, 1).
        epsilon: ε, positive.
        weight_decay: w, not negative.

    References:
        Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2, with
        the decay multiplied by the learning rate η.

    Example:
        >>> theta, one = np.ones((1, 1, 1)), np.ones((1, 1, 1))
        >>> slots = {"mean": 0 * one, "square": 0 * one}
        >>> AdamW(weight_decay=0.5)(theta, -3 * one, rate=0.1 * one, slots=slots, step=0)
        >>> round(theta.item(), 6)
        1.05
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01
    name: str = "adamw"
    slots: tuple[str, ...] = ("mean", "square")

    def __call__(
        self,
        theta: Array,
        gradient: Array,
        rate: Array,
        slots: Mapping[str, Array],
        step: int,
        weight: bool = True,
    ) -> None:
        """Change `theta` and its two slots in place."""
        mean, square = slots["mean"], slots["square"]
        mean *= self.beta1
        mean += (1 - self.beta1) * gradient
        square *= self.beta2
        square += (1 - self.beta2) * gradient * gradient
        corrected = mean / (1 - self.beta1 ** (step + 1))
        size = np.sqrt(square / (1 - self.beta2 ** (step + 1))) + self.epsilon
        change = corrected / size
        if weight:
            change += self.weight_decay * theta
        theta -= rate * change
