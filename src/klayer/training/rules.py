"""The rules that a plan keeps; each function yields a sentence for every one that is broken.

A sentence is the rule, then the offending value.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klayer.training.plan import Plan

SCHEDULES = ("triangular", "triangular2", "cosine", "one-cycle", "constant", "waypoints")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adamw")
LENGTHS = ("cycles", "steps", "epochs")  # of a training: one of them says it
OWN_SETTINGS = {  # of some update rules; others would pass over them in silence
    "momentum": ("momentum", "nesterov"),
    "beta1": ("adamw",),
    "beta2": ("adamw",),
    "adam_epsilon": ("adamw",),
}
DTYPES = ("float32", "float64")
CLASS_WEIGHTS = ("balanced",)
MOST_NETWORKS = 100_000  # of one stack


def faults(plan: "Plan") -> Iterator[str]:
    """Yield all that is wrong with a plan."""
    if any(not _whole(width) or width < 1 for width in plan.hidden):
        yield f"`hidden` widths must be positive whole numbers, but got {list(plan.hidden)}"
    for name in ("batch_size", "cycles", "evaluate_every"):
        yield from _at_least_one(name, getattr(plan, name))
    for name in ("networks", "step_size", "steps", "epochs", "patience", "frequencies"):
        if getattr(plan, name) is not None:
            yield from _at_least_one(name, getattr(plan, name))
    for name in ("batch_norm", "drop_last", "flip"):
        if not isinstance(getattr(plan, name), bool):
            yield f"`{name}` must be true or false, but got {getattr(plan, name)}"
    yield from _positive("epsilon", plan.epsilon)
    if plan.time_limit is not None:
        yield from _positive("time_limit", plan.time_limit)
    yield from _below_one("moving_decay", plan.moving_decay)
    if not (_whole(plan.seed) and plan.seed >= 0):
        yield f"`seed` must be a whole number, at least 0, but got {plan.seed}"
    lengths = {name: getattr(plan, name) for name in LENGTHS}
    yield from length_faults(
        {name: value for name, value in lengths.items() if value != getattr(type(plan), name)}
    )
    yield from _one_of("schedule", plan.schedule, SCHEDULES)
    yield from _one_of("dtype", plan.dtype, DTYPES)
    yield from rate_faults(plan)
    yield from waypoint_faults(plan)
    yield from update_faults(plan)
    yield from weight_faults(plan)
    yield from noise_faults(plan)
    yield from stack_faults(plan)


def length_faults(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the given settings that say how long a training is.

    Example:
        >>> list(length_faults({"cycles": 3, "epochs": 5, "seed": 1}))
        ['only one of `cycles`, `steps` and `epochs` may be given, but got cycles=3 and epochs=5']
    """
    lengths = [f"{name}={given[name]}" for name in LENGTHS if name in given]
    if len(lengths) > 1:
        yield (
            "only one of `cycles`, `steps` and `epochs` may be given, "
            f"but got {' and '.join(lengths)}"
        )


def rate_faults(plan: "Plan") -> Iterator[str]:
    """Yield what is wrong with the learning rates."""
    for name in ("rate_min", "rate_max"):
        rate = getattr(plan, name)
        if not (_number(rate) and rate >= 0):
            yield f"`{name}` must be a number, at least 0, but got {rate}"
            return
    if plan.rate_min > plan.rate_max:
        yield (
            "`rate_min` must be at most `rate_max`, "
            f"but got rate_min={plan.rate_min} and rate_max={plan.rate_max}"
        )


def waypoint_faults(plan: "Plan") -> Iterator[str]:
    """Yield what is wrong with a schedule of one's own."""
    points = plan.waypoints
    if (points is None) != (plan.schedule != "waypoints"):
        yield (
            "`waypoints` and schedule='waypoints' must come together, but got "
            f"waypoints={points} and schedule={plan.schedule!r}"
        )
    if points is None:
        return
    if not isinstance(points, tuple) or not points:
        yield f"`waypoints` must be pairs of a step and a height, but got {points!r}"
        return
    for point in points:
        if not _is_waypoint(point):
            yield (
                "every waypoint must be a step, at least 0, and a height from 0 to 1, but got "
                f"{point!r}"
            )
            return
    steps = [step for step, _ in points]
    if steps != sorted(steps):
        yield f"the steps of `waypoints` must not decrease, but got {steps}"


def _is_waypoint(point: Any) -> bool:
    if not isinstance(point, tuple) or len(point) != 2:
        return False
    step, height = point
    return is_seed(step) and _number(step) and _number(height) and 0 <= height <= 1


