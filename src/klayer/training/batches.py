"""Mini-batches: a fresh shuffle of the training rows each epoch, cut at any step.

The order of an epoch depends on the seed and the epoch alone, so that a run can be taken up at any
step without replaying what came before.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from klayer.randomness import Stream, generator


@dataclass(frozen=True, eq=False)
class Batches:
    """The mini-batches of a run.

    Attributes:
        rows: the training rows' indices, (n,).
        batch_size: rows per batch; the last of an epoch may be smaller.
        per_epoch: batches per epoch; rows beyond them are left out of that epoch.
        seed: of the run.

    Example:
        >>> batches = Batches(np.arange(10), batch_size=4, per_epoch=3, seed=0)
        >>> order, offsets = batches.between(0, 4)
        >>> offsets.tolist(), sorted(order[:10].tolist()) == list(range(10))
        ([0, 4, 8, 10, 14], True)
    """

    rows: NDArray[np.int64]
    batch_size: int
    per_epoch: int
    seed: int
    _last: dict[int, NDArray[np.int64]] = field(default_factory=dict, init=False, repr=False)

    def between(self, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows of the batches of steps start … stop − 1, and where each begins."""
        orders, offsets = [np.empty(0, np.int64)], [0]
        step = start
        while step < stop:
            epoch, first = divmod(step, self.per_epoch)
            last = min(self.per_epoch, first + stop - step)
            shuffled = self._order(epoch)
            edges = np.minimum(np.arange(first, last + 1) * self.batch_size, len(self.rows))
            orders.append(shuffled[edges[0] : edges[-1]])
            offsets += (edges[1:] - edges[0] + offsets[-1]).tolist()
            step += last - first
        return np.concatenate(orders), np.array(offsets, np.int64)

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """Return the shuffled rows of an epoch; the last ones are kept, for the calls in it."""
        if epoch not in self._last:
            self._last.clear()
            self._last[epoch] = generator(self.seed, Stream.ORDER, epoch).permutation(self.rows)
        return self._last[epoch]

    def rows_before(self, step: int) -> int:
        """Return how many rows the batches before a step hold together."""
        whole, rest = divmod(step, self.per_epoch)
        of_an_epoch = min(len(self.rows), self.per_epoch * self.batch_size)
        return whole * of_an_epoch + rest * self.batch_size
