"""Results made by hand, for the tests of what is concluded from them."""

from collections.abc import Mapping

from klayer.studies import Outcome, Results, Stack
from klayer.training import History, Plan, Row


def make_results(figures: Mapping[str, Mapping[str, list[float]]]) -> Results:
    """Return results with given figures: treatment → metric without its first word → replicates.

    "accuracy" is the test accuracy; every other metric has the same value all over the run.
    """
    outcomes = []
    for treatment, metrics in figures.items():
        for seed in range(len(next(iter(metrics.values())))):
            values = {name: replicates[seed] for name, replicates in metrics.items()}
            test = values.pop("accuracy", 0.5)
            given = {
                "training_cross_entropy": 1.0,
                "training_cost": 1.0,
                "training_accuracy": 0.5,
                "validation_cost": 1.0,
                "validation_accuracy": 0.5,
            } | values
            row = Row(step=10, epoch=1.0, network=0, rate=0.1, seconds=1.0, **given)
            stack = Stack(treatment, Plan(seed=seed), (treatment,))
            outcomes.append(
                Outcome(stack, History([row]), (test,), (1.0,), "finished", 10, 1.0, "reference", 0)
            )
    return Results(tuple(outcomes))
