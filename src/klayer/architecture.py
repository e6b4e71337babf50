"""What a network is made of, and where each of its numbers lives.

An `Architecture` is the widths of a network and whether it normalises its batches.  It knows the
layout of `theta`, the one flat buffer that holds all trainable numbers of a stack of P networks,
parameter after parameter, so that W_l is one contiguous block (P, m_l, m_{l-1}).  Moving statistics
lie in a second flat buffer of the same kind.  Everything above (network, engines, models) reaches
those numbers through the named views made here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

from numpy.typing import NDArray

from klayer.errors import InputError

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Parameters:
    """The parameters of a network or a stack, or their gradients, by layer.

    Attributes:
        W: weights, one array ([P,] m_l, m_{l-1}) for each of the k affine layers.
        b: biases, k arrays ([P,] m_l, 1).
        gamma: scales of batch normalisation, k − 1 arrays ([P,] m_l, 1), or none.
        beta: shifts of batch normalisation, k − 1 arrays ([P,] m_l, 1), or none.
    """

    W: tuple[Array, ...]
    b: tuple[Array, ...]
    gamma: tuple[Array, ...] = ()
    beta: tuple[Array, ...] = ()

    def named(self) -> Iterator[tuple[str, Array]]:
        """Yield (name, array) such as ("W1", …), in the order of `theta`."""
        for layer in range(len(self.W)):
            for field in fields(self):
                arrays = getattr(self, field.name)
                if layer < len(arrays):
                    yield f"{field.name}{layer + 1}", arrays[layer]


class Statistics(NamedTuple):
    """The statistics of one batch normalisation.

    Attributes:
        mean: μ, ([P,] m, 1).
        variance: v, the mean square about μ, ([P,] m, 1).
    """

    mean: Array
    variance: Array


@dataclass(frozen=True)
class Architecture:
    """The shape of a k-layer network; "k-layer" counts its affine layers.

    Args:
        inputs: d = m_0, the number of features.
        hidden: m_1 … m_{k−1}, the widths of the hidden layers.
        classes: K = m_k, the number of classes.
        batch_norm: whether hidden layers are normalised before the ReLU.
        epsilon: ε, added to the variance inside the root of batch normalisation.

    Raises:
        InputError: a width is not positive, there are fewer than two classes, or ε is not positive.

    Example:
        >>> architecture = Architecture(inputs=64, hidden=(50, 50), classes=10)
        >>> architecture.depth, architecture.size
        (3, 6310)
        >>> [name for name, _ in architecture.shapes]
        ['W1', 'b1', 'W2', 'b2', 'W3', 'b3']
        >>> print(architecture)
        64 → 50 → 50 → 10
    """

    inputs: int
    hidden: tuple[int, ...]
    classes: int
    batch_norm: bool = False
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if min(self.inputs, *self.hidden, self.classes) < 1:
            raise InputError(f"every width must be at least 1, but got {self.widths}")
        if self.classes < 2:
            raise InputError(f"a classifier needs at least two classes, but got {self.classes}")
        if not self.epsilon > 0:
            raise InputError(f"`epsilon` must be positive, but got {self.epsilon}")

    def __str__(self) -> str:
        return " → ".join(map(str, self.widths)) + (", batch norm" if self.batch_norm else "")

    @property
    def widths(self) -> tuple[int, ...]:
        """m_0 … m_k."""
        return (self.inputs, *self.hidden, self.classes)

    @property
    def depth(self) -> int:
        """k, the number of affine layers."""
        return len(self.hidden) + 1

    @cached_property
    def shapes(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        """The name and the shape for one network of every parameter, in the order of `theta`."""
        found: list[tuple[str, tuple[int, int]]] = []
        for layer, (below, width) in enumerate(zip(self.widths, self.widths[1:], strict=False), 1):
            found += [(f"W{layer}", (width, below)), (f"b{layer}", (width, 1))]
            if self.batch_norm and layer < self.depth:
                found += [(f"gamma{layer}", (width, 1)), (f"beta{layer}", (width, 1))]
        return tuple(found)

    @cached_property
    def size(self) -> int:
        """The number of trainable numbers of one network."""
        return sum(rows * columns for _, (rows, columns) in self.shapes)

    @cached_property
    def statistics_size(self) -> int:
        """The number of moving statistics of one network."""
        return 2 * sum(self.hidden) if self.batch_norm else 0

    def views(self, theta: Array) -> Parameters:
        """Return the named views of a stack's `theta` (P · size,); each has a leading axis P."""
        networks = theta.size // self.size
        found: dict[str, list[Array]] = {"W": [], "b": [], "gamma": [], "beta": []}
        start = 0
        for name, shape in self.shapes:
            end = start + networks * shape[0] * shape[1]
            found[name.rstrip("0123456789")].append(theta[start:end].reshape(networks, *shape))
            start = end
        return Parameters(**{name: tuple(arrays) for name, arrays in found.items()})

    def statistics(self, moving: Array) -> tuple[Statistics, ...]:
        """Return the views of moving statistics (P · statistics_size,), by hidden layer."""
        if self.statistics_size == 0:
            return ()
        networks = moving.size // self.statistics_size
        found, start = [], 0
        for width in self.hidden:
            middle, end = start + networks * width, start + 2 * networks * width
            found.append(
                Statistics(
                    moving[start:middle].reshape(networks, width, 1),
                    moving[middle:end].reshape(networks, width, 1),
                )
            )
            start = end
        return tuple(found)
