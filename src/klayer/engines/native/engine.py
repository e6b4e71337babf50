"""The native engine's face: states and samples in, contiguous arrays to C++, new states out."""

import os
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.engines.boundary import check_rows, check_training
from klayer.engines.contract import FEATURES, Evaluation, Objective, features_of
from klayer.errors import InputError
from klayer.frequencies import Frequencies
from klayer.noise import threshold
from klayer.samples import Samples
from klayer.state import State
from klayer.updates import SGD, AdamW, Momentum, Update

try:
    from klayer.engines.native import _core
except ImportError:  # installed without a compiler
    _core = None  # type: ignore[assignment]

MOST_THREADS = 256  # of a team


def is_built() -> bool:
    """Return whether the extension was built and loads here."""
    return _core is not None


def instruction_set() -> str:
    """Return which code runs: "v4_vnni", "v4", "v3" or "baseline" (x86-64), or "portable".

    The environment variable KLAYER_NATIVE_ISA forces one.

    Raises:
        InputError: it names none that runs here.
    """
    try:
        return _core.isa()
    except ValueError as error:
        raise InputError(f"{error}; {' or '.join(_core.builds())} does") from error


def instruction_sets() -> tuple[str, ...]:
    """Return the names of all code that runs here, the fastest first."""
    return tuple(_core.builds())


def fma_peak(seconds: float, threads: int | None = None) -> float:
    """Return how many float32 operations a second this machine does with nothing else to do.

    Args:
        seconds: how long to measure.
        threads: how many compute; the process's allowed CPUs by default.
    """
    peak: float = _core.fma_peak(seconds, min(threads or _allowed_cpus(), MOST_THREADS))
    return peak


