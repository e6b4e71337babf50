"""What every engine promises.

- One update in float64 agrees between engines to 1e-12 relative.
- ``train`` over a + b updates is, bit for bit, ``train`` over a and then over b: a run may be cut
  anywhere for progress, checkpoints and Ctrl-C.
- The state that is passed in is left as it was; the new one is returned.
- A network of a stack ends up where it would alone: to rounding, in the native engine to the bit.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.samples import Samples
from klayer.state import State
from klayer.updates import Update


@dataclass(frozen=True, eq=False)
class Objective:
    """What is minimised: the cross-entropy of the mini-batch plus λ Σ_l ‖W_l‖².

    Attributes:
        lam: λ of every network, (P,) float64.
        moving_decay: α of the moving statistics, moving ← α · moving + (1 − α) · batch.
    """

    lam: NDArray[np.float64]
    moving_decay: float = 0.9


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
            The stack after, and the cross-entropy of every mini-batch before its update,
            (steps, P); nan for networks that are not active, whose numbers do not change.
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
