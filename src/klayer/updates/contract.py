"""What an update rule is."""

from collections.abc import Mapping
from typing import Protocol

from klayer.architecture import Array


class Update(Protocol):
    """A rule that turns a gradient into a change of one parameter array, in place."""

    @property
    def name(self) -> str:
        """How the rule is called in plans and by the native engine."""
        ...

    @property
    def slots(self) -> tuple[str, ...]:
        """What the rule remembers between updates; each slot is an array like the parameters."""
        ...

    def __call__(
        self,
        theta: Array,
        gradient: Array,
        rate: Array,
        slots: Mapping[str, Array],
        step: int,
        weight: bool = True,
    ) -> None:
        """Change `theta` and `slots` in place.

        Args:
            theta: one parameter of the stack, (P, m, n).
            gradient: of the same shape; may be overwritten.
            rate: learning rates, (P, 1, 1), in the dtype of theta.
            slots: arrays of the shape of theta.
            step: the number of updates done before this one.
            weight: whether this is a W, which may decay; b, γ and β never do.
        """
        ...
