"""Update rules: how a gradient changes the parameters. One file each."""

from klayer.updates.contract import Update
from klayer.updates.sgd import SGD

__all__ = ["SGD", "Update"]
