"""Update rules: how a gradient changes the parameters. One file each."""

from klayer.updates.adamw import AdamW
from klayer.updates.clipping import clip
from klayer.updates.contract import Update
from klayer.updates.momentum import Momentum
from klayer.updates.sgd import SGD

__all__ = ["SGD", "AdamW", "Momentum", "Update", "clip"]
