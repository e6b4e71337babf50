"""Recipes: settings that go together, by name; a plan's own settings win over them."""

from collections.abc import Mapping
from typing import Any

from klayer.errors import InputError
from klayer.training.rules import LENGTHS, did_you_mean

# For pictures of some ten thousand rows on: a wide network that reads frequencies, kept from
# learning by heart. What it reaches on CIFAR-10 is measured by benchmarks/recipes.py.
ACCURATE: dict[str, Any] = {
    "hidden": [2048, 512],
    "batch_norm": True,
    "lam": 0.0,
    "batch_size": 250,
    "optimizer": "adamw",
    "weight_decay": 0.05,
    "schedule": "one-cycle",
    "rate_min": 1e-5,
    "rate_max": 8e-3,
    "epochs": 55,
    "dropout": 0.1,
    "label_smoothing": 0.1,
    "frequencies": 16,
    "flip": True,
    "shift": 3,
    "precise_statistics": 100,
    "evaluate_every": 11,
}

RECIPES = {"accurate": ACCURATE}
"""Settings that belong together, by name."""


def recipe(name: str) -> dict[str, Any]:
    """Return the settings of a recipe, for `Plan`.

    Raises:
        InputError: there is no such recipe.

    Example:
        >>> from klayer.training import Plan
        >>> plan = Plan(**{**recipe("accurate"), "epochs": 10})
        >>> plan.optimizer, plan.epochs
        ('adamw', 10)
    """
    if name not in RECIPES:
        raise InputError(
            f"a recipe must be one of {', '.join(RECIPES)}, but got {name!r}"
            f"{did_you_mean(name, RECIPES)}"
        )
    return dict(RECIPES[name])


def over(base: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings laid over others.

    What says how long a training is stays of the upper alone, and the waypoints of a schedule do
    not outlive it.

    Example:
        >>> over({"epochs": 45, "shift": 3}, {"steps": 100})
        {'shift': 3, 'steps': 100}
        >>> over({"schedule": "waypoints", "waypoints": [[0, 1.0]]}, {"schedule": "cosine"})
        {'schedule': 'cosine'}
    """
    hidden = set(LENGTHS) if settings.keys() & set(LENGTHS) else set()
    if settings.get("schedule", "waypoints") != "waypoints":
        hidden.add("waypoints")
    return {name: value for name, value in base.items() if name not in hidden} | dict(settings)
