"""How a plan's networks see the rows: what each counts, and pictures maybe as their frequencies."""

from dataclasses import replace

import numpy as np

from klayer.data import Data
from klayer.errors import InputError
from klayer.frequencies import Frequencies
from klayer.samples import Samples, standardisation
from klayer.state import State, initial_state
from klayer.training.class_weights import balanced_weights
from klayer.training.plan import Plan


def presented(data: Data, plan: Plan) -> Data:
    """Return the data as a plan's networks read it.

    Args:
        data: as it was loaded.
        plan: whose `class_weight` says what rows count, and whose `frequencies` say whether
            pictures become those.

    Raises:
        InputError: frequencies are asked for, but the rows are no pictures of bytes.

    Example:
        >>> from klayer.data import load_data
        >>> digits = load_data("digits")
        >>> digits.inputs, presented(digits, Plan(frequencies=6)).inputs
        (64, 33)
    """
    data = weighted(data, plan)
    if plan.frequencies is None:
        return data
    samples = data.samples
    if data.picture is None or samples.X.dtype != np.uint8:
        raise InputError(
            f"`frequencies` need rows that are pictures, but {data.name} has none; "
            "leave `frequencies` out"
        )
    low = Frequencies(data.picture, plan.frequencies)
    mean, inverse_std = standardisation(samples.X, data.training, low)
    samples = replace(samples, mean=mean, inverse_std=inverse_std, frequencies=low)
    return replace(data, samples=samples)


def weighted(data: Data, plan: Plan) -> Data:
    """Return the data with the weights that a plan's `class_weight` gives to rows.

    Example:
        >>> from klayer.data import load_data
        >>> digits = load_data("digits")
        >>> weighted(digits, Plan()) is digits
        True
        >>> weighted(digits, Plan(class_weight="balanced")).samples.weights.shape
        (1797,)
    """
    if plan.class_weight is None:
        return data
    return replace(data, samples=replace(data.samples, weights=balanced_weights(data)))


def on_pixels(state: State, read: Samples, raw: Samples) -> State:
    """Return a stack that gives on standardised pixels what another gives on frequencies.

        W_1 s∘(B x − m) + b_1 = W'_1 s'∘(x − m') + b'_1
        W'_1 = W_1 s∘B / s'        b'_1 = b_1 + W_1 s∘(B m' − m)

    with B the map from pixels to frequencies, m and s mean and inverse_std of frequencies, m' and
    s' those of pixels. A pixel that never changes keeps a weight of 0. The cost of the penalty is
    another, since W'_1 is not W_1.

    Args:
        state: of frequencies.
        read: the samples as the stack reads them.
        raw: the same with their pixels.
    """
    low = read.frequencies
    if low is None:
        return state
    architecture = replace(state.architecture, inputs=raw.mean.size)
    found = initial_state(architecture, state.networks, state.theta.dtype)
    for name, numbers in state.parameters.named():
        if name != "W1":
            dict(found.parameters.named())[name][...] = numbers
    found.moving[...] = state.moving
    seen = low(raw.mean[None])[0] - read.mean
    inverse = np.divide(1, raw.inverse_std, out=np.zeros_like(raw.mean), where=raw.inverse_std > 0)
    for network in range(state.networks):
        W = state.parameters.W[0][network].astype(np.float64) * read.inverse_std
        found.parameters.W[0][network] = low.pixel_weights(W) * inverse
        found.parameters.b[0][network] += (W @ seen)[:, None].astype(state.theta.dtype)
    return replace(found, steps=state.steps, active=state.active)
