"""Pictures moved at random on their way into a mini-batch: mirrored, and rolled by some pixels."""

from dataclasses import dataclass

import numpy as np

from klayer.architecture import Array
from klayer.noise import bits

INPUT = 0  # the layer of the noise
FLIP, DOWN, RIGHT = 0, 1, 2  # and its units


@dataclass(frozen=True)
class Augmentation:
    """Random horizontal flips and shifts of the pictures of a mini-batch, each on its own.

    With probability 1/2 a picture is mirrored; then it is rolled by a whole number of pixels in
    −shift … shift, all equally likely, down and to the right: what leaves at one edge comes back
    at the other. The same for all networks of a stack.

    Args:
        picture: (height, width, channels).
        flip: whether to mirror.
        shift: the most pixels to roll by; 0 for none.
        seed: 0 … 2³² − 1.

    Example:
        >>> moved = Augmentation(picture=(1, 4, 1), flip=True, shift=1, seed=3)
        >>> moved(np.array([[1, 2, 3, 4]] * 3, np.uint8), step=0)
        array([[4, 1, 2, 3],
               [2, 3, 4, 1],
               [4, 1, 2, 3]], dtype=uint8)
    """

    picture: tuple[int, int, int]
    flip: bool
    shift: int
    seed: int

    def __call__(self, rows: Array, step: int) -> Array:
        """Return the moved pictures of a mini-batch.

        Args:
            rows: pictures, plane after plane, (n, channels · height · width).
            step: updates done before.
        """
        height, width, channels = self.picture
        n = len(rows)
        down, right = self._shifts(step, DOWN, n), self._shifts(step, RIGHT, n)
        y = (np.arange(height) - down[:, None]) % height
        x = (np.arange(width) - right[:, None]) % width
        if self.flip:
            mirrored = bits(self.seed, step, INPUT, FLIP, n) >> np.uint32(31) == 1
            x = np.where(mirrored[:, None], width - 1 - x, x)
        pictures = rows.reshape(n, channels, height, width)
        samples, planes = np.arange(n)[:, None, None, None], np.arange(channels)[:, None, None]
        moved: Array = pictures[samples, planes, y[:, None, :, None], x[:, None, None, :]]
        return moved.reshape(rows.shape)

    def _shifts(self, step: int, unit: int, n: int) -> Array:
        """Return ⌊bits · (2 shift + 1)/2³²⌋ − shift of every sample, (n,)."""
        wide = bits(self.seed, step, INPUT, unit, n).astype(np.uint64)
        share: Array = (wide * np.uint64(2 * self.shift + 1)) >> np.uint64(32)
        return share.astype(np.int64) - self.shift
