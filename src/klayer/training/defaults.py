"""What a plan takes where it does not say: rates and penalties differ from rule to rule.

With momentum μ = 0.9 a steady gradient is followed at ten times the rate. Adam's updates are about
as large as the rate, whatever the gradient is; and it divides the penalty's gradient by its own
size, so a decay takes the penalty's place.
"""

from typing import Any

OF_ANY: dict[str, Any] = {"lam": 5e-3, "rate_max": 1e-1, "weight_decay": 0.0}
OF_RULE: dict[str, dict[str, Any]] = {
    "momentum": {"rate_max": 3e-2},
    "nesterov": {"rate_max": 3e-2},
    "adamw": {"lam": 0.0, "rate_max": 3e-3, "weight_decay": 1e-2},
}


def defaults_of(optimizer: Any) -> dict[str, Any]:
    """Return the settings that depend on the update rule, where a plan leaves them out.

    Example:
        >>> defaults_of("sgd")
        {'lam': 0.005, 'rate_max': 0.1, 'weight_decay': 0.0}
        >>> defaults_of("adamw")
        {'lam': 0.0, 'rate_max': 0.003, 'weight_decay': 0.01}
    """
    own = OF_RULE.get(optimizer, {}) if isinstance(optimizer, str) else {}
    return OF_ANY | own
