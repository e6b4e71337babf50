"""Everything about a stack of networks that training changes."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from klayer.architecture import Architecture, Array, Parameters, Statistics


@dataclass(frozen=True, eq=False)
class State:
    """A stack of P networks at one moment of its training. Engines return new ones.

    Attributes:
        architecture: shared by all networks of the stack.
        theta: all trainable numbers, (P · size,), laid out by the architecture.
        moving: moving statistics of batch normalisation, (P · statistics_size,).
        slots: what the update rule remembers, by name, each laid out like `theta`.
        steps: updates done so far.
        active: which networks still train, (P,) bool.
    """

    architecture: Architecture
    theta: Array
    moving: Array
    slots: dict[str, Array] = field(default_factory=dict)
    steps: int = 0
    active: NDArray[np.bool_] = field(default_factory=lambda: np.ones(1, bool))

    def __repr__(self) -> str:
        return (
            f"State({self.networks} × {self.architecture}; {self.theta.dtype}, {self.steps} steps)"
        )

    @property
    def networks(self) -> int:
        """P, the number of networks."""
        return self.theta.size // self.architecture.size

    @property
    def parameters(self) -> Parameters:
        """Named views of `theta`, each with a leading axis P."""
        return self.architecture.views(self.theta)

    @property
    def statistics(self) -> tuple[Statistics, ...]:
        """Named views of `moving`, one pair per hidden layer."""
        return self.architecture.statistics(self.moving)

    def copy(self) -> "State":
        """Return a state that shares no number with this one."""
        return replace(
            self,
            theta=self.theta.copy(),
            moving=self.moving.copy(),
            slots={name: slot.copy() for name, slot in self.slots.items()},
            active=self.active.copy(),
        )

    def arrays(self) -> list[Array]:
        """Return every array of numbers of the stack, each with the leading axis P."""
        buffers = [self.theta, *(self.slots[name] for name in sorted(self.slots))]
        found = [
            array for buffer in buffers for _, array in self.architecture.views(buffer).named()
        ]
        return found + [array for layer in self.statistics for array in layer]

    def network(self, position: int) -> "State":
        """Return network `position` of the stack as a stack of one."""
        one = initial_state(self.architecture, 1, self.theta.dtype, tuple(self.slots))
        for target, source in zip(one.arrays(), self.arrays(), strict=True):
            target[0] = source[position]
        return replace(one, steps=self.steps, active=self.active[position : position + 1].copy())

    def assign(self, position: int, other: "State", source_position: int) -> None:
        """Overwrite the numbers of network `position` by those of a network of `other`."""
        for target, source in zip(self.arrays(), other.arrays(), strict=True):
            target[position] = source[source_position]


def initial_state(
    architecture: Architecture,
    networks: int = 1,
    dtype: DTypeLike = np.float32,
    slots: tuple[str, ...] = (),
) -> State:
    """Return a stack whose numbers are all zero but for γ and the moving variances, which are one.

    Example:
        >>> state = initial_state(Architecture(2, (3,), 2, batch_norm=True), networks=4)
        >>> state.networks, state.parameters.gamma[0].shape
        (4, (4, 3, 1))
    """
    size = networks * architecture.size
    state = State(
        architecture,
        theta=np.zeros(size, dtype),
        moving=np.zeros(networks * architecture.statistics_size, dtype),
        slots={name: np.zeros(size, dtype) for name in slots},
        active=np.ones(networks, bool),
    )
    for gamma in state.parameters.gamma:
        gamma[...] = 1
    for layer in state.statistics:
        layer.variance[...] = 1
    return state
