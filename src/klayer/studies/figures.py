"""The replicates of every reference figure beside it, and whether it lies where chance puts it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Any

import numpy as np

from klayer.studies import reference
from klayer.studies.experiments import fresh_lams, fresh_treatment, init_treatment, lam_treatment
from klayer.studies.gradient_errors import NAMES, GradientErrors
from klayer.studies.results import Results
from klayer.studies.statistics import (
    LEAST,
    Interval,
    Summary,
    Values,
    chance_of,
    prediction_interval,
    summary,
)

LEVEL = 0.99
TOO_RARE = 0.01
ROUNDING = 5e-5  # the reference is printed to four decimals
SMALL_LAM = 1e-3
NOTHING_JUDGED = (
    f"no reference figure can be judged: an interval takes at least {LEAST} replicates of a figure"
)
KINDS = ("validation_accuracy", "training_accuracy")
METRICS = reference.NetworkFigures._fields


@dataclass(frozen=True)
class Figure:
    """One reference figure and its replicates.

    Attributes:
        experiment: "gradients", "networks", "lambda" or "init".
        treatment: the network, λ or σ.
        metric: such as "best_training_accuracy".
        reference: the figure; None where there is none.
        values: the replicates', by seed.
        interval: where one more replicate lies with 99 % probability; unbounded where there are too
            few replicates to tell.
        peer: mean and standard deviation of an independent implementation, where there are some.
        note: what is known about the reference figure.
    """

    experiment: str
    treatment: str
    metric: str
    reference: float | None
    values: tuple[float, ...]
    interval: Interval
    peer: tuple[float, float] | None = None
    note: str = ""

    @property
    def summary(self) -> Summary:
        """Mean, standard deviation and range of the replicates."""
        return summary(self.values)

    @property
    def inside(self) -> bool | None:
        """Whether the reference lies in the interval; None where one of them is missing."""
        if self.reference is None or isinf(self.interval.high):
            return None
        room = 0.0 if self.experiment == "gradients" else ROUNDING
        return self.interval.low - room <= self.reference <= self.interval.high + room

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in JSON's own types."""
        return {
            "experiment": f"{self.experiment}: {self.treatment}",
            "metric": self.metric,
            "reference": self.reference,
            **self.summary._asdict(),
            "inside": self.inside,
            "interval": list(self.interval),
            "values": list(self.values),
            "peer": None
            if self.peer is None
            else dict(zip(("mean", "sd"), self.peer, strict=True)),
            "note": self.note,
        }


def figures_of(
    experiments: Sequence[str], results: Results, errors: GradientErrors | None
) -> list[Figure]:
    """Return the figures of some experiments, in the order of the reference."""
    found: list[Figure] = []
    if "gradients" in experiments and errors is not None:
        found += _gradient_figures(errors)
    if "networks" in experiments:
        found += _network_figures(results)
    if "lambda" in experiments:
        found += _lam_figures(results)
    if "init" in experiments:
        found += _init_figures(results)
    return found


def more_outside_than_chance(figures: Sequence[Figure]) -> tuple[bool, str]:
    """Return whether too many figures are outside their intervals, and the rule with its numbers.

    By chance alone each is outside with probability 1 %; a count that then has a binomial
    probability below 1 % is too many.

    Example:
        >>> figure = Figure("networks", "2-layer", "m", 9.0, (1.0, 2.0), Interval(0.0, 3.0))
        >>> more_outside_than_chance([figure])[0], more_outside_than_chance([figure, figure])[0]
        (False, True)
    """
    judged = [figure for figure in figures if figure.inside is not None]
    if not judged:
        return False, NOTHING_JUDGED
    outside = sum(not figure.inside for figure in judged)
    chance = chance_of(outside, len(judged), 1 - LEVEL)
    too_many = outside > 0 and chance < TOO_RARE
    words = (
        f"{len(judged) - outside} of {len(judged)} reference figures lie inside the 99 % "
        f"prediction interval of their replicates; {outside} or more would lie outside by chance "
        f"with probability {chance:.2g}, {'below' if too_many else 'not below'} 1 %"
    )
    return too_many, words


def _gradient_figures(errors: GradientErrors) -> Iterator[Figure]:
    """Yield the largest errors of W, b, γ, β; their interval is one of logarithms."""
    for name, word in NAMES.items():
        yield Figure(
            experiment="gradients",
            treatment=word,
            metric="largest_absolute_error",
            reference=reference.GRADIENTS[name][1],
            values=tuple(errors.largest[name].tolist()),
            interval=_of_logarithms(errors.largest[name]),
        )


def _of_logarithms(values: Values) -> Interval:
    """Return the prediction interval of positive values whose logarithms are normal."""
    low, high = prediction_interval(np.log10(values), LEVEL)
    return Interval(float(10**low), float(10**high))


def _network_figures(results: Results) -> Iterator[Figure]:
    for network, figures in reference.NETWORKS.items():
        for metric in METRICS:
            peer = reference.PEER[network]
            yield _figure(
                results,
                "networks",
                network,
                f"best_{metric}",
                getattr(figures, metric),
                peer=(getattr(peer.mean, metric), getattr(peer.sd, metric)),
                note=reference.NOTES.get(network, ""),
            )


def _lam_figures(results: Results) -> Iterator[Figure]:
    for row in (*reference.COARSE, *reference.FINE):
        note = reference.NOTES["lambda"] if row.lam < SMALL_LAM else ""
        for kind in KINDS:
            treatment, figure = lam_treatment(row.lam), getattr(row, kind)
            yield _figure(results, "lambda", treatment, f"final_{kind}", figure, note=note)
    yield from _fresh_figures(results)


def _fresh_figures(results: Results) -> Iterator[Figure]:
    """Yield the best of the λ that every replicate drew, by validation accuracy; no reference."""
    names = ("lam", *(f"final_{kind}" for kind in KINDS))
    best = [max(fresh_trials(results, seed), key=lambda trial: trial[1]) for seed in results.seeds]
    for name, values in zip(names, zip(*best, strict=True), strict=True):
        yield Figure(
            experiment="lambda",
            treatment="best fresh λ",
            metric=name,
            reference=None,
            values=values,
            interval=_of_logarithms(values) if name == "lam" else prediction_interval(values),
        )


def fresh_trials(results: Results, seed: int) -> list[tuple[float, ...]]:
    """Return λ, final validation and training accuracy of each λ that one replicate drew."""
    found = []
    for lam in fresh_lams(seed):
        outcome, network = results.places(fresh_treatment(lam))[0]
        found.append((lam, *(outcome.figure(f"final_{kind}", network) for kind in KINDS)))
    return found


def _init_figures(results: Results) -> Iterator[Figure]:
    for row in reference.INIT:
        treatment, note = init_treatment(row.network, row.sigma), reference.NOTES["init"]
        figures = {
            "test_accuracy": row.test_accuracy,
            "final_training_accuracy": row.training_accuracy,
        }
        for metric, figure in figures.items():
            yield _figure(results, "init", treatment, metric, figure, note=note)


def _figure(
    results: Results,
    experiment: str,
    treatment: str,
    metric: str,
    figure: float | None,
    peer: tuple[float, float] | None = None,
    note: str = "",
) -> Figure:
    values: Values = results.values(treatment, metric)
    return Figure(
        experiment=experiment,
        treatment=treatment,
        metric=metric,
        reference=figure,
        values=tuple(float(value) for value in values),
        interval=prediction_interval(values, LEVEL),
        peer=peer,
        note=note,
    )
