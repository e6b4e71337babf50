"""batch-norm: networks with batch normalisation against the same without, pair by pair."""

from klayer.studies.answer import POSITIVE, Answer, Bar, Curves, Intervals, Section, Table
from klayer.studies.depth import METRICS, NORMS, compared, gain_of, treatment
from klayer.studies.question import Question, payload_of, spread
from klayer.studies.results import Results
from klayer.studies.stack import Stack

DEPTHS = (3, 9)


class BatchNorm(Question):
    """With batch normalisation against without, at one or more depths."""

    name = "batch-norm"
    asks = "What does batch normalisation gain?"

    def stacks(self) -> list[Stack]:
        """Return a stack for every depth, with and without batch normalisation."""
        return [
            Stack(
                treatment(depth, norm),
                self.plan(hidden=self.hidden(depth), batch_norm=norm),
                (treatment(depth, norm),),
            )
            for depth in sorted(set(self.asked.depths))
            for norm in NORMS
        ]

    def answer(self, results: Results) -> Answer:
        """Compare pair by pair."""
        depths = sorted(set(self.asked.depths))
        gains = {depth: gain_of(results, depth, "test_accuracy") for depth in depths}
        said = [f"at {depth} layers it {gain.word}: {gain}" for depth, gain in gains.items()]
        bars = [
            Bar(f"{depth} layers", gain.mean, *gain.interval, values=gain.values)
            for depth, gain in gains.items()
        ]
        curves = {
            name: results.curves(name, "training_cost")
            for depth in depths
            for name in (treatment(depth, norm) for norm in NORMS)
        }
        title = "Gain of test accuracy by batch norm"
        pictures = (
            Intervals(
                "batch-norm",
                title,
                "test accuracy with − without batch norm",
                tuple(bars),
                line=0.0,
                within=(-1.0, 1.0),
            ),
            Curves(
                "batch-norm-cost",
                "Training cost with and without",
                "cost J",
                curves,
                within=POSITIVE,
            ),
        )
        return Answer(
            title="Batch normalisation",
            question=self.asks,
            sentence=f"In test accuracy after the last update, {'; '.join(said)}.",
            sections=(Section("Figures", (), (_table(results, depths),), pictures),),
            payload=payload_of(results, METRICS) | {"comparisons": compared(gains)},
        )


def _table(results: Results, depths: list[int]) -> Table:
    rows = []
    for depth in depths:
        for metric in METRICS:
            pair = [spread(results.values(treatment(depth, norm), metric)) for norm in NORMS]
            gain = str(gain_of(results, depth, metric))
            rows.append((f"{depth} layers", metric.replace("_", " "), *pair, gain))
    columns = ("network", "metric", *NORMS.values(), "paired difference")
    return Table("Without and with batch norm, mean ± sd", columns, tuple(rows))
