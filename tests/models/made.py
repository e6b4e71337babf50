"""Models that tests use: random architectures with random numbers, trained by nobody."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from klayer.architecture import Architecture
from klayer.initializers import initialise
from klayer.models import Model

INPUTS, CLASSES = 4, 3

architectures = st.builds(
    Architecture,
    inputs=st.just(INPUTS),
    hidden=st.lists(st.integers(1, 9), max_size=4).map(tuple),
    classes=st.just(CLASSES),
    batch_norm=st.booleans(),
)
dtypes = st.sampled_from(["float32", "float64"])


def made_model(
    architecture: Architecture, networks: int = 1, dtype: str = "float32", seed: int = 0
) -> Model:
    """Return a model whose every number is drawn: weights, statistics, standardisation."""
    rng = np.random.default_rng(seed)
    state = initialise(architecture, seed, range(networks), [None] * networks, dtype)
    for name, array in state.parameters.named():
        if not name.startswith("W"):
            array[...] = rng.normal(name.startswith("gamma"), 0.5, array.shape)
    for layer in state.statistics:
        layer.mean[...] = rng.standard_normal(layer.mean.shape)
        layer.variance[...] = rng.gamma(1, 1, layer.variance.shape)
    d, K = architecture.inputs, architecture.classes
    mean = rng.normal(3, 2, d)
    inverse_std = np.where(np.arange(d) == 1, 0, rng.gamma(2, 1, d))
    labels = tuple("abcdefghijkl"[:K])
    model = Model(state, np.array(labels), labels, mean, inverse_std, (0.1,) * networks)
    return replace(model, best=networks - 1)


def rows(n: int = 7, seed: int = 1) -> NDArray[np.float64]:
    """Return raw rows (n, 4)."""
    return np.random.default_rng(seed).normal(3, 4, (n, INPUTS))
