"""The settings of a classifier: what is wrong with them, and the plan that they make.

Names are scikit-learn's where it has the thing, so a fault is said in those names here, before
a `Plan` is made of them.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from numbers import Integral, Real
from typing import Any

from klayer.errors import PlanError
from klayer.estimator.budget import alpha_for, batch_size_for, epochs_for
from klayer.training import Plan
from klayer.training.rules import DTYPES, OWN_SETTINGS, SCHEDULES, did_you_mean

RATES = (*SCHEDULES, "auto")
HIGHEST_RATES = {"sgd": 0.3, "momentum": 0.03, "nesterov": 0.03, "adamw": 0.003}
FLAGS = ("batch_norm", "standardise", "warm_start")


def check(settings: Mapping[str, Any]) -> None:
    """Raise one error for all that is wrong with the settings.

    Args:
        settings: the classifier's parameters by name.

    Raises:
        PlanError: with a sentence for every fault.
    """
    if faults := list(_faults(settings)):
        raise PlanError(faults)


def _faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for every setting that breaks its rule: the rule, then the value."""
    widths = hidden_of(settings["hidden_layer_sizes"])
    if any(not _whole(width, 1) for width in widths):
        yield (
            "`hidden_layer_sizes` must be positive whole numbers, "
            f"but got {settings['hidden_layer_sizes']!r}"
        )
    yield from _number_faults(settings)
    yield from _rate_faults(settings)
    yield from _stopping_faults(settings)
    yield from _other_faults(settings)


def _number_faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with counts and sizes."""
    for name in ("batch_size", "max_iter"):
        if settings[name] != "auto" and not _whole(settings[name], 1):
            yield f"`{name}` must be 'auto' or at least 1, but got {settings[name]!r}"
    for name in ("cycles", "n_networks", "evaluate_every"):
        if not _whole(settings[name], 1):
            yield f"`{name}` must be a whole number, at least 1, but got {settings[name]!r}"
    for name in ("dropout", "label_smoothing", "momentum"):
        if not (_number(settings[name], 0) and settings[name] < 1):
            yield f"`{name}` must be at least 0 and below 1, but got {settings[name]!r}"
    if settings["alpha"] != "auto" and not _number(settings["alpha"], 0):
        yield f"`alpha` must be 'auto' or a number, at least 0, but got {settings['alpha']!r}"
    for name in ("tol", "weight_decay"):
        if not _number(settings[name], 0):
            yield f"`{name}` must be a number, at least 0, but got {settings[name]!r}"


def _other_faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with flags, types and functions."""
    for name in FLAGS:
        if settings[name] not in (True, False):
            yield f"`{name}` must be True or False, but got {settings[name]!r}"
    if settings["dtype"] not in DTYPES:
        yield f"`dtype` must be one of {', '.join(DTYPES)}, but got {settings['dtype']!r}"
    jobs = settings["n_jobs"]
    if jobs is not None and (not _whole(jobs) or jobs == 0):
        yield f"`n_jobs` must be None or a whole number other than 0, but got {jobs!r}"
    callbacks = settings["callbacks"]
    if callbacks is not None and not all(callable(each) for each in callbacks):
        yield f"`callbacks` must be functions, but got {callbacks!r}"


def _rate_faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the learning rates."""
    rate = settings["learning_rate"]
    if rate not in RATES:
        hint = did_you_mean(rate, RATES)
        yield f"`learning_rate` must be one of {', '.join(RATES)}, but got {rate!r}{hint}"
    low, high = settings["rate_min"], settings["rate_max"]
    if settings["solver"] not in HIGHEST_RATES:
        solver = settings["solver"]
        hint = did_you_mean(solver, HIGHEST_RATES)
        yield f"`solver` must be one of {', '.join(HIGHEST_RATES)}, but got {solver!r}{hint}"
    if high == "auto":
        high = HIGHEST_RATES.get(settings["solver"], low)
    if not (_number(low, 0) and _number(high, 0) and low <= high):
        yield (
            "`rate_min` and `rate_max` must be numbers (or 'auto') with 0 <= rate_min <= rate_max, "
            f"but got rate_min={low!r} and rate_max={high!r}"
        )


def _stopping_faults(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with validation and early stopping."""
    if settings["early_stopping"] not in (True, False, "auto"):
        yield (
            "`early_stopping` must be True, False or 'auto', "
            f"but got {settings['early_stopping']!r}"
        )
    share = settings["validation_fraction"]
    if not (_number(share, 0) and 0 < share < 1):
        yield f"`validation_fraction` must lie between 0 and 1, but got {share!r}"
    patience = settings["n_iter_no_change"]
    if patience is not None and not _whole(patience, 1):
        yield f"`n_iter_no_change` must be None or at least 1, but got {patience!r}"


