"""The reference engine: the formulas of `klayer.network`, one mini-batch after another, in NumPy.

It is what a person reads, and what is true. Nothing in it is clever.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from klayer import network
from klayer.architecture import Array, Statistics
from klayer.engines.contract import Evaluation, Objective
from klayer.layers import softmax_cross_entropy
from klayer.samples import CHUNK_BYTES, Samples
from klayer.state import State
from klayer.updates import Update

# A divergence is told by the losses, not by NumPy's warnings.
QUIET = np.errstate(over="ignore", invalid="ignore", divide="ignore")


class ReferenceEngine:
    """Trains and evaluates stacks with NumPy; see `klayer.engines.contract.Engine`."""

    name = "reference"

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
        before, state = state, state.copy()
        parameters, moving = state.parameters, state.statistics  # views: they change with the state
        changing = with_slots(state)
        dtype, networks = state.theta.dtype, state.networks
        rates = np.broadcast_to(rates.reshape(len(rates), -1), (len(rates), networks))
        losses = np.empty((len(rates), networks))
        for t, rate in enumerate(rates.astype(dtype)):
            rows = order[offsets[t] : offsets[t + 1]]
            H = samples.gather(rows, dtype).T
            done = network.cost(
                parameters, H, samples.y[rows], objective.lam, state.architecture.epsilon
            )
            losses[t] = done.cross_entropy
            average(moving, done.forward.statistics, objective.moving_decay)
            gradient = done.gradient().named()
            for (theta, slots), (_, d_theta) in zip(changing, gradient, strict=True):
                update(theta, d_theta, rate[:, None, None], slots, before.steps + t)
        state = replace(state, steps=before.steps + len(rates))
        for position in np.flatnonzero(~state.active).tolist():
            state.assign(position, before, position)
            losses[:, position] = np.nan
        return state, losses

    def begin(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> State:
        """Return the stack with its moving statistics set to those of one batch."""
        state = state.copy()
        H = samples.gather(rows, state.theta.dtype).T
        found = network.forward(state.parameters, H, state.architecture.epsilon).statistics
        for moving, batch in zip(state.statistics, found, strict=True):
            moving.mean[...], moving.variance[...] = batch
        return state

    @QUIET
    def evaluate(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> Evaluation:
        """Return the figures on `rows`."""
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


def with_slots(state: State) -> list[tuple[Array, dict[str, Array]]]:
    """Return every parameter of the stack and what the update rule remembers of it, as views."""
    views = state.architecture.views
    slots = {name: dict(views(slot).named()) for name, slot in state.slots.items()}
    return [
        (theta, {slot: arrays[name] for slot, arrays in slots.items()})
        for name, theta in state.parameters.named()
    ]
