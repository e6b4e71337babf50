"""batch-norm: networks with batch normalisation against the same without, pair by pair."""

from klayer.architecture import Array
from klayer.studies.answer import Answer, Bar, Curves, Intervals, Section, Table
from klayer.studies.depth import METRICS, NORMS, treatment
from klayer.studies.question import Question, difference, payload_of, spread
from klayer.studies.results import Results
from klayer.studies.stack import Stack
from klayer.studies.statistics import mean_interval, summary

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
            for depth in sorted(self.asked.depths)
            for norm in NORMS
        ]

    def answer(self, results: Results) -> Answer:
        """Compare pair by pair."""
        depths = sorted(self.asked.depths)
        said, bars = [], []
        for depth in depths:
            gain = gain_of(results, depth, "test_accuracy")
            low, high = mean_interval(gain)
            verdict = "gains" if low > 0 else "loses" if high < 0 else "may gain or lose"
            said.append(f"at {depth} layers it {verdict}: {difference(gain)}")
            bars.append(Bar(f"{depth} layers", summary(gain).mean, low, high))
        curves = {
            name: results.curves(name, "training_cost")
            for depth in depths
            for name in (treatment(depth, norm) for norm in NORMS)
        }
        title = "Gain of test accuracy by batch norm, 95 % intervals"
        pictures = (
            Intervals("batch-norm", title, "difference of accuracy", tuple(bars), line=0.0),
            Curves("batch-norm-cost", "Training cost with and without", "cost J", curves),
        )
        return Answer(
            title="Batch normalisation",
            question=self.asks,
            sentence=f"In test accuracy after the last update, {'; '.join(said)}.",
            sections=(Section("Figures", (), (_table(results, depths),), pictures),),
            payload=payload_of(results, METRICS),
        )


def gain_of(results: Results, depth: int, metric: str) -> Array:
    """Return a metric with − without batch normalisation for every seed, (R,)."""
    found: Array = results.values(treatment(depth, True), metric)
    return found - results.values(treatment(depth, False), metric)


def _table(results: Results, depths: list[int]) -> Table:
    rows = []
    for depth in depths:
        for metric in METRICS:
            pair = [spread(results.values(treatment(depth, norm), metric)) for norm in NORMS]
            gain = difference(gain_of(results, depth, metric))
            rows.append((f"{depth} layers", metric.replace("_", " "), *pair, gain))
    columns = ("network", "metric", *NORMS.values(), "paired difference")
    return Table("Without and with batch norm, mean ± sd", columns, tuple(rows))