def plan_of(
    settings: Mapping[str, Any], rows: int, seed: int, rates: tuple[float, float] | None = None
) -> Plan:
    """Return the plan of checked settings.

    scikit-learn's penalty is α/(2 · batch_size) Σ_l ‖W_l‖², klayer's λ Σ_l ‖W_l‖²: so
    λ = α/(2 · batch_size).

    Args:
        settings: the classifier's parameters by name.
        rows: of the training set.
        seed: of order and weights.
        rates: the lowest and the highest learning rate; the settings' own by default.

    Raises:
        InputError: the rows are too few for a mini-batch.

    Example:
        >>> from klayer import KLayerClassifier
        >>> settings = KLayerClassifier(alpha=2.0, batch_size=100).get_params()
        >>> plan_of(settings, rows=1_000, seed=0).lam
        (0.01,)
    """
    asked = settings["batch_size"]
    batch_size = batch_size_for(rows) if asked == "auto" else min(int(asked), rows)
    asked = settings["max_iter"]
    epochs = epochs_for(rows) if asked == "auto" else int(asked)
    alpha = alpha_for(rows) if settings["alpha"] == "auto" else float(settings["alpha"])
    schedule = settings["learning_rate"]
    low, high = rates or (settings["rate_min"], highest_rate(settings))
    common = {
        "hidden": hidden_of(settings["hidden_layer_sizes"]),
        "batch_norm": bool(settings["batch_norm"]),
        "lam": alpha / (2 * batch_size),
        "dropout": float(settings["dropout"]),
        "label_smoothing": float(settings["label_smoothing"]),
        "optimizer": settings["solver"],
        **({"momentum": float(settings["momentum"])} if _has_momentum(settings) else {}),
        "weight_decay": float(settings["weight_decay"]),
        "networks": int(settings["n_networks"]),
        "seed": seed,
        "batch_size": batch_size,
        "epochs": epochs,
        "schedule": "triangular" if schedule == "auto" else schedule,
        "rate_min": float(low),
        "rate_max": float(high),
        "evaluate_every": int(settings["evaluate_every"]),
        "dtype": settings["dtype"],
    }
    steps = epochs * Plan(**common).updates_per_epoch(rows)
    half_cycle = max(1, round(steps / (2 * int(settings["cycles"]))))
    return Plan(**common, step_size=half_cycle)


def one_pass(settings: Mapping[str, Any], rows: int, seed: int) -> Plan:
    """Return the plan of one pass over some rows at a constant rate, the mean of a cycle's."""
    rate = (settings["rate_min"] + highest_rate(settings)) / 2
    once = {"max_iter": 1, "learning_rate": "constant"}
    return plan_of({**settings, **once}, rows, seed, (0.0, rate))


def _has_momentum(settings: Mapping[str, Any]) -> bool:
    """Return whether the update rule has one; as elsewhere in scikit-learn, others pass over it."""
    return settings["solver"] in OWN_SETTINGS["momentum"]


def highest_rate(settings: Mapping[str, Any]) -> float:
    """Return the highest learning rate: as asked for, or what suits the update rule."""
    asked = settings["rate_max"]
    return float(HIGHEST_RATES[settings["solver"]] if asked == "auto" else asked)


def hidden_of(sizes: Any) -> tuple[Any, ...]:
    """Return the hidden widths as a tuple; one number is one layer.

    Example:
        >>> hidden_of(50), hidden_of([50, 30])
        ((50,), (50, 30))
    """
    return (sizes,) if isinstance(sizes, Integral) else tuple(sizes)


def _whole(value: Any, least: int | None = None) -> bool:
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and (least is None or value >= least)


def _number(value: Any, least: float) -> bool:
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and isfinite(value) and value >= least