class NativeEngine:
    """Trains and evaluates stacks in C++; see `klayer.engines.contract.Engine`.

    Neither the number of threads nor the other networks of a stack change a bit.

    Args:
        threads: how many threads compute; the process's allowed CPUs by default.

    Attributes:
        instruction_set: which code runs; see the function of this name.

    Raises:
        InputError: `threads` is less than one, or KLAYER_NATIVE_ISA names no code that runs here.
    """

    name = "native"
    features = frozenset(FEATURES)

    def __init__(self, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise InputError(f"`threads` must be at least 1, but got {threads}")
        self.threads = min(threads or _allowed_cpus(), MOST_THREADS)
        self.instruction_set = instruction_set()

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
        unknown = set(features_of(samples, objective, update)) - self.features
        if unknown:
            raise InputError(
                f"the native engine must know a training's {', '.join(unknown)}, but does not"
            )
        # C++ finds each slot right behind theta, then room for a gradient that is to be clipped.
        room = [] if objective.clip_norm is None else [state.theta]
        parts = np.array([state.theta, *(state.slots[name] for name in update.slots), *room])
        state = replace(state, moving=state.moving.copy(), active=state.active.copy())
        steps, networks = len(rates), state.networks
        losses = np.full((steps, networks), np.nan)
        _core.train(
            _net(state, parts),
            _table(samples),
            _whole(order),
            _whole(offsets[: steps + 1]),
            state.steps,
            _real(np.broadcast_to(rates.reshape(steps, -1), (steps, networks))),
            _objective(objective, networks, samples),
            _rule(update, objective.clip_norm),
            False,
            losses,
            self.threads,
        )
        slots = dict(zip(update.slots, parts[1:], strict=False))
        return replace(state, theta=parts[0], slots=slots, steps=state.steps + steps), losses

    def begin(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> State:
        """Return the stack with its moving statistics set to those of one batch."""
        check_rows(state, samples, rows)
        state = replace(state.copy(), moving=np.zeros_like(state.moving))
        none = np.zeros((1, state.networks))
        offsets = np.array([0, len(rows)])
        _core.train(
            _net(state),
            _table(samples),
            _whole(rows),
            offsets,
            0,
            none,
            _objective(Objective(none[0], moving_decay=0.0), state.networks, samples),
            _rule(SGD()),
            True,
            none,
            self.threads,
        )
        return state

    def evaluate(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> Evaluation:
        """Return the figures on `rows`."""
        check_rows(state, samples, rows)
        figures = Evaluation(*np.empty((3, state.networks)))
        _core.evaluate(_net(state), _table(samples), _whole(rows), *figures, None, self.threads)
        return figures

    def logits(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> Array:
        """Return S_k of `rows`, (P, len(rows), K)."""
        check_rows(state, samples, rows)
        shape = (state.networks, len(rows), state.architecture.classes)
        found = np.empty(shape, state.theta.dtype)
        unused = np.empty(0)
        _core.evaluate(
            _net(state), _table(samples), _whole(rows), unused, unused, unused, found, self.threads
        )
        return found


def _allowed_cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _objective(objective: Objective, networks: int, samples: Samples) -> "_core.Objective":
    """Return what is minimised for C++."""
    moved = objective.augmentation
    return _core.Objective(
        _real(np.broadcast_to(objective.lam, (networks,))),
        objective.moving_decay,
        objective.label_smoothing,
        None if samples.weights is None else _real(samples.weights),
        1 / (1 - objective.dropout),
        int(threshold(objective.dropout)),
        np.ascontiguousarray(objective.dropout_seeds, dtype=np.uint32),
        (0, 0, 0) if moved is None else moved.picture,
        moved is not None and moved.flip,
        0 if moved is None else moved.shift,
        0 if moved is None else moved.seed,
    )


def _rule(update: Update, clip_norm: float | None = None) -> "_core.Rule":
    """Return an update rule for C++; what the plain rule does not have is 0."""
    kind = ("sgd", "momentum", "nesterov", "adamw").index(update.name)
    settings = (0.0, 0.0, 0.0, 0.0)
    if isinstance(update, Momentum):
        settings = (update.decay, 0.0, 0.0, 0.0)
    if isinstance(update, AdamW):
        settings = (update.beta1, update.beta2, update.epsilon, update.weight_decay)
    return _core.Rule(kind, *settings, clip_norm or 0.0)


def _net(state: State, parts: Array | None = None) -> "_core.Net":
    """Return a state's buffers for C++, which changes them in place.

    Buffers that may not be written, such as those of a model in a memory map, are copied.

    Args:
        state: the stack.
        parts: theta and, right behind it, what the update rule remembers, (1 + slots, P · size);
            the state's own theta by default.
    """
    parts = state.theta[None] if parts is None else parts
    if state.theta.dtype not in (np.float32, np.float64):
        raise InputError(
            f"the native engine computes in float32 or float64, but got {state.theta.dtype}"
        )
    architecture = state.architecture
    return _core.Net(
        list(architecture.widths),
        architecture.batch_norm,
        architecture.epsilon,
        np.require(parts, requirements=("C", "W")),
        np.require(state.moving, requirements=("C", "W")),
        np.require(state.active, requirements=("C", "W")),
        len(parts) - 1,
    )


def _table(samples: Samples) -> "_core.Table":
    """Return the samples for C++."""
    X = samples.X
    if X.dtype not in (np.uint8, np.float32, np.float64):
        raise InputError(f"the native engine reads uint8, float32 or float64, but got {X.dtype}")
    return _core.Table(
        np.ascontiguousarray(X),
        _whole(samples.y),
        _real(samples.mean),
        _real(samples.inverse_std),
        _spectrum(samples.frequencies),
    )


def _spectrum(low: Frequencies | None) -> "_core.Spectrum | None":
    """Return frequencies for C++."""
    if low is None:
        return None
    return _core.Spectrum(
        low.picture, _real(low.colours), _real(low.down), _real(low.across), _whole(low.kept)
    )


def _whole(array: Array) -> NDArray[np.int64]:
    return np.ascontiguousarray(array, dtype=np.int64)


def _real(array: Array) -> NDArray[np.float64]:
    return np.ascontiguousarray(array, dtype=np.float64)
