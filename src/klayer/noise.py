"""Noise inside training: random bits that are a pure function of where they are used.

The bits of (seed, step, layer, unit, sample) are computed from these five numbers alone, so a
training may be cut anywhere, in a stack or alone, and shared among any threads, and sees the same
noise. All arithmetic is that of 32-bit unsigned numbers, which wrap:

    mix(x):  x ^= x >> 16;  x *= 0x21f0aaad;  x ^= x >> 15;  x *= 0x735a2d97;  x ^= x >> 15
    key() = 0,  key(…, word) = mix((key(…) ^ word) + 0x9e3779b9)
    bits(seed, step, layer, unit, sample) = mix(key(seed, step, layer, unit) ^ sample)

`step` counts updates from 0, `sample` is the position in the mini-batch. Layers 1 … k − 1 are the
hidden ones, whose units are dropped out; layer 0 is the input, whose pictures are moved.

References:
    Wellons, "Prospecting for hash functions", 2018, with the constants found there since.
"""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from klayer.architecture import Array

INCREMENT = np.uint32(0x9E3779B9)


def mix(x: ArrayLike) -> NDArray[np.uint32]:
    """Return 32-bit numbers that look unlike `x`, one for one.

    Example:
        >>> mix([0, 1, 2])
        array([         0, 2261973619,  229111015], dtype=uint32)
    """
    x = np.array(x, np.uint32)  # an array of its own, for numbers alone would warn when they wrap
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x21F0AAAD)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x735A2D97)
    x ^= x >> np.uint32(15)
    return x


def key(*words: ArrayLike) -> NDArray[np.uint32]:
    """Return a 32-bit number made of some words, which may be arrays: they broadcast.

    Example:
        >>> bool(key(7, 0) != key(0, 7))
        True
    """
    made = np.zeros((), np.uint32)
    for word in words:
        made = mix(np.add(made ^ np.asarray(word, np.uint32), INCREMENT))
    return made


def bits(
    seed: ArrayLike, step: int, layer: int, unit: ArrayLike, samples: int
) -> NDArray[np.uint32]:
    """Return the bits of the samples 0 … samples − 1, (…, samples), 32 for each.

    Args:
        seed: 0 … 2³² − 1, a number or an array.
        step: updates done before.
        layer: 0 for the input.
        unit: a number or an array, which broadcasts with `seed`; its last axis is the samples'.
        samples: how many.

    Example:
        >>> some, more = (bits(7, step=0, layer=1, unit=0, samples=n) for n in (2, 3))
        >>> bool((some == more[:2]).all())
        True
    """
    return mix(key(seed, step, layer, unit) ^ np.arange(samples, dtype=np.uint32))


def threshold(share: float) -> np.uint32:
    """Return the number below which a share, 0 … 1, of all 32-bit numbers lie.

    Example:
        >>> int(threshold(0.25)) == 2**30
        True
    """
    return np.uint32(min(round(share * 2**32), 2**32 - 1))


def dropout_factors(
    seeds: NDArray[np.uint32], step: int, layer: int, shape: tuple[int, int], rate: float,
    dtype: DTypeLike,
) -> Array:  # fmt: skip
    """Return what the activations of a hidden layer are multiplied by: 0 or 1/(1 − rate).

    Args:
        seeds: one for each network, (P,).
        step: updates done before.
        layer: 1 … k − 1.
        shape: (m, n), units and samples.
        rate: the share of activations that are dropped, in [0, 1).
        dtype: of the factors.

    Returns:
        Factors, (P, m, n), whose mean is about 1.

    Example:
        >>> dropout_factors(np.array([5], np.uint32), 0, 1, (1, 4), rate=0.5, dtype=float)
        array([[[0., 0., 0., 2.]]])
    """
    units = np.arange(shape[0], dtype=np.uint32)[:, None]
    kept = bits(seeds[:, None, None], step, layer, units, shape[1]) >= threshold(rate)
    factors: Array = kept * np.asarray(1 / (1 - rate), dtype)
    return factors
