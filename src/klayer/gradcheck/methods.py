"""The numerical methods, how exact each is on a network, and so when it calls an entry wrong."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from klayer.gradcheck.complex_step import complex_step
from klayer.gradcheck.differences import central_difference, forward_difference
from klayer.gradcheck.function import Estimate, MovedCost


@dataclass(frozen=True)
class Method:
    """A way to a derivative, with its limit.

    Attributes:
        name: "forward", "central" or "complex".
        function: (cost, entries, step) → estimate.
        step: h.
        limit: the largest error that is not called wrong.
        absolute: whether the limit is on |a − n|, beyond the method's own measured truncation; else
            it is on |a − n| / max(|a| + |n|, floor), floor = 1e-3 · the network's largest |n|.
    """

    name: str
    function: Callable[[MovedCost, NDArray[np.int64], float], Estimate]
    step: float
    limit: float
    absolute: bool = False

    def derivative(self, cost: MovedCost, entries: NDArray[np.int64]) -> Estimate:
        """Return the derivatives of the cost with respect to the entries."""
        return self.function(cost, entries, self.step)


FORWARD = Method("forward", forward_difference, step=1e-6, limit=5e-6, absolute=True)
CENTRAL = Method("central", central_difference, step=3e-6, limit=5e-6)
COMPLEX = Method("complex", complex_step, step=1e-30, limit=1e-11)

# From the least to the most exact.
METHODS = (FORWARD, CENTRAL, COMPLEX)

# A bias before batch normalisation is taken out again with the mean: ∂J/∂b = 0, whatever J is.
# Where derivatives exceed 1, the limit grows with the largest of them, as rounding does.
KNOWN_ZERO_LIMIT = 1e-14
