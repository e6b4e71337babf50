"""Where a network that diverged lost its finite numbers: looked for only after it happened."""

import numpy as np
from numpy.typing import NDArray

from klayer.layers import affine
from klayer.network import forward
from klayer.samples import CHUNK_BYTES
from klayer.state import State
from klayer.training.job import Job


def finite_networks(state: State) -> NDArray[np.bool_]:
    """Return which networks of a stack have finite numbers only, (P,).

    Example:
        >>> from klayer.architecture import Architecture
        >>> from klayer.state import initial_state
        >>> state = initial_state(Architecture(2, (), 2), networks=2)
        >>> state.parameters.b[0][1] = np.inf
        >>> finite_networks(state)
        array([ True, False])
    """
    finite = np.ones(state.networks, bool)
    for array in state.arrays():
        finite &= np.isfinite(array).reshape(state.networks, -1).all(axis=1)
    return finite


def layer_at_update(job: Job, before: State, step: int, network: int) -> int:
    """Return the layer that was the first to overflow in the mini-batch of an update.

    Args:
        job: the training.
        before: the stack at some update up to `step`, while its numbers were finite.
        step: the update, counted from 0.
        network: position in the stack.

    Returns:
        1 … k: the first layer with a parameter, or a value on the mini-batch, that is not finite.
    """
    state = job.advance(before, step)[0] if step > before.steps else before
    rows, _ = job.batches.between(step, step + 1)
    return _first_layer(job, state, network, rows, moving=False) or job.architecture.depth


def layer_at_evaluation(job: Job, state: State, network: int) -> int:
    """Return the layer that was the first to overflow in the evaluation of the training set."""
    rows = job.data.training
    size = max(1, CHUNK_BYTES // (8 * max(job.architecture.widths)))
    found = [
        _first_layer(job, state, network, rows[start : start + size], moving=True)
        for start in range(0, len(rows), size)
    ]
    return min([layer for layer in found if layer], default=job.architecture.depth)


def _first_layer(
    job: Job, state: State, network: int, rows: NDArray[np.int64], moving: bool
) -> int | None:
    """Return the first layer with a number that is not finite, on some rows; None without one."""
    one = state.network(network)
    parameters, statistics = one.parameters, one.statistics
    H = job.data.samples.gather(rows, one.theta.dtype).T
    with np.errstate(all="ignore"):
        hidden = forward(
            parameters, H, job.architecture.epsilon, statistics if moving else None
        ).hidden
        for layer, (W, b) in enumerate(zip(parameters.W, parameters.b, strict=True)):
            own = [W, b, affine(W, b, H)[0]]
            for arrays in (parameters.gamma, parameters.beta, hidden):
                own += arrays[layer : layer + 1]
            own += [array for pair in statistics[layer : layer + 1] for array in pair]
            if not all(np.isfinite(array).all() for array in own):
                return layer + 1
            H = hidden[layer] if layer < len(hidden) else H
    return None
