"""Initial weights: generator → weights."""

from klayer.initializers.stack import initialise
from klayer.initializers.weights import gaussian, he

__all__ = ["gaussian", "he", "initialise"]
