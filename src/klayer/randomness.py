"""One seed, and from it one independent stream of random numbers for each purpose.

A generator is named by the seed, the purpose and what else distinguishes it (the epoch, the
network's weight seed), so that any of them can be made again at any time without replaying others.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What random numbers are drawn for."""

    SPLIT = 0
    WEIGHTS = 1
    ORDER = 2
    NOISE = 3
    SAMPLE = 4


def noise_seed(seed: int, *key: int) -> int:
    """Return the 32 bits that key one stream of noise inside training; see `klayer.noise`.

    Example:
        >>> noise_seed(0, 1) == noise_seed(0, 1), noise_seed(0, 1) == noise_seed(0, 2)
        (True, False)
    """
    return int(generator(seed, Stream.NOISE, *key).integers(2**32))


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator of one stream of `seed`.

    Args:
        seed: any non-negative integer.
        stream: the purpose.
        *key: further non-negative integers, such as the epoch.

    Returns:
        A generator independent of every other (seed, stream, key).

    Example:
        >>> first = generator(0, Stream.ORDER, 1).permutation(5)
        >>> again = generator(0, Stream.ORDER, 1).permutation(5)
        >>> bool((first == again).all())
        True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(stream), *key)))
