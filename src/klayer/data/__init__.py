"""Where arrays come from: sources, splits, standardisation."""

from klayer.data.dataset import Data, Source

__all__ = ["Data", "Source"]
