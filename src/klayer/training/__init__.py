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
from klayer.training.fitting import Fitted, engine_note, fit
from klayer.training.history import METRICS, History
from klayer.training.plan import Plan
from klayer.training.recipes import RECIPES, recipe

__all__ = [
    "METRICS",
    "RECIPES",
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
    "engine_note",
    "fit",
    "recipe",
]
