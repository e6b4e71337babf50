"""Where commands speak: words and progress to standard error, results to standard output."""

import json
import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def words() -> "Console":
    """Return the console of words and progress, on standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def results() -> "Console":
    """Return the console of results, on standard output."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True, markup=False)


def print_json(payload: dict[str, Any]) -> None:
    """Write exactly one JSON object to standard output; what is not a number becomes null."""
    sys.stdout.write(json.dumps(_plain(payload), indent=2, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    """Return the value in JSON's own types."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
