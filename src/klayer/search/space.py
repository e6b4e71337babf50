"""The settings that a search draws, each trial from a generator of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

from klayer.errors import InputError
from klayer.randomness import Stream, generator
from klayer.training import Plan
from klayer.training.rules import did_you_mean

WHOLE = ("width", "batch_size", "step_size", "cycles", "shift", "frequencies")
NUMBERS = (
    "lam", "sigma", "rate_min", "rate_max", "epsilon", "moving_decay", "momentum", "beta1", "beta2",
    "adam_epsilon", "weight_decay", "clip_norm", "dropout", "label_smoothing",
)  # fmt: skip
LINEAR = (
    "cycles", "moving_decay", "momentum", "beta1", "beta2", "dropout", "label_smoothing", "shift",
    "frequencies",
)  # fmt: skip
PHASES = ("coarse", "fine")
WIDEN = 2.0  # by how much a range of a single value is widened


@dataclass(frozen=True)
class Setting:
    """One setting of a plan that is searched.

    Attributes:
        name: of a numeric setting, or "width" for the width of all hidden layers.
        low: the lowest value.
        high: the highest value.

    Raises:
        InputError: the name is no numeric setting, or low is not below high.

    Example:
        >>> Setting("lam", 1e-1, 1e-5)
        Traceback (most recent call last):
        ...
        klayer.errors.InputError: a search range must have low below high, but `lam` got 0.1:1e-05
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        known = (*NUMBERS, *WHOLE)
        if self.name not in known:
            raise InputError(
                f"only numeric settings can be searched ({', '.join(known)}), "
                f"but got {self.name!r}{did_you_mean(self.name, known)}"
            )
        if not self.low < self.high:
            raise InputError(
                "a search range must have low below high, "
                f"but `{self.name}` got {self.low:g}:{self.high:g}"
            )
        if self.log and not self.low > 0:
            raise InputError(
                f"a range on a log scale must be positive, but `{self.name}` got "
                f"{self.low:g}:{self.high:g}"
            )

    @property
    def log(self) -> bool:
        """Whether values are drawn on a log scale."""
        return self.name not in LINEAR

    @property
    def whole(self) -> bool:
        """Whether values are whole numbers."""
        return self.name in WHOLE

    def at(self, share: float) -> float:
        """Return the value at a share, 0 … 1, of the way from low to high on the scale."""
        edge = 0.5 if self.whole else 0.0  # so that the outermost whole numbers are as likely
        low, high = self.low - edge, self.high + edge
        value = exp(log(low) + share * log(high / low)) if self.log else low + share * (high - low)
        if self.whole:
            return min(max(round(value), int(self.low)), int(self.high))
        return float(f"{value:.6g}")


@dataclass(frozen=True)
class Space:
    """All settings that are searched.

    Example:
        >>> space = Space((Setting("lam", 1e-5, 1e-1), Setting("width", 20, 80)))
        >>> space.draw(seed=0, phase="coarse", place=3) == space.draw(0, "coarse", 3)
        True
    """

    settings: tuple[Setting, ...]

    def draw(self, seed: int, phase: str, place: int) -> dict[str, float]:
        """Return the values of one trial: the same for the same seed, phase and place.

        Args:
            seed: of the search.
            phase: "coarse" or "fine".
            place: the trial's number within its phase, from 0 on.
        """
        draws = generator(seed, Stream.SAMPLE, PHASES.index(phase), place)
        shares = draws.uniform(size=len(self.settings)).tolist()
        return {own.name: own.at(share) for own, share in zip(self.settings, shares, strict=True)}

    def narrowed(self, best: Sequence[Mapping[str, float]]) -> "Space":
        """Return the space that some trials span.

        Where they agree in a setting, its range is from half to twice that value, or one about
        it where the scale is linear, within the old range.

        Example:
            >>> space = Space((Setting("lam", 1e-5, 1e-1),))
            >>> space.narrowed([{"lam": 0.01}, {"lam": 0.003}]).settings[0]
            Setting(name='lam', low=0.003, high=0.01)
        """
        return Space(
            tuple(_narrowed(own, [values[own.name] for values in best]) for own in self.settings)
        )


def _narrowed(setting: Setting, values: Sequence[float]) -> Setting:
    low, high = min(values), max(values)
    if low == high:
        room = 1.0 if setting.whole else 0.05 * (setting.high - setting.low)
        low, high = (low / WIDEN, high * WIDEN) if setting.log else (low - room, high + room)
        if setting.whole:
            low, high = round(low), round(high)
    low, high = max(low, setting.low), min(high, setting.high)
    return setting if low >= high else replace(setting, low=low, high=high)


def plan_of(base: Plan, values: Mapping[str, float]) -> Plan:
    """Return the plan of one trial: the base with the values drawn.

    Raises:
        PlanError: together they break a rule.

    Example:
        >>> plan_of(Plan(hidden=(50, 50)), {"lam": 0.01, "width": 30}).hidden
        (30, 30)
    """
    settings: dict[str, Any] = {**base.to_dict(), **values}
    if "width" in settings:
        width = int(settings.pop("width"))
        settings["hidden"] = [width] * len(base.hidden)
    return Plan.from_dict(settings)
