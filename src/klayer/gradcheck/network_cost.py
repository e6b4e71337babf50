"""A network's cost as a function of single entries: a stack, each copy with one entry moved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array, Parameters
from klayer.gradcheck.batch import Batch, from_names
from klayer.gradcheck.function import Estimate, Values
from klayer.gradcheck.methods import Method

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class NetworkCost:
    """J of one network on one batch, in the neighbourhood of its parameters.

    Attributes:
        parameters: of one network, without the axis P, float64.
        batch: the samples.
        lam: λ.
        epsilon: ε of batch normalisation.
    """

    parameters: Parameters
    batch: Batch
    lam: float
    epsilon: float

    def moved(self, name: str, entries: NDArray[np.int64], step: complex) -> Values:
        """Return J of a stack of networks, each with one entry of one parameter moved."""
        stack = moved_parameters(self.parameters, name, entries, step)
        done = self.batch.cost(stack, self.lam, self.epsilon)
        sides = [(H.real > 0).reshape(len(entries), -1) for H in done.forward.hidden]
        none = np.empty((len(entries), 0), bool)
        return Values(done.J, np.concatenate([none, *sides], axis=1))

    def estimate(self, method: Method, name: str, entries: NDArray[np.int64]) -> Estimate:
        """Return a method's derivatives with respect to entries of one parameter, in chunks."""

        def cost(moved: NDArray[np.int64], step: complex) -> Values:
            return self.moved(name, moved, step)

        named = dict(self.parameters.named())
        layer = max(array.shape[0] for array in named.values()) * self.batch.y.size
        chunk = max(1, CHUNK_BYTES // (16 * max(named[name].size, layer)))
        starts = range(0, len(entries), chunk)
        parts = [method.derivative(cost, entries[start : start + chunk]) for start in starts]
        return Estimate(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def moved_parameters(
    parameters: Parameters, name: str, entries: NDArray[np.int64], step: complex
) -> Parameters:
    """Return the parameters of a stack of len(entries) networks, entry e of network e moved.

    Whatever does not move is one array, seen from every network of the stack.

    Example:
        >>> one = Parameters((np.zeros((1, 2)),), (np.zeros((1, 1)),))
        >>> moved_parameters(one, "W1", np.array([0, 1]), 0.5).W[0].tolist()
        [[[0.5, 0.0]], [[0.0, 0.5]]]
    """
    networks = len(entries)
    dtype = np.result_type(step, np.float64)
    stack: dict[str, Array] = {
        own: np.broadcast_to(array.astype(dtype), (networks, *array.shape))
        for own, array in parameters.named()
    }
    stack[name] = stack[name].copy()
    stack[name].reshape(networks, -1)[np.arange(networks), entries] += step
    return from_names(stack)