def update_faults(plan: "Plan") -> Iterator[str]:
    """Yield what is wrong with the update rule."""
    yield from _one_of("optimizer", plan.optimizer, OPTIMIZERS)
    for name in ("momentum", "beta1", "beta2"):
        yield from _below_one(name, getattr(plan, name))
    yield from _positive("adam_epsilon", plan.adam_epsilon)
    if not (_number(plan.weight_decay) and plan.weight_decay >= 0):
        yield f"`weight_decay` must be a number, at least 0, but got {plan.weight_decay}"
    elif plan.weight_decay and plan.optimizer != "adamw":
        yield (
            "`weight_decay` must come with optimizer='adamw' (the others have `lam`), "
            f"but got optimizer={plan.optimizer!r}"
        )
    changed = [name for name in OWN_SETTINGS if getattr(plan, name) != getattr(type(plan), name)]
    yield from unused_faults(changed, plan.optimizer)
    if plan.clip_norm is not None:
        yield from _positive("clip_norm", plan.clip_norm)


def unused_faults(given: Iterable[str], optimizer: str) -> Iterator[str]:
    """Yield which of the given settings the update rule has no use for.

    Example:
        >>> list(unused_faults(["seed", "momentum"], "sgd"))
        ["`momentum` must come with optimizer='momentum' or 'nesterov', but got optimizer='sgd'"]
    """
    for name in given:
        users = OWN_SETTINGS.get(name, OPTIMIZERS)
        if optimizer in OPTIMIZERS and optimizer not in users:
            wanted = " or ".join(map(repr, users))
            yield f"`{name}` must come with optimizer={wanted}, but got optimizer={optimizer!r}"


def weight_faults(plan: "Plan") -> Iterator[str]:
    """Yield what is wrong with how much rows count."""
    if plan.class_weight is not None and plan.class_weight not in CLASS_WEIGHTS:
        yield (
            "`class_weight` must be 'balanced', or None for all rows alike, but got "
            f"{plan.class_weight!r}{did_you_mean(plan.class_weight, CLASS_WEIGHTS)}"
        )


def noise_faults(plan: "Plan") -> Iterator[str]:
    """Yield what is wrong with what makes training noisy, and with what is done against it."""
    for name in ("dropout", "label_smoothing"):
        yield from _below_one(name, getattr(plan, name))
    for name in ("shift", "precise_statistics"):
        value = getattr(plan, name)
        if not (_whole(value) and value >= 0):
            yield f"`{name}` must be a whole number, at least 0, but got {value}"
    if plan.precise_statistics and not plan.batch_norm:
        yield "`precise_statistics` must come with `batch_norm`, but got batch_norm=False"


def stack_faults(plan: "Plan") -> Iterator[str]:
    """Yield what is wrong with the settings that may differ per network."""
    if any(not _number(lam) or lam < 0 for lam in plan.lam):
        yield f"every `lam` must be a number, at least 0, but got {list(plan.lam)}"
    if any(sigma is not None and (not _number(sigma) or sigma <= 0) for sigma in plan.sigma):
        yield f"every `sigma` must be positive, or None for He, but got {list(plan.sigma)}"
    if not all(is_seed(seed) for seed in plan.weight_seeds):
        yield f"every weight seed must be at least 0, but got {list(plan.weight_seeds)}"
    lengths = {name: len(getattr(plan, name)) for name in ("lam", "sigma", "weight_seeds")}
    lengths["networks"] = (is_count(plan.networks) and plan.networks) or 1
    most = max(lengths.values())
    if most > MOST_NETWORKS:
        yield f"a stack must be of at most {MOST_NETWORKS} networks, but got {most}"
    longer = {name: count for name, count in lengths.items() if count != 1}
    if len(set(longer.values())) > 1 or 0 in longer.values():
        said = ", ".join(f"{name}: {count}" for name, count in longer.items())
        yield f"lists for the networks of a stack must be equally long, but got {said}"


def is_seed(value: Any) -> bool:
    """Return whether a setting is a whole number of at least 0.

    Example:
        >>> is_seed(0), is_seed(-1), is_seed(None)
        (True, False, False)
    """
    return _whole(value) and value >= 0


def is_count(value: Any) -> bool:
    """Return whether a setting is a whole number of at least 1.

    Example:
        >>> is_count(3), is_count("3")
        (True, False)
    """
    return _whole(value) and value >= 1


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """Return "; did you mean …?" with the closest known name, or nothing.

    Example:
        >>> did_you_mean("batchsize", ["batch_size", "seed"])
        "; did you mean 'batch_size'?"
    """
    close = get_close_matches(str(name), list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _one_of(name: str, value: Any, allowed: tuple[str, ...]) -> Iterator[str]:
    if value not in allowed:
        hint = did_you_mean(value, allowed)
        yield f"`{name}` must be one of {', '.join(allowed)}, but got {value!r}{hint}"


def _positive(name: str, value: Any) -> Iterator[str]:
    if not (_number(value) and value > 0):
        yield f"`{name}` must be positive, but got {value}"


def _below_one(name: str, value: Any) -> Iterator[str]:
    if not (_number(value) and 0 <= value < 1):
        yield f"`{name}` must be in [0, 1), but got {value}"


def _at_least_one(name: str, value: Any) -> Iterator[str]:
    if not is_count(value):
        yield f"`{name}` must be at least 1, but got {value}"


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    if _whole(value):
        return bool(abs(value) < 1 << 1000)  # a float holds no more
    return isinstance(value, float) and isfinite(value)
