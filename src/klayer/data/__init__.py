"""Where arrays come from: sources, splits, standardisation."""

from klayer.data.dataset import Data, Source
from klayer.data.load import load_data

__all__ = ["Data", "Source", "load_data"]
