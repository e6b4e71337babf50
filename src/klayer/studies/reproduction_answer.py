"""The reference experiments' answer: sentences, tables and what its pictures show."""

from collections.abc import Iterator
from math import isfinite

import numpy as np

from klayer.studies import reference
from klayer.studies.answer import (
    POSITIVE,
    SHARE,
    Answer,
    Bar,
    Curves,
    Intervals,
    Picture,
    Points,
    Section,
    Table,
)
from klayer.studies.experiments import NETWORKS, lam_treatment
from klayer.studies.figures import Figure, fresh_trials
from klayer.studies.reproduction import Reproduction
from klayer.studies.statistics import Interval

QUESTION = (
    "Do the published figures of k-layer networks on CIFAR-10 come out again, within what split, "
    "order and initial weights make of them by chance, and do they support what was claimed?"
)
PREDICTION = "99 % prediction interval of one more replicate, from {n}"
HEADINGS = {
    "gradients": "Gradient checks",
    "networks": "Networks: best over the run",
    "lambda": "λ search: after the last update",
    "init": "Initial weights: after the last update",
}
WORDS = {
    "gradients": (
        "Largest absolute error of forward differences (h = 1e-6) over 2-, 3-, 4-layer networks "
        "without and 2-, 3-layer with batch norm, on 20 inputs × 5 samples, λ = 0; the reference "
        "is the largest it had. The intervals are those of the logarithms."
    ),
    "networks": (
        "λ = 0.005, batches of 100, learning rate 1e-5 … 1e-1, step_size 2250, two cycles, He "
        "weights, ε = 1e-15. In float32; the reference trained in float64."
    ),
    "lambda": (
        "3-layer network with batch norm: the reference's coarse and fine λ, and fresh ones that "
        "every replicate draws anew, log-uniform from 1e-5 to 1e-1."
    ),
    "init": (
        "3-layer networks from Gaussian weights of standard deviation σ; λ = 0.005. The figures "
        "for σ = 1e-4 with batch norm are missing from the reference."
    ),
}
CHANCE = (
    "Figures of one experiment share splits and batches, and the reference's share one seed, so "
    "they are not independent: several fall outside together or not at all."
)


def answer_of(found: Reproduction) -> Answer:
    """Return the answer of the reference experiments."""
    sections = [_claims_section(found)] if found.claims else []
    sections += [_section(found, experiment) for experiment in found.experiments]
    sections += list(_outside_section(found))
    return Answer(
        title="The reference experiments, reproduced",
        question=QUESTION,
        sentence=found.verdict[0].upper() + found.verdict[1:] + ".",
        sections=tuple(sections),
        payload=found.to_dict(),
    )


def _claims_section(found: Reproduction) -> Section:
    words = {True: "holds", False: "does not hold", None: "undecided"}
    table = Table(
        title="The claims",
        columns=("claim", "verdict", "difference", "95 % interval"),
        rows=tuple(
            (
                claim.claim,
                words[claim.holds],
                f"{claim.difference:+.4f}",
                _bounds(claim.interval, "+.4f"),
            )
            for claim in found.claims
        ),
        flagged=frozenset(n for n, claim in enumerate(found.claims) if not claim.holds),
        note="Paired differences of test accuracy after the last update, network against network "
        "of the same seed: these error bars leave out what the networks of a seed share.",
    )
    picture = Intervals(
        name="claims",
        title="Paired differences of the claims",
        x_label="difference of test accuracy",
        bars=tuple(
            Bar(
                claim.label,
                claim.difference,
                *claim.interval,
                values=claim.values,
                bounds=claim.bounds,
            )
            for claim in found.claims
        ),
        line=0.0,
        within=(-1.0, 1.0),
    )
    sentences = tuple(claim.sentence for claim in found.claims)
    return Section("What was claimed", sentences, (table,), (picture,))


def _section(found: Reproduction, experiment: str) -> Section:
    figures = [figure for figure in found.figures if figure.experiment == experiment]
    pictures: list[Picture] = []
    if experiment == "networks":
        pictures = list(_network_pictures(found, figures))
    elif experiment == "lambda":
        pictures = [_lam_picture(found)]
    elif experiment == "init":
        pictures = [_intervals("init", "Accuracy by initial weights", "accuracy", figures)]
    words = [WORDS[experiment]]
    if experiment == "gradients":
        words += list(found.mistakes) or ["Every gradient is right by all methods."]
    return Section(
        HEADINGS[experiment], tuple(words), (_table(figures, not found.quick),), tuple(pictures)
    )


