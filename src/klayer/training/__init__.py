"""Training: a validated plan, the loop, and the events that everything else listens to."""

from klayer.training.events import (
    Advanced,
    Consumer,
    Diverged,
    Ended,
    Evaluated,
    Event,
    Row,
    Started,
)
from klayer.training.fitting import Fitted, fit
from klayer.training.history import METRICS, History
from klayer.training.plan import Plan

__all__ = [
    "METRICS",
    "Advanced",
    "Consumer",
    "Diverged",
    "Ended",
    "Evaluated",
    "Event",
    "Fitted",
    "History",
    "Plan",
    "Row",
    "Started",
    "fit",
]
