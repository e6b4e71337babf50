"""All that stays the same during a training, and the three things the loop asks of it."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Architecture
from klayer.augmentation import Augmentation
from klayer.data import Data
from klayer.engines import Engine, Objective, features_of
from klayer.errors import InputError
from klayer.initializers import initialise
from klayer.randomness import noise_seed
from klayer.schedules import Schedule
from klayer.state import State
from klayer.training.batches import Batches
from klayer.training.events import Row
from klayer.training.plan import Plan
from klayer.training.presentation import presented, weighted
from klayer.updates import SGD, AdamW, Momentum, Update

MOVED_PICTURES, DROPPED_UNITS = 0, 1  # streams of noise


@dataclass(frozen=True, eq=False)
class Job:
    """A plan bound to data and an engine.

    Attributes:
        plan: the settings.
        data: the sets, as the networks read them.
        engine: who computes.
        architecture: of every network of the stack.
        batches: the mini-batches of any step.
        schedule: the learning rate of any step.
        objective: what is minimised.
        update: the rule.
        steps: how many updates make up the training.
        evaluate_every: updates between evaluations.
    """

    plan: Plan
    data: Data
    engine: Engine
    architecture: Architecture
    batches: Batches
    schedule: Schedule
    objective: Objective
    update: Update
    steps: int
    evaluate_every: int

    @classmethod
    def of(cls, data: Data, plan: Plan, engine: Engine) -> "Job":
        """Return the job that a plan asks for on some data."""
        data = presented(data, plan)
        rows = data.training
        per_epoch = plan.updates_per_epoch(len(rows))
        return cls(
            plan=plan,
            data=data,
            engine=engine,
            architecture=Architecture(
                data.inputs, plan.hidden, data.classes, plan.batch_norm, plan.epsilon
            ),
            batches=Batches(rows, plan.batch_size, per_epoch, plan.seed),
            schedule=plan.make_schedule(len(rows)),
            objective=objective_of(data, plan),
            update=update_of(plan),
            steps=plan.total_steps(len(rows)),
            evaluate_every=plan.evaluate_every * per_epoch,
        )

    def begin(self) -> State:
        """Return the initial stack, its moving statistics begun from the first mini-batch."""
        state = initialise(
            self.architecture,
            self.plan.seed,
            self.plan.per_network("weight_seeds"),
            self.plan.per_network("sigma"),
            self.plan.dtype,
            self.update.slots,
        )
        first_batch, _ = self.batches.between(0, 1)
        return self.engine.begin(state, self.data.samples, first_batch)

    def advance(self, state: State, stop: int) -> tuple[State, NDArray[np.float64]]:
        """Return the stack after the updates up to `stop`, and every mini-batch's cross-entropy.

        After the last update the statistics of batch normalisation are made precise.
        """
        order, offsets = self.batches.between(state.steps, stop)
        rates = self.schedule(np.arange(state.steps, stop))
        state, losses = self.engine.train(
            state, self.data.samples, order, offsets, rates, self.objective, self.update
        )
        return self.with_precise_statistics(state) if stop == self.steps else state, losses

    def with_precise_statistics(self, state: State) -> State:
        """Return the stack with the mean of many mini-batches' statistics, where the plan has it.

        The statistics are those of pictures at rest and with nothing dropped, as in an evaluation.

        References:
            Wu and Johnson, "Rethinking “Batch” in BatchNorm", 2021, section 3.
        """
        count = self.plan.precise_statistics
        if not count:
            return state
        order, offsets = self.batches.between(0, count)
        total = np.zeros(state.moving.size)
        for start, stop in pairwise(offsets):
            total += self.engine.begin(state, self.data.samples, order[start:stop]).moving
        return replace(state, moving=(total / count).astype(state.moving.dtype))

    def rate(self, step: int) -> float:
        """Return the learning rate of a step; after the last step, that of the last."""
        return float(self.schedule(min(step, self.steps - 1)))

    def evaluate(self, state: State, seconds: float) -> tuple[Row, ...]:
        """Return the figures on the whole training and validation sets of the active networks."""
        figures: dict[str, NDArray[np.float64]] = {}
        sets = {"training": self.data.training, "validation": self.data.validation}
        for name, rows in sets.items():
            if len(rows):
                found = self.engine.evaluate(state, self.data.samples, rows)
                figures[f"{name}_cross_entropy"] = found.cross_entropy
                figures[f"{name}_cost"] = found.cross_entropy + self.objective.lam * found.penalty
                figures[f"{name}_accuracy"] = found.accuracy
        return tuple(
            Row(
                step=state.steps,
                epoch=state.steps / self.batches.per_epoch,
                network=network,
                rate=self.rate(state.steps),
                seconds=seconds,
                **{name: float(values[network]) for name, values in figures.items()},
            )
            for network in np.flatnonzero(state.active).tolist()
        )


def update_of(plan: Plan) -> Update:
    """Return the update rule of a plan."""
    if plan.optimizer == "adamw":
        return AdamW(plan.beta1, plan.beta2, plan.adam_epsilon, plan.weight_decay)
    if plan.optimizer in ("momentum", "nesterov"):
        return Momentum(plan.momentum, plan.optimizer == "nesterov")
    return SGD()


def objective_of(data: Data, plan: Plan) -> Objective:
    """Return what a plan minimises on some data.

    Raises:
        InputError: pictures are to be moved, but the rows are none.
    """
    seeds = [
        noise_seed(plan.seed, DROPPED_UNITS, weight_seed)
        for weight_seed in plan.per_network("weight_seeds")
    ]
    return Objective(
        np.array(plan.per_network("lam"), float),
        plan.moving_decay,
        plan.label_smoothing,
        plan.dropout,
        np.array(seeds, np.uint32),
        plan.clip_norm,
        _augmentation_of(data, plan),
    )


def needs_of(data: Data, plan: Plan) -> tuple[str, ...]:
    """Return what a training needs of its engine beyond plain gradient descent."""
    samples = weighted(data, plan).samples
    return features_of(samples, objective_of(data, plan), update_of(plan))


def _augmentation_of(data: Data, plan: Plan) -> Augmentation | None:
    if not (plan.flip or plan.shift):
        return None
    if data.picture is None:
        raise InputError(
            f"`flip` and `shift` need rows that are pictures, but {data.name} has none; set `flip` "
            "to false and `shift` to 0, also where a recipe has set them"
        )
    return Augmentation(data.picture, plan.flip, plan.shift, noise_seed(plan.seed, MOVED_PICTURES))
