"""What is allowed and yet rarely meant: a sentence for each, said when a training starts."""

from collections.abc import Iterator
from math import ceil

from klayer.training.defaults import defaults_of
from klayer.training.plan import Plan

BY_STEP_SIZE = ("triangular", "triangular2", "cosine")
NEAR = 0.5  # of rate_max: a training whose rate never comes so high has hardly begun
MOST_EPOCHS = 1_000  # some hundred are usual on small sets
HIGHEST_OF_ADAMW = 0.03


def advice(plan: Plan, training_rows: int) -> Iterator[str]:
    """Yield a sentence for each setting that is rarely meant: the rule, the value, what to do.

    Args:
        plan: valid settings.
        training_rows: on which it trains.

    Example:
        >>> print(*advice(Plan(epochs=2, step_size=2250), training_rows=1_800))
        the learning rate should come near `rate_max` in a training, but in 36 updates with
        step_size=2250 it reaches 0.00157 of rate_max=0.1; set `step_size` to 18, half the updates,
        or `schedule` to one-cycle
    """
    steps, half_cycle = plan.total_steps(training_rows), plan.half_cycle(training_rows)
    if plan.schedule in BY_STEP_SIZE and steps > 1:
        highest = plan.highest_rate(training_rows)
        if highest < NEAR * plan.rate_max:
            yield (
                f"the learning rate should come near `rate_max` in a training, but in {steps} "
                f"updates with step_size={half_cycle} it reaches {highest:.3g} of "
                f"rate_max={plan.rate_max:g}; set `step_size` to {max(1, steps // 2)}, half the "
                "updates, or `schedule` to one-cycle"
            )
    per_epoch = plan.updates_per_epoch(training_rows)
    waits = (plan.patience or steps) * plan.evaluate_every * per_epoch
    if plan.schedule in BY_STEP_SIZE and waits < min(half_cycle, steps):
        enough = ceil(half_cycle / (plan.evaluate_every * per_epoch))
        yield (
            "`patience` should last while the learning rate rises, half a cycle, but "
            f"{plan.patience} evaluations are {waits} updates with step_size={half_cycle}; set "
            f"`patience` to {enough} or more, or `step_size` to {waits} or less"
        )
    epochs = steps / per_epoch
    if epochs > MOST_EPOCHS and plan.patience is None and plan.time_limit is None:
        yield (
            f"a training of {training_rows:,} rows should not need more than {MOST_EPOCHS:,} "
            f"epochs, but {steps:,} updates are {epochs:,.0f}; set `patience` to stop when nothing "
            "is gained any more, or `epochs`"
        )
    if plan.optimizer == "adamw" and plan.rate_max > HIGHEST_OF_ADAMW:
        yield (
            "the learning rates of adamw should be some thousandths, but got "
            f"rate_max={plan.rate_max:g}; set `rate_max` to {defaults_of('adamw')['rate_max']:g}"
        )
