"""Pictures as their low frequencies, which is how a first layer learns from them most quickly.

Neighbouring pixels are nearly the same, so that a step along the gradient of pixels' weights mostly
changes what all of them have in common. Frequencies are nearly uncorrelated, and the highest of
them, most of them noise, need not be read at all. The map is linear: weights of frequencies are
weights of pixels in other coordinates, and `pixel_weights` returns them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import DTypeLike, NDArray

from klayer.architecture import Array

Reals = NDArray[np.float64]
COLOURS = np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])
"""Brightness and two opponent colours of red, green and blue, orthonormal."""


@dataclass(frozen=True)
class Frequencies:
    """The lowest frequencies of pictures, an orthonormal basis of smooth ones.

        f[c, u, v] = Σ_{c', y, x} colours[c, c'] D_h[u, y] D_w[v, x] picture[c', y, x]
        D_s[0, y] = √(1/s),   D_s[u, y] = √(2/s) cos(π (y + ½) u/s)

    kept where u² + v² < radius² for brightness and u² + v² < (radius/2)² for the two opponent
    colours, in which eyes and JPEG files are as coarse. Pictures that do not have three channels
    keep the frequencies of each channel below `radius`.

    Args:
        picture: (height, width, channels).
        radius: of the frequencies that are kept, in half periods over a side.

    References:
        Ahmed, Natarajan and Rao, "Discrete Cosine Transform", 1974.

    Example:
        >>> low = Frequencies(picture=(32, 32, 3), radius=20)
        >>> low.size
        503
        >>> grey = Frequencies(picture=(2, 2, 1), radius=2)
        >>> grey(np.array([[10, 20, 10, 20]], np.uint8)).round(9).tolist()
        [[30.0, -10.0, 0.0, 0.0]]
    """

    picture: tuple[int, int, int]
    radius: int

    @cached_property
    def down(self) -> Reals:
        """D_h for the frequencies that may be kept, (u, height)."""
        return _cosines(self.picture[0], self.radius)

    @cached_property
    def across(self) -> Reals:
        """D_w likewise, (v, width)."""
        return _cosines(self.picture[1], self.radius)

    @cached_property
    def colours(self) -> Reals:
        """What each plane is a mixture of, (channels, channels)."""
        return COLOURS if self.picture[2] == 3 else np.eye(self.picture[2])

    @cached_property
    def kept(self) -> NDArray[np.int64]:
        """The places of what is kept among all f[c, u, v], (size,)."""
        u, v = np.arange(len(self.down))[:, None], np.arange(len(self.across))
        radii = np.full(self.picture[2], float(self.radius))
        radii[1:] /= 2 if self.picture[2] == 3 else 1
        return np.flatnonzero(u**2 + v**2 < radii[:, None, None] ** 2)

    @property
    def size(self) -> int:
        """How many frequencies are kept."""
        return len(self.kept)

    def __call__(self, rows: Array, dtype: DTypeLike = np.float64) -> Array:
        """Return the frequencies of pictures.

        Args:
            rows: plane after plane, (n, channels · height · width).
            dtype: of the result.

        Returns:
            (n, size)
        """
        height, width, channels = self.picture
        planes: Array = rows.reshape(len(rows), channels, height * width).astype(dtype)
        mixed = self.colours.astype(dtype) @ planes
        squares = mixed.reshape(-1, height, width)
        found = self.down.astype(dtype) @ squares @ self.across.T.astype(dtype)
        kept: Array = found.reshape(len(rows), -1)[:, self.kept]
        return kept

    def pixel_weights(self, weights: Array) -> Array:
        """Return weights of pixels that give what weights of frequencies give.

        Args:
            weights: (…, size).

        Returns:
            (…, channels · height · width), of the same type.
        """
        height, width, channels = self.picture
        shape = (channels, len(self.down), len(self.across))
        spread = np.zeros((*weights.shape[:-1], np.prod(shape)))
        spread[..., self.kept] = weights
        squares = self.down.T @ spread.reshape(-1, *shape) @ self.across
        found = self.colours.T @ squares.reshape(-1, channels, height * width)
        return found.reshape(*weights.shape[:-1], -1).astype(weights.dtype)


def _cosines(side: int, radius: int) -> Reals:
    """Return the rows below `radius` of the orthonormal cosine transform (DCT-II) of a side."""
    from scipy.fft import dct

    rows: Reals = dct(np.eye(side), axis=0, norm="ortho")[:radius]
    return rows
