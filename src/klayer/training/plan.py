"""A plan: every setting of a training, validated as a whole before anything runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import ceil, floor
from typing import Any, Self

import numpy as np

from klayer.errors import InputError, PlanError
from klayer.schedules import (
    Schedule,
    constant,
    cosine,
    one_cycle,
    triangular,
    triangular2,
    waypoints,
)
from klayer.schedules.one_cycle import RISE
from klayer.training import rules
from klayer.training.defaults import defaults_of

HALF_CYCLE = 2_250  # updates


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings of a training; all faults are reported together.

    `lam`, `sigma` and `weight_seeds` may be lists: then as many networks train as one stack, on
    the same mini-batches. A list of one, or a plain value, holds for all of them.

    Args:
        hidden: widths of the hidden layers.
        batch_norm: normalise batches before the ReLU.
        epsilon: ε of batch normalisation.
        moving_decay: α of the moving statistics.
        lam: λ, which multiplies Σ_l ‖W_l‖² in the cost; by default 0.005, and 0 with "adamw".
        sigma: standard deviation of Gaussian initial weights; None for He weights.
        networks: how many networks, with other initial weights each; their weight seeds are 0, 1, …
            or, where `weight_seeds` is one of them, that and the following ones.
        weight_seeds: in place of `networks`, which draws each network begins with.
        seed: of everything random: split, weights, order, noise.
        batch_size: samples per update.
        drop_last: drop the last, smaller batch of an epoch. A batch of one sample is always
            dropped under batch normalisation, which would make zeros of it.
        schedule: "triangular", "triangular2", "cosine", "one-cycle" (which is as long as the
            training, whatever `step_size` is), "constant" (which stays at rate_max) or
            "waypoints" (which goes by those).
        rate_min: the lowest learning rate.
        rate_max: the highest learning rate; by default 0.1, 0.03 with "momentum" and "nesterov",
            0.003 with "adamw".
        waypoints: for "waypoints", pairs of a step and a height from 0 (rate_min) to 1 (rate_max),
            between which the rate goes straight; two of one step are a jump.
        step_size: half a cycle, in steps (updates); by default 2,250, or half the training where
            `steps` or `epochs` make it shorter than that cycle.
        cycles: how many cycles; the training takes 2 · step_size · cycles steps.
        steps: in place of `cycles`, how many updates.
        epochs: in place of `cycles`, how many passes over the training set.
        optimizer: the update rule: "sgd", "momentum", "nesterov" or "adamw".
        momentum: μ of "momentum" and "nesterov".
        beta1: β₁ of "adamw".
        beta2: β₂ of "adamw".
        adam_epsilon: ε of "adamw".
        weight_decay: the decoupled decay of "adamw", in place of `lam`; by default 0.01 there.
        clip_norm: the largest norm of a network's gradient; None for any.
        dropout: the share of hidden activations that are zero in an update.
        label_smoothing: the share of each label that is spread over all classes.
        class_weight: "balanced" lets a row of class c count n/(K n_c) in the cost, with n training
            rows, n_c of them of that class, and K classes that have some; None for all rows alike.
            Evaluations stay unweighted.
        frequencies: read pictures as their frequencies below so many half periods over a side, of
            colours below half of it (see `klayer.frequencies`); None for their pixels. The model
            that is saved reads pixels all the same.
        flip: mirror pictures at random.
        shift: roll pictures by up to so many pixels at random.
        precise_statistics: at the end, take the statistics of batch normalisation as the mean
            over so many mini-batches in place of the moving ones; 0 to keep those.
        evaluate_every: epochs between evaluations on the whole training and validation sets.
        patience: stop a network whose validation accuracy has not improved for so many evaluations,
            and keep its best weights; None to train to the end.
        time_limit: seconds after which training stops; None for no limit.
        dtype: "float32" or "float64".

    Raises:
        PlanError: with a sentence for every fault.

    Example:
        >>> plan = Plan(hidden=(50, 50), lam=[0.001, 0.01], step_size=100)
        >>> plan.lam, plan.stack_size, plan.total_steps(training_rows=1000)
        ((0.001, 0.01), 2, 400)
        >>> Plan(batch_size=0, rate_min=1.0, rate_max=0.1)
        Traceback (most recent call last):
        ...
        klayer.errors.PlanError: `batch_size` must be at least 1, but got 0;
        `rate_min` must be at most `rate_max`, but got rate_min=1.0 and rate_max=0.1
    """

    hidden: tuple[int, ...] = (50, 50)
    batch_norm: bool = False
    epsilon: float = 1e-5
    moving_decay: float = 0.9
    lam: Any = None
    sigma: Any = None
    networks: int | None = None
    weight_seeds: Any = None
    seed: int = 0
    batch_size: int = 100
    drop_last: bool = False
    schedule: str = "triangular"
    rate_min: float = 1e-5
    rate_max: Any = None
    waypoints: Any = None
    step_size: int | None = None
    cycles: int = 2
    steps: int | None = None
    epochs: int | None = None
    optimizer: str = "sgd"
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    adam_epsilon: float = 1e-8
    weight_decay: Any = None
    clip_norm: float | None = None
    dropout: float = 0.0
    label_smoothing: float = 0.0
    class_weight: str | None = None
    frequencies: int | None = None
    flip: bool = False
    shift: int = 0
    precise_statistics: int = 0
    evaluate_every: int = 1
    patience: int | None = None
    time_limit: float | None = None
    dtype: str = "float32"
    _stack: int = field(default=1, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value in defaults_of(self.optimizer).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        for each in fields(self):
            if each.init:
                object.__setattr__(self, each.name, _plain(getattr(self, each.name)))
        for name in ("hidden", "lam", "sigma", "weight_seeds"):
            object.__setattr__(self, name, _as_tuple(getattr(self, name)))
        object.__setattr__(self, "weight_seeds", self._all_seeds())
        lengths = {len(self.lam), len(self.sigma), len(self.weight_seeds)}
        object.__setattr__(self, "_stack", max(lengths))
        if faults := list(rules.faults(self)):
            raise PlanError(faults)

    def _all_seeds(self) -> tuple[Any, ...]:
        """Return the weight seeds: those that are given, or as many as there are networks."""
        seeds: tuple[Any, ...] = self.weight_seeds
        first = 0 if seeds in ((), (None,)) else seeds[0]
        asked = self.networks if rules.is_count(self.networks) else 1
        count = min(asked or 1, rules.MOST_NETWORKS + 1)
        if len(seeds) > 1 or not rules.is_seed(first):
            return seeds
        return tuple(range(first, first + count))

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Self:
        """Return the plan of some settings, such as those in a run's plan.json.

        Raises:
            PlanError: a setting is unknown, or at fault.

        Example:
            >>> Plan.from_dict({"batchsize": 10})
            Traceback (most recent call last):
            ...
            klayer.errors.PlanError: unknown setting `batchsize`; did you mean 'batch_size'?
        """
        known = [each.name for each in fields(cls) if each.init]
        faults = []
        for name in settings:
            if name not in known:
                faults.append(f"unknown setting `{name}`{rules.did_you_mean(name, known)}")
        if faults:
            raise PlanError(faults)
        return cls(**settings)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings in JSON's own types."""
        settings = asdict(self)
        del settings["_stack"]
        return {name: _as_lists(value) for name, value in settings.items()}

    @property
    def stack_size(self) -> int:
        """P, the number of networks that train as one stack."""
        return self._stack

    def per_network(self, name: str) -> tuple[Any, ...]:
        """Return the P values of `lam`, `sigma` or `weight_seeds`."""
        values: tuple[Any, ...] = getattr(self, name)
        return values * self.stack_size if len(values) == 1 else values

    def make_schedule(self, training_rows: int) -> Schedule:
        """Return the learning rate as a function of the step, in a training on so many rows."""
        if self.schedule == "constant":
            return constant(self.rate_max)
        if self.schedule == "one-cycle":
            return one_cycle(self.rate_min, self.rate_max, self.total_steps(training_rows))
        if self.schedule == "waypoints":
            return waypoints(self.rate_min, self.rate_max, self.waypoints)
        make = {"triangular": triangular, "triangular2": triangular2, "cosine": cosine}
        return make[self.schedule](self.rate_min, self.rate_max, self.half_cycle(training_rows))

    def highest_rate(self, training_rows: int) -> float:
        """Return the highest learning rate of all updates; a short training may not reach rate_max.

        Example:
            >>> Plan(steps=101, rate_min=0.0, step_size=200).highest_rate(training_rows=1000)
            0.05
        """
        last = self.total_steps(training_rows) - 1
        # At the first step of a cosine, the summit of a triangle, beside that of one cycle, and at
        # waypoints and before their jumps.
        summits = [
            0,
            self.half_cycle(training_rows),
            floor(RISE * last),
            ceil(RISE * last),
            *(step - before for step, _ in self.waypoints or () for before in (0, 1)),
        ]
        return float(self.make_schedule(training_rows)(np.clip(summits, 0, last)).max())

    def updates_per_epoch(self, training_rows: int) -> int:
        """Return how many mini-batches an epoch has.

        Raises:
            InputError: there is none.
        """
        whole, rest = divmod(training_rows, self.batch_size)
        dropped = self.drop_last or (self.batch_norm and rest == 1)
        count = whole + (1 if rest and not dropped else 0)
        if count == 0:
            raise InputError(
                f"an epoch must hold at least one mini-batch, but got {training_rows} training "
                f"rows with batch_size={self.batch_size}, drop_last={self.drop_last} and "
                f"batch_norm={self.batch_norm}; use a smaller `batch_size`"
            )
        return count

    def total_steps(self, training_rows: int) -> int:
        """Return how many updates the training takes on so many rows."""
        if self.steps is not None:
            return self.steps
        if self.epochs is not None:
            return self.epochs * self.updates_per_epoch(training_rows)
        return 2 * (self.step_size or HALF_CYCLE) * self.cycles

    def half_cycle(self, training_rows: int) -> int:
        """Return half a cycle of the learning rate, in updates, in a training on so many rows.

        Example:
            >>> Plan().half_cycle(1000), Plan(epochs=30).half_cycle(1000)
            (2250, 150)
        """
        if self.step_size is not None:
            return self.step_size
        return min(HALF_CYCLE, max(1, self.total_steps(training_rows) // 2))


def _plain(value: Any) -> Any:
    """Return NumPy's numbers, arrays and ranges as Python's own numbers and tuples."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray | range | list | tuple):
        return tuple(_plain(each) for each in value)
    return value


def _as_lists(value: Any) -> Any:
    """Return tuples, and those in them, as lists."""
    return [_as_lists(each) for each in value] if isinstance(value, tuple) else value


def _as_tuple(value: Any) -> tuple[Any, ...]:
    """Return a list or tuple as a tuple, and anything else as a tuple of one."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)
