"""The layers: each a function that returns its value and its own backward function.

Samples are columns. An array may carry a leading axis for the P networks of a stack: products and
sums broadcast over it, means run over the last axis. A backward function takes the gradient of the
cost with respect to the layer's value (dS, dH, …) and returns the gradients with respect to the
layer's inputs, in their order.
"""

from klayer.layers.affine import affine
from klayer.layers.batch_norm import batch_norm, batch_statistics, normalise
from klayer.layers.dropout import dropout
from klayer.layers.penalty import penalty
from klayer.layers.relu import relu
from klayer.layers.softmax_cross_entropy import softmax, softmax_cross_entropy

__all__ = [
    "affine",
    "batch_norm",
    "batch_statistics",
    "dropout",
    "normalise",
    "penalty",
    "relu",
    "softmax",
    "softmax_cross_entropy",
]
