"""Which entries of every parameter are compared: all, or a sample with some of every parameter."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

LEAST = 10


def choose_entries(
    sizes: Mapping[str, int], total: int | None, draws: np.random.Generator
) -> dict[str, NDArray[np.int64]]:
    """Return flat indices into every parameter, in increasing order.

    Args:
        sizes: the number of entries of every parameter.
        total: how many entries to compare in all; None for all there are.
        draws: the generator the sample is drawn from.

    Returns:
        By parameter, all its entries or a random sample: in proportion to its size, so that about
        `total` are compared, but at least `LEAST` (or all it has).

    Example:
        >>> found = choose_entries({"W": 1000, "b": 20}, 50, np.random.default_rng(0))
        >>> {name: len(indices) for name, indices in found.items()}
        {'W': 49, 'b': 10}
    """
    everything = sum(sizes.values())
    chosen = {}
    for name, size in sizes.items():
        share = size if total is None else min(size, max(LEAST, round(total * size / everything)))
        chosen[name] = np.sort(draws.choice(size, share, replace=False)).astype(np.int64)
    return chosen
