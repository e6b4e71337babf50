"""rates: cycles and step_size of the triangular learning rate compared."""

from collections.abc import Mapping
from itertools import product

import numpy as np

from klayer.studies.answer import SHARE, Answer, Bar, Curves, Intervals, Picture, Section, Table
from klayer.studies.question import Question, nothing_learned, payload_of, spread
from klayer.studies.results import Results
from klayer.studies.stack import Stack
from klayer.studies.statistics import mean_interval, summary
from klayer.studies.verdict import CHOSEN, LOSES, Verdict, least_learned, verdict

METRICS = ("test_accuracy", "best_validation_accuracy", "best_training_cost")


def treatment(step_size: int, cycles: int) -> str:
    """Return the name of a schedule.

    Example:
        >>> treatment(500, 1), treatment(500, 2)
        ('1 cycle of 2 · 500', '2 cycles of 2 · 500')
    """
    return f"{cycles} cycle{'s' if cycles > 1 else ''} of 2 · {step_size}"


class Rates(Question):
    """The same network under schedules of other lengths."""

    name = "rates"
    asks = "How long should a cycle of the learning rate be, and how many are worth their time?"

    def stacks(self) -> list[Stack]:
        """Return a stack for every pair of step_size and cycles."""
        return [
            Stack(name, self.plan(step_size=half, cycles=count, steps=None, epochs=None), (name,))
            for half, count in self._pairs()
            for name in [treatment(half, count)]
        ]

    def answer(self, results: Results) -> Answer:
        """Compare accuracies, and say which is the shortest that is not shown to be worse."""
        pairs = self._pairs()
        accuracy = {pair: results.values(treatment(*pair), "test_accuracy") for pair in pairs}
        best = max(pairs, key=lambda pair: np.nan_to_num(summary(accuracy[pair]).mean, nan=-1.0))
        learned = bool(accuracy[best].mean() > least_learned(self.largest_class))
        others = {
            pair: verdict(accuracy[pair] - accuracy[best])
            for pair in pairs
            if learned and pair != best
        }
        sentence = (
            f"{treatment(*best)} updates gave the highest test accuracy, {spread(accuracy[best])}; "
            f"{_shortest(best, others)}."
        )
        if not np.isfinite(accuracy[best]).all():
            sentence = (
                "No schedule can be judged: of each, some replicates diverged or were not tested."
            )
        elif not learned:
            sentence = nothing_learned(
                "schedule", treatment(*best), "test accuracy", accuracy[best], self.largest_class
            )
        table = Table(
            "Mean ± sd",
            (
                "schedule",
                "updates",
                *(metric.replace("_", " ") for metric in METRICS),
                *(("test accuracy − the best's",) if learned else ()),
            ),
            tuple(
                (
                    treatment(*pair),
                    f"{updates(pair):,}",
                    *(spread(results.values(treatment(*pair), metric)) for metric in METRICS),
                    *((str(others.get(pair, "the best")),) if learned else ()),
                )
                for pair in pairs
            ),
            note=CHOSEN if learned else "",
        )
        return Answer(
            title="Cycles of the learning rate",
            question=self.asks,
            sentence=sentence,
            sections=(Section("Figures", (), (table,), self._pictures(results)),),
            payload=payload_of(results, METRICS)
            | {
                "comparisons": [
                    {
                        "comparison": f"{treatment(*pair)} − {treatment(*best)}",
                        "metric": "test_accuracy",
                    }
                    | found.to_dict()
                    for pair, found in others.items()
                ]
            },
        )

    def _pictures(self, results: Results) -> tuple[Picture, ...]:
        """Describe the accuracy of every schedule, and how it came about."""
        names = [treatment(*pair) for pair in self._pairs()]
        accuracy = {name: results.values(name, "test_accuracy") for name in names}
        bars = tuple(
            Bar(
                name,
                summary(values).mean,
                *mean_interval(values),
                values=tuple(values.tolist()),
            )
            for name, values in accuracy.items()
        )
        curves = {name: results.curves(name, "validation_accuracy") for name in names}
        return (
            Intervals("rates", "Test accuracy by schedule", "accuracy", bars, within=SHARE),
            Curves(
                "rates-validation",
                "Validation accuracy by schedule",
                "accuracy",
                curves,
                within=SHARE,
            ),
        )

    def _pairs(self) -> list[tuple[int, int]]:
        return list(product(sorted(set(self.asked.step_sizes)), sorted(set(self.asked.cycles))))


def _shortest(best: tuple[int, int], others: Mapping[tuple[int, int], Verdict]) -> str:
    """Return which shorter schedule than the best one may be as good."""
    shorter = {pair: found for pair, found in others.items() if updates(pair) < updates(best)}
    left = [pair for pair, found in shorter.items() if found.word != LOSES]
    if not shorter:
        return "none shorter was compared"
    if not left:
        return "every shorter schedule is worse (paired, 95 %)"
    enough = min(left, key=updates)
    said = f"{treatment(*enough)}, {updates(enough):,} updates"
    if shorter[enough].why:
        return f"too few replicates tell whether {said}, is worse: {shorter[enough]}"
    return (
        f"the shortest schedule not shown to be worse (paired, 95 %) is {said}: {shorter[enough]}"
    )


def updates(pair: tuple[int, int]) -> int:
    """Return how many updates (step_size, cycles) take."""
    return 2 * pair[0] * pair[1]
