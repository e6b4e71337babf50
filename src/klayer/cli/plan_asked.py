"""The plan that a command is asked for: its options over a plan file over a recipe."""

import json
from pathlib import Path
from typing import Any

from klayer.errors import InputError
from klayer.training import Plan, recipe
from klayer.training.recipes import over
from klayer.training.rules import length_faults, unused_faults


def plan_asked(
    settings: dict[str, Any], plan_file: Path | None, recipe_name: str | None = None
) -> Plan:
    """Return the plan of some options, a file of settings and a recipe by name.

    Raises:
        InputError: the file cannot be read, the recipe is unknown, or the settings break a rule or
            have no use for one of the options.
    """
    recipe_settings = {} if recipe_name is None else recipe(recipe_name)
    plan = Plan.from_dict(over(over(recipe_settings, read_plan(plan_file)), settings))
    for fault in (*length_faults(settings), *unused_faults(settings, plan.optimizer)):
        raise InputError(fault)
    return plan


def read_plan(path: Path | None) -> dict[str, Any]:
    """Return the settings in a plan file: a run's plan.json, or the settings alone."""
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"`--plan` must be a JSON file of settings, but {path}: {error}"
        ) from error
    settings = content.get("plan", content) if isinstance(content, dict) else None
    if not isinstance(settings, dict):
        raise InputError(f"`--plan` must hold an object of settings, but {path} does not")
    return settings
