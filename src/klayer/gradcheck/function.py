"""What a numerical derivative needs: the cost with one entry of one parameter moved, many at once.

A `MovedCost` belongs to one parameter.  Called with E flat entries and a step, it evaluates E
copies of the cost, copy e with entry ``entries[e]`` moved by the step and all else where it was.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array


class Values(NamedTuple):
    """The cost at E points.

    Attributes:
        J: the cost, (E,), real or complex.
        sides: on which side every ReLU is, (E, units), bool; None where that is not known.
        noise: what rounding leaves uncertain in J; only needed where sides are not known.
    """

    J: Array
    sides: NDArray[np.bool_] | None = None
    noise: float = 0.0


# (entries (E,), step) → the cost at E points, each with one of the entries moved by the step.
MovedCost = Callable[[NDArray[np.int64], complex], Values]


class Estimate(NamedTuple):
    """Derivatives of the cost with respect to E entries of one parameter.

    Attributes:
        derivative: ∂J/∂entry, (E,), float64.
        truncation: what the method itself is known to be wrong by, (E,); 0 where not known.
        set_aside: entries without a verdict, (E,): a ReLU changed sides between the points.
    """

    derivative: NDArray[np.float64]
    truncation: NDArray[np.float64]
    set_aside: NDArray[np.bool_]
