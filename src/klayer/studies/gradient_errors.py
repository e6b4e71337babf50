"""The gradient checks of the reference experiments: the largest error of forward differences."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Architecture
from klayer.gradcheck import METHODS, check_network

INPUTS, CLASSES, WIDTH = 20, 10, 50
CASES = ((2, False), (3, False), (4, False), (2, True), (3, True))  # depth, batch normalisation
NAMES = {"W": "W", "b": "b", "gamma": "γ", "beta": "β"}


class GradientErrors(NamedTuple):
    """What the checks of all replicates found.

    Attributes:
        largest: parameter → the largest absolute error of forward differences over all networks
            and layers, for each seed, (R,).
        mistakes: a sentence for each gradient that is wrong by any method.
        seconds: of all checks.
    """

    largest: dict[str, NDArray[np.float64]]
    mistakes: tuple[str, ...]
    seconds: float


def check_reference_networks(replicates: int, epsilon: float) -> GradientErrors:
    """Check 2-, 3-, 4-layer networks without and 2-, 3-layer with batch normalisation.

    Twenty inputs, five samples, λ = 0, He weights; every seed draws samples and parameters anew.

    Args:
        replicates: how many seeds, from 0 on.
        epsilon: ε of batch normalisation.

    Example:
        >>> found = check_reference_networks(replicates=1, epsilon=1e-15)
        >>> found.mistakes, sorted(found.largest), bool(found.largest["W"][0] < 1e-5)
        ((), ['W', 'b', 'beta', 'gamma'], True)
    """
    largest = {name: np.zeros(replicates) for name in NAMES}
    mistakes: list[str] = []
    seconds = 0.0
    for seed in range(replicates):
        for depth, batch_norm in CASES:
            network = Architecture(INPUTS, (WIDTH,) * (depth - 1), CLASSES, batch_norm, epsilon)
            report = check_network(network, lam=0.0, seed=seed, methods=METHODS)
            mistakes += [f"{report.title}, seed {seed}: {words}" for words in report.mistakes]
            seconds += report.seconds
            for row in report.rows:
                if row.method == "forward":
                    errors = largest[row.parameter.rstrip("0123456789")]
                    errors[seed] = max(errors[seed], row.absolute_error)
    return GradientErrors(largest, tuple(mistakes), seconds)
