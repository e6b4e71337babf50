"""Random search: settings drawn at random, first wide, then where the best ones lie."""

from klayer.search.running import Found, Trial, search
from klayer.search.space import Setting, Space

__all__ = ["Found", "Setting", "Space", "Trial", "search"]
