"""lambda: cost and accuracy against λ, all values as one stack."""

from collections.abc import Mapping

import numpy as np

from klayer.architecture import Array
from klayer.studies.answer import POSITIVE, SHARE, Answer, Picture, Points, Section, Table
from klayer.studies.question import Question, nothing_learned, payload_of, spread
from klayer.studies.results import Results
from klayer.studies.stack import Stack
from klayer.studies.verdict import CHOSEN, LOSES, Verdict, least_learned, verdict

ACCURACIES = {
    "test": "test_accuracy",
    "validation": "final_validation_accuracy",
    "training": "final_training_accuracy",
}
CROSS_ENTROPIES = {
    "validation": "final_validation_cross_entropy",
    "training": "final_training_cross_entropy",
}
METRICS = (*ACCURACIES.values(), *CROSS_ENTROPIES.values())


def treatment(lam: float) -> str:
    """Return the name of a network.

    Example:
        >>> treatment(0.001)
        'λ = 0.001'
    """
    return f"λ = {lam:g}"


class Penalty(Question):
    """One network under growing λ, from the same weights on the same mini-batches."""

    name = "lambda"
    asks = "Which λ is best, and what do others cost?"

    def stacks(self) -> list[Stack]:
        """Return one stack of all λ."""
        lams = sorted(set(self.asked.lams))
        return [Stack("lambda", self.plan(lam=lams), tuple(treatment(lam) for lam in lams))]

    def answer(self, results: Results) -> Answer:
        """Find the best λ of every replicate, by validation accuracy, where any has learned."""
        lams = np.array(sorted(set(self.asked.lams)))
        values = {
            metric: np.array([results.values(treatment(lam), metric) for lam in lams]).T
            for metric in METRICS
        }
        validation = values["final_validation_accuracy"]
        means = np.nan_to_num(validation.mean(axis=0), nan=-1.0)
        ties = values["final_validation_cross_entropy"].mean(axis=0)
        best = int(
            np.where(means == means.max(), -np.nan_to_num(ties, nan=np.inf), -np.inf).argmax()
        )
        learned = bool(validation[:, best].mean() > least_learned(self.largest_class))
        others = {
            float(lam): verdict(validation[:, place] - validation[:, best])
            for place, lam in enumerate(lams)
            if learned and place != best
        }
        sentence = _best(lams, best, values, others)
        if not learned:
            sentence = _unlearned(lams[best], validation[:, best], self.largest_class)
        table = _table(lams, values, others, best if learned else None)
        return Answer(
            title="The penalty λ",
            question=self.asks,
            sentence=sentence,
            sections=(Section("Figures", (), (table,), _pictures(lams, values)),),
            payload=payload_of(results, METRICS)
            | {
                "comparisons": [
                    {
                        "comparison": f"{treatment(lam)} − {treatment(lams[best])}",
                        "metric": "final_validation_accuracy",
                    }
                    | found.to_dict()
                    for lam, found in others.items()
                ]
            },
        )


def _best(
    lams: Array, best: int, values: Mapping[str, Array], others: Mapping[float, Verdict]
) -> str:
    """Return which λ is best on average, and how far the replicates agree."""
    validation, test = values["final_validation_accuracy"], values["test_accuracy"]
    own = lams[np.nan_to_num(validation, nan=-1.0).argmax(axis=1)]
    span = f"lie from {own.min():g} to {own.max():g}"
    if own.min() == own.max():
        span = f"are all {own[0]:g}"
    return (
        f"On average λ = {lams[best]:g} is best (validation accuracy "
        f"{spread(validation[:, best])}, test {spread(test[:, best])}); {_worse(others)}; the "
        f"{len(own)} replicates' own best {span}."
    )


def _unlearned(lam: float, highest: Array, largest: float) -> str:
    """Return that no λ is best, for none has learned more than the largest class' answer."""
    if not np.isfinite(highest).all():
        return "No λ can be judged: of each, some replicates diverged or were not validated."
    return nothing_learned("λ", treatment(lam), "validation accuracy", highest, largest)


def _table(
    lams: Array, values: Mapping[str, Array], others: Mapping[float, Verdict], best: int | None
) -> Table:
    """Return the figures of every λ, and where one is best the differences to it."""
    compared = ("validation accuracy − the best's",) if best is not None else ()
    return Table(
        "After the last update, mean ± sd",
        ("λ", *(name.replace("_", " ") for name in values), *compared),
        tuple(
            (
                f"{lam:g}",
                *(spread(found[:, place]) for found in values.values()),
                *(str(others.get(float(lam), "the best")) for _ in compared),
            )
            for place, lam in enumerate(lams)
        ),
        flagged=frozenset() if best is None else frozenset({best}),
        note=CHOSEN if compared else "",
    )


def _worse(others: Mapping[float, Verdict]) -> str:
    """Return which of the other λ are shown to be worse than the best."""
    left = [lam for lam, found in others.items() if found.word != LOSES]
    untold = [found.why for found in others.values() if found.why]
    if not others:
        return "no other was compared"
    if not left:
        return "every other is worse (paired, 95 %)"
    if len(untold) == len(others):
        return f"too few replicates tell whether the others are worse ({untold[0]})"
    return f"not shown to be worse (paired, 95 %): {', '.join(f'{lam:g}' for lam in left)}"


def _pictures(lams: Array, values: dict[str, Array]) -> tuple[Picture, ...]:
    """Describe accuracy and cross-entropy against λ."""
    shown = {"accuracy": ACCURACIES, "cross-entropy": CROSS_ENTROPIES}
    return tuple(
        Points(
            name=f"lambda-{measured}",
            title=f"{measured.capitalize()} against λ",
            x_label="λ",
            y_label=measured,
            series={name: (lams, values[metric]) for name, metric in metrics.items()},
            log_x=bool((lams > 0).any()),
            within=SHARE if measured == "accuracy" else POSITIVE,
        )
        for measured, metrics in shown.items()
    )
