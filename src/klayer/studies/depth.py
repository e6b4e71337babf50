"""depth: what happens to networks of 2, 3, … 9 layers, with and without batch normalisation."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from klayer.architecture import Array
from klayer.studies.answer import POSITIVE, SHARE, Answer, Curves, Picture, Points, Section, Table
from klayer.studies.question import Question, payload_of, spread
from klayer.studies.results import Results
from klayer.studies.stack import Stack
from klayer.studies.verdict import EACH, GAINS, LOSES, Verdict, least_learned, verdict

NORMS = {False: "without batch norm", True: "with batch norm"}
METRICS = ("test_accuracy", "best_validation_accuracy", "best_training_cost")


def treatment(depth: int, batch_norm: bool) -> str:
    """Return the name of a network.

    Example:
        >>> treatment(9, batch_norm=True)
        '9-layer with batch norm'
    """
    return f"{depth}-layer {NORMS[batch_norm]}"


class Depth(Question):
    """Networks of growing depth and equal width."""

    name = "depth"
    asks = "How deep may a network be, without batch normalisation and with it?"

    def stacks(self) -> list[Stack]:
        """Return a stack for every depth, with and without batch normalisation."""
        return [
            Stack(
                treatment(depth, batch_norm),
                self.plan(hidden=self.hidden(depth), batch_norm=batch_norm),
                (treatment(depth, batch_norm),),
            )
            for depth in sorted(set(self.asked.depths))
            for batch_norm in NORMS
        ]

    def answer(self, results: Results) -> Answer:
        """Compare accuracies over the depths."""
        depths = sorted(set(self.asked.depths))
        accuracy = {
            norm: np.array([results.values(treatment(k, norm), "test_accuracy") for k in depths]).T
            for norm in NORMS
        }
        gains = {depth: gain_of(results, depth, "test_accuracy") for depth in depths}
        said = [
            _from_to(f"{word} test accuracy", depths, accuracy[norm])
            for norm, word in NORMS.items()
        ]
        sentence = f"{'; '.join(said)}; batch norm {_said(gains)}."
        highest = max(np.nan_to_num(found.mean(axis=0)).max() for found in accuracy.values())
        if highest <= least_learned(self.largest_class):
            sentence += (
                f" None of them has learned more than to answer the largest class, which "
                f"{self.largest_class:.4f} of the rows are."
            )
        table = Table(
            "Test accuracy after the last update, mean ± sd",
            ("layers", *NORMS.values(), "paired difference"),
            tuple(
                (str(k), *(spread(accuracy[n][:, i]) for n in NORMS), str(gains[k]))
                for i, k in enumerate(depths)
            ),
            note=EACH.format(n=len(depths)) if len(depths) > 1 else "",
        )
        return Answer(
            title="Depth",
            question=self.asks,
            sentence=sentence[0].upper() + sentence[1:],
            sections=(Section("Figures", (), (table,), _pictures(results, depths)),),
            payload=payload_of(results, METRICS) | {"comparisons": compared(gains)},
        )


def _from_to(what: str, depths: list[int], values: Array) -> str:
    """Return what values (R, depths) are of the shallowest and of the deepest network."""
    first, last = spread(values[:, 0]), spread(values[:, -1])
    if len(depths) == 1:
        return f"{what} is {first} at {depths[0]} layers"
    return f"{what} goes from {first} at {depths[0]} layers to {last} at {depths[-1]}"


def gain_of(results: Results, depth: int, metric: str) -> Verdict:
    """Return what a metric with − without batch normalisation says, seed by seed."""
    without = results.values(treatment(depth, False), metric)
    return verdict(results.values(treatment(depth, True), metric) - without)


def compared(gains: Mapping[int, Verdict]) -> list[dict[str, Any]]:
    """Return what batch normalisation gains in test accuracy at some depths, for JSON."""
    return [
        {"comparison": f"{treatment(depth, True)} − without", "metric": "test_accuracy"}
        | gain.to_dict()
        for depth, gain in gains.items()
    ]


def _said(gains: Mapping[int, Verdict]) -> str:
    """Return at which depths batch normalisation gains, at which it loses, and the others."""
    words = []
    for word in dict.fromkeys(gain.word for gain in gains.values()):
        depths = [depth for depth, gain in gains.items() if gain.word == word]
        most = max(depths, key=lambda depth: abs(gains[depth].mean))
        layers = f"{', '.join(map(str, depths))} layers"
        if word in (GAINS, LOSES):
            layers += f"{f', most at {most}' if len(depths) > 1 else ''}: {gains[most]}"
        elif gains[most].why:
            layers += f" ({gains[most].why})"
        comma = "," if "," in word else ""
        words.append(f"{word}{comma} at {layers}")
    return "; ".join(words)


def _pictures(results: Results, depths: list[int]) -> tuple[Picture, ...]:
    """Describe accuracy against depth, and the training of the shallowest and deepest networks."""
    series = {}
    for norm, word in NORMS.items():
        found = [results.values(treatment(depth, norm), "test_accuracy") for depth in depths]
        series[word] = (np.array(depths), np.array(found).T)
    shown = [treatment(depth, norm) for depth in (depths[0], depths[-1]) for norm in NORMS]
    curves = {name: results.curves(name, "training_cost") for name in dict.fromkeys(shown)}
    title = "Training cost of the shallowest and deepest networks"
    return (
        Points(
            "depth",
            "Test accuracy against depth",
            "affine layers k",
            "accuracy",
            series,
            within=SHARE,
        ),
        Curves("depth-cost", title, "cost J", curves, within=POSITIVE),
    )
