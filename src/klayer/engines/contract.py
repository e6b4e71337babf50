"""What every engine promises.

- One update in float64 agrees between engines to 1e-12 relative.
- ``train`` over a + b updates is, bit for bit, ``train`` over a and then over b: a run may be cut
  anywhere for progress, checkpoints and Ctrl-C.
- The state that is passed in is left as it was; the new one is returned.
- A network of a stack ends up where it would alone: to rounding, in the native engine to the bit.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.augmentation import Augmentation
from klayer.samples import Samples
from klayer.state import State
from klayer.updates import Update


@dataclass(frozen=True, eq=False)
class Objective:
    """What is minimised: the cross-entropy of the mini-batch plus λ Σ_l ‖W_l‖².

    Evaluations know λ alone: no smoothing, nothing dropped, pictures as they are, rows of weight 1.

    Attributes:
        lam: λ of every network, (P,) float64.
        moving_decay: α of the moving statistics, moving ← α · moving + (1 − α) · batch.
        label_smoothing: the share of each label that is spread over all classes, in [0, 1).
        dropout: the share of hidden activations that are zero in an update, in [0, 1).
        dropout_seeds: of every network, (P,) uint32; needed where `dropout` is not 0.
        clip_norm: the largest norm of a network's gradient; None for any.
        augmentation: how pictures are moved; None where they are not.
    """

    lam: NDArray[np.float64]
    moving_decay: float = 0.9
    label_smoothing: float = 0.0
    dropout: float = 0.0
    dropout_seeds: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    clip_norm: float | None = None
    augmentation: Augmentation | None = None


FEATURES = (
    "momentum", "nesterov", "adamw", "label_smoothing", "dropout", "clip_norm", "flip", "shift",
    "weights",
)  # fmt: skip
"""What a training may need of an engine beyond plain gradient descent; see `features_of`."""


def features_of(samples: Samples, objective: Objective, update: Update) -> tuple[str, ...]:
    """Return which of FEATURES a training needs, named as the settings of a plan.

    Example:
        >>> from klayer.updates import AdamW
        >>> rows = Samples(np.zeros((1, 1)), np.zeros(1, int), np.zeros(1), np.ones(1))
        >>> features_of(rows, Objective(np.zeros(1), dropout=0.1), AdamW())
        ('adamw', 'dropout')
    """
    moved = objective.augmentation
    needed = {
        "label_smoothing": objective.label_smoothing > 0,
        "dropout": objective.dropout > 0,
        "clip_norm": objective.clip_norm is not None,
        "flip": moved is not None and moved.flip,
        "shift": moved is not None and moved.shift > 0,
        "weights": samples.weights is not None,
    }
    return tuple(name for name in FEATURES if needed.get(name, name == update.name))


class Evaluation(NamedTuple):
    """A stack's figures on some rows.

    Attributes:
        cross_entropy: mean of −log P[y_i, i], (P,) float64.
        penalty: Σ_l ‖W_l‖², (P,) float64; the cost is cross_entropy + λ · penalty.
        accuracy: share of rows whose largest logit is their class, (P,) float64.
    """

    cross_entropy: NDArray[np.float64]
    penalty: NDArray[np.float64]
    accuracy: NDArray[np.float64]


class Engine(Protocol):
    """A way to compute: `reference` (NumPy, what is true) or `native` (C++, what is fast)."""

    @property
    def name(self) -> str:
        """How the engine is called in plans, histories and ``--engine``."""
        ...

    @property
    def features(self) -> frozenset[str]:
        """Which of FEATURES it knows; it refuses to train with others."""
        ...

    @property
    def instruction_set(self) -> str | None:
        """Which of the code compiled for it runs here: bits depend on it; None where there is no
        such choice."""
        ...

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
        """Advance by ``len(rates)`` updates; the batch of update t is
        ``order[offsets[t]:offsets[t + 1]]``.

        Args:
            state: the stack before; left as it is.
            samples: the rows.
            order: row indices of all batches, one after another.
            offsets: where batches begin, (steps + 1,).
            rates: learning rate of every update, (steps,) or (steps, P).
            objective: what is minimised.
            update: the rule.

        Returns:
            The stack after, and the cross-entropy of every mini-batch before its update, smoothed
            and weighted as it is minimised, (steps, P); nan for networks that are not active, whose
            numbers do not change.

        Raises:
            InputError: the arrays do not belong together, or the engine lacks one of the features.
        """
        ...

    def begin(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> State:
        """Return the stack with its moving statistics set to those of one batch, the given rows."""
        ...

    def evaluate(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> Evaluation:
        """Return the figures on `rows`, by moving statistics, read in chunks of bounded memory."""
        ...

    def logits(self, state: State, samples: Samples, rows: NDArray[np.int64]) -> Array:
        """Return S_k of `rows` by moving statistics, (P, len(rows), K): samples are rows again."""
        ...
