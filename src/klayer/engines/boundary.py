"""What every engine refuses before it computes: arrays that do not belong together."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.engines.contract import Objective
from klayer.errors import InputError
from klayer.samples import Samples
from klayer.state import State
from klayer.updates import Update


def check_rows(state: State, samples: Samples, rows: NDArray[np.int64]) -> None:
    """Refuse rows that a stack cannot read.

    Args:
        state: the stack.
        samples: the rows' features and classes.
        rows: their indices.

    Raises:
        InputError: they have another number of features, or their arrays or the stack's differ in
            length; an index or a class is out of range.

    Example:
        >>> from klayer.architecture import Architecture
        >>> from klayer.state import initial_state
        >>> rows = Samples(np.zeros((5, 3)), np.zeros(5, np.int64), np.zeros(3), np.ones(3))
        >>> check_rows(initial_state(Architecture(4, (), 2)), rows, np.arange(5))
        Traceback (most recent call last):
        klayer.errors.InputError: samples must have the network's 4 features, but got 3
    """
    _check_features(state.architecture.inputs, samples)
    _check_buffers(state)
    _check_range("row indices", rows, len(samples.y))
    _check_range("classes", samples.y[rows], state.architecture.classes)


def check_training(
    state: State,
    samples: Samples,
    order: NDArray[np.int64],
    offsets: NDArray[np.int64],
    rates: NDArray[np.float64],
    objective: Objective,
    update: Update,
) -> None:
    """Refuse what `Engine.train` cannot be asked for.

    Raises:
        InputError: as for `check_rows`; or there is not one mini-batch of some rows for each rate,
            or not one seed or slot for each network that needs it.
    """
    steps, networks = len(rates), state.networks
    if len(offsets) <= steps:
        raise InputError(f"{steps} updates must have {steps + 1} offsets, but got {len(offsets)}")
    offsets = offsets[: steps + 1]
    _check_range("offsets", offsets, len(order) + 1)
    if len(empty := np.flatnonzero(np.diff(offsets) < 1)):
        raise InputError(f"every mini-batch must have rows, but that of update {empty[0]} has none")
    check_rows(state, samples, order[offsets[0] : offsets[-1]])
    if objective.dropout and len(objective.dropout_seeds) < networks:
        raise InputError(
            f"dropout must have a seed for each of {networks} networks, but got "
            f"{len(objective.dropout_seeds)}"
        )
    moved, pixels = objective.augmentation, samples.X.shape[1]
    if moved is not None and pixels != np.prod(moved.picture):
        raise InputError(f"moved pictures must be {moved.picture}, but rows have {pixels} numbers")
    if missing := [name for name in update.slots if name not in state.slots]:
        raise InputError(f"the stack must remember {missing[0]!r} for {update.name}, but does not")


def _check_features(inputs: int, samples: Samples) -> None:
    """Refuse samples that are of other features, or whose arrays differ in length."""
    (n, pixels), low = samples.X.shape, samples.frequencies
    features = pixels if low is None else low.size
    if features != inputs:
        raise InputError(
            f"samples must have the network's {inputs:,} features, but got {features:,}"
        )
    if low is not None and (pixels != np.prod(low.picture) or samples.X.itemsize != 1):
        raise InputError(
            f"rows must be pictures of bytes, {low.picture}, where frequencies are read, but have "
            f"{pixels:,} numbers, {samples.X.dtype}"
        )
    arrays = {"y": (samples.y, n), "weights": (samples.weights, n)}
    arrays |= {"mean": (samples.mean, inputs), "inverse_std": (samples.inverse_std, inputs)}
    _check_lengths("samples", arrays)


def _check_buffers(state: State) -> None:
    """Refuse a stack whose buffers are not of one number of networks."""
    size, networks = state.architecture.size, state.networks
    arrays = {f"slots[{name!r}]": (slot, networks * size) for name, slot in state.slots.items()}
    arrays |= {"theta": (state.theta, networks * size), "active": (state.active, networks)}
    arrays |= {"moving": (state.moving, networks * state.architecture.statistics_size)}
    _check_lengths(f"{networks} networks", arrays)


def _check_lengths(whose: str, arrays: Mapping[str, tuple[Array | None, int]]) -> None:
    """Refuse an array of another length, where there is one."""
    for name, (array, length) in arrays.items():
        if array is not None and array.shape != (length,):
            raise InputError(
                f"`{name}` of {whose} must have shape ({length},), but got {array.shape}"
            )


def _check_range(name: str, values: NDArray[np.int64], end: int) -> None:
    """Refuse values that are not in 0 … end − 1."""
    for value in (values.min(), values.max()) if values.size else ():
        if not 0 <= value < end:
            raise InputError(f"{name} must be in 0 … {end - 1}, but got {value}")
