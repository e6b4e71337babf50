"""The initial state of a stack: weights drawn network by network, b = 0, γ = 1, β = 0."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from klayer.architecture import Architecture
from klayer.initializers.weights import gaussian, he
from klayer.randomness import Stream, generator
from klayer.state import State, initial_state


def initialise(
    architecture: Architecture,
    seed: int,
    weight_seeds: Sequence[int],
    sigmas: Sequence[float | None],
    dtype: DTypeLike = np.float32,
    slots: tuple[str, ...] = (),
) -> State:
    """Return a stack of as many networks as `weight_seeds`, ready to train.

    Args:
        architecture: of every network.
        seed: of the run.
        weight_seeds: one per network; networks with the same one have the same draws.
        sigmas: one per network; None for He weights.
        dtype: of the parameters.
        slots: what the update rule remembers.

    Returns:
        The state before the first update.

    Example:
        >>> state = initialise(Architecture(4, (3,), 2), 0, [0, 0, 1], [None, None, None])
        >>> W = state.parameters.W[0]
        >>> bool((W[0] == W[1]).all()), bool((W[0] == W[2]).all())
        (True, False)
    """
    state = initial_state(architecture, len(weight_seeds), dtype, slots)
    for network, (weight_seed, sigma) in enumerate(zip(weight_seeds, sigmas, strict=True)):
        draws = generator(seed, Stream.WEIGHTS, weight_seed)
        for W in state.parameters.W:
            shape = (W.shape[1], W.shape[2])
            W[network] = he(draws, shape) if sigma is None else gaussian(draws, shape, sigma)
    return state
