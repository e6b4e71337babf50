"""The job that every contender does, so many times over: one mini-batch, one update.

A task names a folder of prepared rows (see `benchmarks.pixels`) and the networks to train on them.
Weights, order and rates follow from its numbers alone, so that every contender, whatever its
library, begins from the same weights and sees the same mini-batches.
"""

from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

THREE_LAYERS = (50, 50)
NINE_LAYERS = (50, 30, 20, 20, 10, 10, 10, 10)
TRIAL_UPDATES = 10


@dataclass(frozen=True, kw_only=True)
class Task:
    """Train a stack of networks, mini-batch after mini-batch.

    Attributes:
        folder: with X.npy (n, d) raw, X32.npy (n, d) float32 standardised, y.npy (n,),
            mean.npy and inverse_std.npy (d,).
        hidden: widths of the hidden layers.
        networks: P, all on the same mini-batches.
        batch_norm: normalise batches before the ReLU.
        lam: λ of the penalty λ Σ‖W‖², for every network.
        batch_size: rows per update.
        rate_min: the lowest learning rate.
        rate_max: the highest learning rate.
        step_size: half a cycle of the triangular rate, in updates.
        threads: how many each contender may use.
        keep_memory: let the C library keep what is freed, for everyone; else some contenders get
            their arrays from the system anew in every update, others, by luck of sizes, do not.
        seed: of the weights and the order.
    """

    folder: str
    hidden: tuple[int, ...] = THREE_LAYERS
    networks: int = 1
    batch_norm: bool = True
    lam: float = 0.005
    batch_size: int = 100
    rate_min: float = 1e-5
    rate_max: float = 1e-1
    step_size: int = 2250
    threads: int = 2
    keep_memory: bool = True
    seed: int = 0

    epsilon = 1e-5
    moving_decay = 0.9
    classes = 10

    def array(self, name: str) -> Array:
        """Return one of the folder's arrays, mapped: contenders share the pages."""
        found: Array = np.load(Path(self.folder) / f"{name}.npy", mmap_mode="c")
        return found

    @property
    def inputs(self) -> int:
        """d, the number of features."""
        return int(self.array("mean").size)

    @property
    def widths(self) -> tuple[int, ...]:
        """m_0 … m_k."""
        return (self.inputs, *self.hidden, self.classes)

    @property
    def words(self) -> str:
        """The architecture, as in "3-layer BN, 3072-50-50-10"."""
        norm = " BN" if self.batch_norm else ""
        return f"{len(self.widths) - 1}-layer{norm}, {'-'.join(map(str, self.widths))}"

    def weights(self) -> list[Array]:
        """Return He weights W_1 … W_k, each (P, m_l, m_{l−1}) float32."""
        rng = np.random.default_rng(self.seed)
        pairs = list(zip(self.widths, self.widths[1:], strict=False))
        return [
            (np.sqrt(2 / below) * rng.standard_normal((self.networks, width, below))).astype("f4")
            for below, width in pairs
        ]

    def order(self, start: int, steps: int) -> NDArray[np.int64]:
        """Return the rows of the batches of steps start …, (steps, batch_size)."""
        shuffled = _shuffled(len(self.array("y")) // self.batch_size, self.batch_size, self.seed)
        return shuffled[np.arange(start, start + steps) % len(shuffled)]

    def rates(self, start: int, steps: int) -> NDArray[np.float32]:
        """Return the triangular cyclical learning rates of steps start …, (steps,)."""
        phase = np.arange(start, start + steps) % (2 * self.step_size) / self.step_size
        height = 1 - np.abs(phase - 1)
        return (self.rate_min + (self.rate_max - self.rate_min) * height).astype(np.float32)

    def trial(self) -> "Task":
        """Return the task that shows whether contenders do the same: strong rate, strong penalty.

        It is short, for deep networks double a difference of rounding every few updates.
        """
        return replace(self, lam=0.5, rate_min=0.01, rate_max=0.01)

    def to_dict(self) -> dict[str, Any]:
        """Return what `Task(**…)` takes, in JSON's own types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> "Task":
        """Return the task of such settings."""
        return cls(**{**settings, "hidden": tuple(settings["hidden"])})


@cache
def _shuffled(batches: int, batch_size: int, seed: int) -> NDArray[np.int64]:
    """Return one epoch's order, (batches, batch_size); every epoch of a benchmark has the same."""
    order = np.random.default_rng(seed).permutation(batches * batch_size)
    return order.reshape(batches, batch_size)
