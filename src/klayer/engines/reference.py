"""The reference engine: the formulas of `klayer.network`, one mini-batch after another, in NumPy.

It is what a person reads, and what is true. Nothing in it is clever.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import DTypeLike, NDArray

from klayer import network
from klayer.architecture import Array, Statistics
from klayer.engines.boundary import check_rows, check_training
from klayer.engines.contract import FEATURES, Evaluation, Objective
from klayer.layers import softmax_cross_entropy
from klayer.noise import dropout_factors
from klayer.samples import CHUNK_BYTES, Samples
from klayer.state import State
from klayer.updates import Update, clip

# A divergence is told by the losses, not by NumPy's warnings.
QUIET = np.errstate(over="ignore", invalid="ignore", divide="ignore")


class ReferenceEngine:
    """Trains and evaluates stacks with NumPy; see `klayer.engines.contract.Engine`."""

    name = "reference"
    features = frozenset(FEATURES)
    instruction_set = None

    @QUIET
    def train(
        self,
        state: State,
        samples: Samples,
        order: NDArray[np.int64],
        offsets: NDArray[np.int64],
        rates: NDArray[np.float64],
        objective: Objective,
        update: Update,
    ) -> tuple[State, NDArray[np.float64]]:
        """Advance by ``len(rates)`` updates."""
        check_training(state, samples, order, offsets, rates, objective, update)
        before, state = state, state.copy()
        parameters, moving = state.parameters, state.statistics  # views: they change with the state
        changing = with_slots(state)
        dtype, networks = state.theta.dtype, state.networks
        rates = np.broadcast_to(rates.reshape(len(rates), -1), (len(rates), networks))
        losses = np.empty((len(rates), networks))
        for t, rate in enumerate(rates.astype(dtype)):
            step, rows = before.steps + t, order[offsets[t] : offsets[t + 1]]
            done = network.cost(
                parameters,
                gather_moved(samples, rows, dtype, objective, step).T,
                samples.y[rows],
                objective.lam,
                state.architecture.epsilon,
                smoothing=objective.label_smoothing,
                weights=None if samples.weights is None else samples.weights[rows].astype(dtype),
                factors=factors_of(state, objective, step, len(rows)),
            )
            losses[t] = done.cross_entropy
            average(moving, done.forward.statistics, objective.moving_decay)
            gradient = done.gradient()
            if objective.clip_norm is not None:
                clip(gradient, objective.clip_norm)
            for (name, theta, slots), (_, d_theta) in zip(changing, gradient.named(), strict=True):
                weight = name.startswith("W")
                update(theta, d_theta, rate[:, None, None], slots, step, weight)
        state = replace(state, steps=before.steps + len(rates))
        for position in np.flatnonzero(~state.active).tolist():
            state.assign(position, before, position)
            losses[:, position] = np.nan
        return state, losses

    @QUIET
    def begin(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> State:
        """Return the stack with its moving statistics set to those of one batch."""
        check_rows(state, samples, rows)
        state = state.copy()
        H = samples.gather(rows, state.theta.dtype).T
        found = network.forward(state.parameters, H, state.architecture.epsilon).statistics
        for moving, batch in zip(state.statistics, found, strict=True):
            moving.mean[...], moving.variance[...] = batch
        return state

    @QUIET
    def evaluate(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> Evaluation:
        """Return the figures on `rows`."""
        check_rows(state, samples, rows)
        loss = np.zeros(state.networks)
        right = np.zeros(state.networks)
        for chunk, S in self._chunks(state, samples, rows):
            y = samples.y[chunk]
            loss += softmax_cross_entropy(S, y)[0].astype(np.float64) * len(chunk)
            right += (S.argmax(axis=-2) == y).sum(axis=-1)
        penalty = sum((W.astype(np.float64) ** 2).sum(axis=(-1, -2)) for W in state.parameters.W)
        return Evaluation(loss / len(rows), penalty, right / len(rows))

    def logits(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> Array:
        """Return S_k of `rows`, (P, len(rows), K)."""
        check_rows(state, samples, rows)
        found = [S.swapaxes(-1, -2) for _, S in self._chunks(state, samples, rows)]
        return np.concatenate(found, axis=1)

    def _chunks(
        self, state: State, samples: Samples, rows: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], Array]]:
        """Yield row indices and their logits (P, K, n), a bounded number of bytes at a time."""
        architecture, dtype = state.architecture, state.theta.dtype
        parameters, statistics = state.parameters, state.statistics
        widest = max(architecture.inputs, state.networks * max(architecture.widths[1:]))
        step = max(1, CHUNK_BYTES // (dtype.itemsize * widest))
        for start in range(0, len(rows), step):
            chunk = rows[start : start + step]
            H = samples.gather(chunk, dtype).T
            yield chunk, network.forward(parameters, H, architecture.epsilon, statistics).S


def average(moving: tuple[Statistics, ...], batch: tuple[Statistics, ...], decay: float) -> None:
    """Move the moving statistics towards those of a batch, in place: m ← α m + (1 − α) batch."""
    for layer, own in zip(moving, batch, strict=True):
        for old, new in zip(layer, own, strict=True):
            old *= decay
            old += (1 - decay) * new


def gather_moved(
    samples: Samples, rows: NDArray[np.int64], dtype: DTypeLike, objective: Objective, step: int
) -> Array:
    """Return the standardised rows of a mini-batch, (n, d), pictures moved where they are to be."""
    moved = objective.augmentation
    return samples.gather(rows, dtype, None if moved is None else lambda raw: moved(raw, step))


def factors_of(state: State, objective: Objective, step: int, n: int) -> list[Array]:
    """Return the factors of dropout in an update for each hidden layer, (P, m_l, n), or none."""
    if not objective.dropout:
        return []
    seeds, dtype = objective.dropout_seeds, state.theta.dtype
    return [
        dropout_factors(seeds, step, layer, (width, n), objective.dropout, dtype)
        for layer, width in enumerate(state.architecture.hidden, 1)
    ]


def with_slots(state: State) -> list[tuple[str, Array, dict[str, Array]]]:
    """Return every parameter of the stack by name, and what the update rule remembers of it."""
    views = state.architecture.views
    slots = {name: dict(views(slot).named()) for name, slot in state.slots.items()}
    return [
        (name, theta, {slot: arrays[name] for slot, arrays in slots.items()})
        for name, theta in state.parameters.named()
    ]