def _table(figures: list[Figure], compared: bool) -> Table:
    """Return the figures of one experiment beside the reference's."""
    peers = any(figure.peer for figure in figures)
    columns = ("", "metric", "reference", "mean", "sd", "range", "99 % interval", "")
    rows = []
    for figure in figures:
        mean, sd, low, high, _ = figure.summary
        digits = ".1e" if figure.experiment == "gradients" else ".4f"
        digits = ".2e" if figure.metric == "lam" else digits
        cells = [format(mean, digits), format(sd, digits)]
        cells.append(f"{low:{digits}} … {high:{digits}}")
        given = "–" if figure.reference is None else format(figure.reference, digits)
        interval = _bounds(figure.interval, digits)
        verdict = {True: "inside", False: "OUTSIDE", None: "–"}[figure.inside if compared else None]
        row = (figure.treatment, _metric(figure.metric), given, *cells, interval, verdict)
        peer = "" if figure.peer is None else f"{figure.peer[0]:.4f} ± {figure.peer[1]:.4f}"
        rows.append((*row, peer) if peers else row)
    note = (
        "The last column is an independent implementation in plain NumPy on images re-encoded as "
        "JPEG, mean ± sd of four seeds."
    )
    return Table(
        title=f"{len(figures[0].values)} replicates beside the reference",
        columns=(*columns[:-1], "reference is", "independent")
        if peers
        else (*columns[:-1], "reference is"),
        rows=tuple(rows),
        flagged=frozenset(n for n, row in enumerate(rows) if "OUTSIDE" in row),
        note=note if peers else "",
    )


def _network_pictures(found: Reproduction, figures: list[Figure]) -> Iterator[Picture]:
    series = {name: found.results.curves(name, "validation_accuracy") for name in NETWORKS}
    yield Curves(
        "networks", "Validation accuracy of the networks", "accuracy", series, within=SHARE
    )
    accuracies = [figure for figure in figures if figure.metric.endswith("accuracy")]
    costs = [figure for figure in figures if figure.metric.endswith("cost")]
    yield _intervals("networks-accuracy", "Best accuracy over the run", "accuracy", accuracies)
    yield _intervals("networks-cost", "Best cost over the run", "cost J", costs)


def _intervals(name: str, title: str, x_label: str, figures: list[Figure]) -> Intervals:
    """Describe figures, their intervals and the reference as a picture."""
    bars = tuple(
        Bar(
            f"{figure.treatment}: {_metric(figure.metric, short=True)}",
            figure.summary.mean,
            *figure.interval,
            mark=figure.reference,
            values=figure.values,
        )
        for figure in figures
    )
    within = SHARE if x_label == "accuracy" else POSITIVE
    return Intervals(name, title, x_label, bars, "reference", within=within, meaning=PREDICTION)


def _lam_picture(found: Reproduction) -> Points:
    """Describe the λ search, the reference's figures as crosses."""
    rows = (*reference.COARSE, *reference.FINE)
    lams = np.array([row.lam for row in rows])
    fresh = np.array(
        [trial for seed in found.results.seeds for trial in fresh_trials(found.results, seed)]
    )
    series, marks, dots = {}, {}, {}
    for place, kind in enumerate(("validation", "training"), 1):
        metric = f"{kind}_accuracy"
        values = [found.results.values(lam_treatment(lam), f"final_{metric}") for lam in lams]
        series[kind] = (lams, np.array(values).T)
        marks[kind] = (lams, np.array([getattr(row, metric) for row in rows]))
        dots[kind] = (fresh[:, 0], fresh[:, place])
    return Points(
        "lambda", "Accuracy against λ, 3-layer network with batch norm", "λ", "accuracy",
        series, marks, "reference", log_x=True, dots=dots, dotted="fresh λ", within=SHARE,
    )  # fmt: skip


def _outside_section(found: Reproduction) -> Iterator[Section]:
    """Yield what is known about the figures that fall outside; nothing where none does."""
    outside = [figure for figure in found.figures if figure.inside is False]
    if found.quick or not outside:
        return
    lines = []
    for figure in outside:
        assert figure.reference is not None
        off = figure.summary.mean - figure.reference
        said = f"{figure.treatment}, {_metric(figure.metric)}: {off:+.4f} from the reference"
        if figure.peer is not None:
            away = figure.summary.mean - figure.peer[0]
            said += f", {away:+.4f} from the independent implementation on re-encoded images"
        lines.append(f"{said}{'; ' if figure.note else ''}{figure.note}.")
    yield Section("Figures outside, and why", (reference.NOTES["data"] + ".", CHANCE, *lines))


def _bounds(interval: Interval, digits: str) -> str:
    """Return an interval in words; a dash where there is none.

    Example:
        >>> _bounds(Interval(0.1, 0.25), ".2f")
        '0.10 … 0.25'
    """
    if not isfinite(interval.low + interval.high):
        return "–"
    return " … ".join(format(bound, digits) for bound in interval)


def _metric(metric: str, short: bool = False) -> str:
    """Return a metric in words.

    Example:
        >>> _metric("best_training_accuracy"), _metric("best_training_cost", short=True)
        ('best training accuracy', 'training')
    """
    words = metric.replace("_", " ")
    return words.split()[-2] if short and len(words.split()) > 1 else words
