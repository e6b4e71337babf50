"""Batch normalisation by moving statistics is an affine map, and becomes part of the one before."""

from dataclasses import replace

import numpy as np

from klayer.state import State, initial_state


def folded_state(state: State) -> State:
    """Return the stack with every batch normalisation folded into its affine layer.

        S̃ = γ (W H + b − μ)/√(v + ε) + β = W' H + b'
        W' = γ/√(v + ε) W        b' = γ/√(v + ε) (b − μ) + β

    Computed in float64, then rounded to the stack's own type. A stack without batch normalisation
    is returned as it is.

    Args:
        state: of any architecture.

    Returns:
        A stack whose architecture has no batch normalisation.
    """
    architecture = state.architecture
    if not architecture.batch_norm:
        return state
    plain = replace(architecture, batch_norm=False)
    folded = initial_state(plain, state.networks, state.theta.dtype)
    before, after = state.parameters, folded.parameters
    for layer, (mean, variance) in enumerate(state.statistics):
        scale = before.gamma[layer] / np.sqrt(variance.astype(np.float64) + architecture.epsilon)
        after.W[layer][...] = scale * before.W[layer]
        after.b[layer][...] = scale * (before.b[layer] - mean) + before.beta[layer]
    after.W[-1][...], after.b[-1][...] = before.W[-1], before.b[-1]
    return replace(folded, steps=state.steps, active=state.active)
