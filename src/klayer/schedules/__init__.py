"""Learning rates: step → rate. One file each."""

from klayer.schedules.constant import constant
from klayer.schedules.contract import Schedule
from klayer.schedules.cosine import cosine
from klayer.schedules.one_cycle import one_cycle
from klayer.schedules.triangular import triangular, triangular2
from klayer.schedules.waypoints import waypoints

__all__ = [
    "Schedule",
    "constant",
    "cosine",
    "one_cycle",
    "triangular",
    "triangular2",
    "waypoints",
]
