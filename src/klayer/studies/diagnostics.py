"""What goes on inside the layers while networks train: signals, dead units, gradients, updates.

A witness looks at a fixed sample of training rows at every evaluation. It writes before the
checkpoint is written, so that a run that is resumed has all rows up to there.
"""

import csv
import io
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from klayer import network
from klayer.architecture import Array, Parameters
from klayer.data import Data
from klayer.engines.reference import with_slots
from klayer.randomness import Stream, generator
from klayer.state import State
from klayer.storage import write_whole
from klayer.studies.stack import Stack
from klayer.training import Consumer, Evaluated, Event, Started
from klayer.training.job import update_of
from klayer.training.presentation import presented
from klayer.updates import SGD, Update
from klayer.updates.clipping import clip

LAYERS_FILE = "layers.csv"
SAMPLE = 500  # rows
PLAIN = SGD()


@dataclass(frozen=True)
class LayerRow:
    """One layer of one network at one evaluation.

    Attributes:
        step: updates done.
        network: position in the stack.
        layer: 1 … k.
        mean: of the layer's activations H_l over units and samples; of its logits for layer k.
        sd: their standard deviation.
        never_on: share of units whose ReLU is zero on the whole sample; 0 for layer k.
        gradient: ‖∂J/∂W_l‖.
        update: ‖W'_l − W_l‖/‖W_l‖, where W'_l is what the update rule makes of W_l with that
            gradient, the highest learning rate η of the training, whatever the schedule has at this
            step, and what it remembers: for plain descent η ‖∂J/∂W_l‖/‖W_l‖. It is nan where what
            the rule remembers is not known.
    """

    step: int
    network: int
    layer: int
    mean: float
    sd: float
    never_on: float
    gradient: float
    update: float


def layer_rows(
    state: State,
    H: Array,
    y: Array,
    lam: Array,
    rate: float,
    update: Update = PLAIN,
    clip_norm: float | None = None,
) -> list[LayerRow]:
    """Return what goes on in every layer of every network, in float64.

    Args:
        state: the stack.
        H: standardised rows, (d, n).
        y: their classes, (n,).
        lam: λ, (P,).
        rate: the learning rate η by which an update's size is judged.
        update: the update rule.
        clip_norm: the largest norm of a gradient in an update; None for any.
    """
    wide = replace(
        state,
        theta=state.theta.astype(np.float64),
        slots={name: slot.astype(np.float64) for name, slot in state.slots.items()},
    )
    H, parameters = H.astype(np.float64), wide.parameters
    found = network.cost(parameters, H, y, lam, state.architecture.epsilon)
    signals = [*found.forward.hidden, found.forward.S]  # each (P, m_l, n)
    gradient = found.gradient()
    steps = [_norms(dW) for dW in gradient.W], _changes(wide, gradient, rate, update, clip_norm)
    rows = []
    for layer, (signal, W, norm, change) in enumerate(
        zip(signals, parameters.W, *steps, strict=True), 1
    ):
        never = (signal.max(axis=-1) <= 0).mean(axis=-1) * (layer < len(signals))
        mean, sd = signal.mean(axis=(-1, -2)), signal.std(axis=(-1, -2))
        measured = (mean, sd, never, norm, change / _norms(W))
        for position, figures in enumerate(np.stack(measured, axis=-1).tolist()):
            rows.append(LayerRow(state.steps, position, layer, *figures))
    return rows


def _changes(
    state: State, gradient: Parameters, rate: float, update: Update, clip_norm: float | None
) -> list[Array]:
    """Return how far an update moves every layer's weights, (P,) each; the gradient is used up."""
    W, after = state.parameters.W, state.copy()
    if not set(update.slots) <= set(state.slots):
        return [np.full(len(layer), np.nan) for layer in W]
    if clip_norm is not None:
        clip(gradient, clip_norm)
    rates = np.full((state.networks, 1, 1), rate)
    for (name, theta, slots), (_, d_theta) in zip(with_slots(after), gradient.named(), strict=True):
        update(theta, d_theta, rates, slots, state.steps, name.startswith("W"))
    return [_norms(new - old) for new, old in zip(after.parameters.W, W, strict=True)]


def _norms(array: Array) -> Array:
    """Return the norm of every network's part of an array (P, m, n), (P,)."""
    found: Array = np.sqrt((array**2).sum(axis=(-1, -2)))
    return found


class LayerWitness:
    """Listens to one training and notes what goes on in its layers.

    Args:
        stack: what is trained.
        data: its sets.
        path: where to keep the rows; None to keep them in memory.
    """

    def __init__(self, stack: Stack, data: Data, path: Path | None) -> None:
        data = presented(data, stack.plan)
        chosen = generator(stack.plan.seed, Stream.SAMPLE).permutation(data.training)[:SAMPLE]
        self._H, self._y = data.samples.gather(chosen, np.float64).T, data.samples.y[chosen]
        self._lam, self._path = np.array(stack.plan.per_network("lam"), float), path
        self._rate = stack.plan.highest_rate(len(data.training))
        self._update, self._clip_norm = update_of(stack.plan), stack.plan.clip_norm
        self.rows: list[LayerRow] = []

    def __call__(self, event: Event) -> None:
        """Take the rows of earlier sittings up, or note what an evaluation shows."""
        if isinstance(event, Started) and self._path is not None:
            self.rows = [row for row in read_layers(self._path) if row.step <= event.state.steps]
        elif isinstance(event, Evaluated) and event.rows:
            step = event.state.steps
            self.rows = [row for row in self.rows if row.step < step]
            with np.errstate(over="ignore", invalid="ignore"):
                self.rows += layer_rows(
                    event.state, self._H, self._y, self._lam, self._rate,
                    self._update, self._clip_norm,
                )  # fmt: skip
            if self._path is not None:
                write_whole(self._path, to_csv(self.rows))


class Diagnostics:
    """The layers of all stacks of a study; in their run directories, or in memory."""

    def __init__(self, out: Path | None) -> None:
        self._out = out
        self._memory: dict[str, LayerWitness] = {}

    def witness(self, stack: Stack, data: Data, run: Path | None) -> Consumer:
        """Return the listener to one stack's training."""
        path = None if run is None else run / LAYERS_FILE
        self._memory[stack.folder] = LayerWitness(stack, data, path)
        return self._memory[stack.folder]

    def rows(self, stack: Stack) -> list[LayerRow]:
        """Return what was noted of a stack."""
        if self._out is None:
            return self._memory[stack.folder].rows
        return read_layers(self._out / stack.folder / LAYERS_FILE)


def to_csv(rows: list[LayerRow]) -> str:
    """Return rows as CSV with a header; numbers read back as they were."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [each.name for each in fields(LayerRow)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def read_layers(path: Path) -> list[LayerRow]:
    """Return the rows in a file; none where there is no file."""
    if not path.exists():
        return []
    lines = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    whole = ("step", "network", "layer")
    found = []
    for line in lines:
        step, position, layer = (int(line.pop(name)) for name in whole)
        figures = {name: float(text) for name, text in line.items()}
        found.append(LayerRow(step, position, layer, **figures))
    return found
