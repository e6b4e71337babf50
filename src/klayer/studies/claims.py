"""The claims that the reference figures are meant to support, decided by the replicates.

Each claim compares accuracies of networks that share split, mini-batches and initial draws: a
paired difference for every seed. It is decided by the 95 % confidence interval of their mean; fewer
than three seeds, or differences that are all equal, decide nothing.
Accuracies are those on the test set after the last update, which no choice was made by.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.studies import reference
from klayer.studies.experiments import SIGMAS, init_treatment, lam_treatment
from klayer.studies.results import Results
from klayer.studies.statistics import LEAST, Interval, equal
from klayer.studies.verdict import GAINS, LOSES, Verdict, verdict

MARGIN = 0.02  # of accuracy: what counts as "at chance" and "as well as"
WITHIN = f"within ±{MARGIN:g} for every seed"
BEST_LAM = (1e-3, 2e-2)
Differences = NDArray[np.float64]


@dataclass(frozen=True)
class Claim:
    """One claim and its verdict.

    Attributes:
        claim: what was claimed.
        label: a few words for it.
        holds: True or False; None where the interval decides neither.
        difference: the mean paired difference, in accuracy.
        interval: its 95 % confidence interval; everything where there is none.
        sentence: the verdict in words, with its numbers.
        values: the difference for every seed.
        bounds: what the interval must lie above, or between.
    """

    claim: str
    label: str
    holds: bool | None
    difference: float
    interval: Interval
    sentence: str
    values: tuple[float, ...]
    bounds: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in JSON's own types."""
        return {
            "claim": self.claim,
            "holds": self.holds,
            "difference": self.difference,
            "interval": list(self.interval),
            "sentence": self.sentence,
            "values": list(self.values),
        }


def decide(
    claim: str, label: str, what: str, differences: Differences, least: float = 0.0
) -> Claim:
    """Decide a claim that a difference is above `least`.

    It holds where the whole interval is above, fails where the whole interval is below, and is
    undecided otherwise, and where there is no interval.

    Args:
        claim: what was claimed.
        label: a few words for it.
        what: what the difference is, such as "test accuracy with − without batch norm".
        differences: one for every seed, (R,).
        least: the bound.

    Example:
        >>> decide("a is better", "a > b", "a − b", np.array([0.03, 0.04, 0.05])).holds
        True
        >>> decide("a is better", "a > b", "a − b", np.array([-0.03, -0.04, -0.05])).holds
        False
        >>> print(decide("a is better", "a > b", "a − b", np.array([0.03, -0.04, 0.05])).holds)
        None
    """
    found = verdict(differences, least)
    holds = {GAINS: True, LOSES: False}.get(found.word)
    return _claim(claim, label, holds, what, found, f"above {least:g}", (least,))


def decide_everywhere(
    claim: str, label: str, what: str, differences: Mapping[str, Differences]
) -> Claim:
    """Decide a claim that some differences are zero, to `MARGIN`, under every seed.

    It fails where any is beyond: one seed is enough to deny what is said of all. It holds where
    none is and the interval of their mean lies within, too; where the means of three seeds or more
    are all equal, as they are of networks that do not learn at all, the means themselves.

    Args:
        claim: what was claimed.
        label: a few words for it.
        what: what the differences are.
        differences: treatment → one for every seed, (R,).

    Example:
        >>> near, far = np.array([0.001, 0.0, 0.002]), np.array([0.001, 0.4, 0.002])
        >>> decide_everywhere("they stay", "stay", "d", {"a": near}).holds
        True
        >>> decide_everywhere("they stay", "stay", "d", {"a": near, "b": far}).holds
        False
    """
    mean = np.mean(list(differences.values()), axis=0)
    found = verdict(mean)
    beyond = {name: int((abs(own) > MARGIN).sum()) for name, own in differences.items()}
    within = (len(mean) >= LEAST and equal(mean)) or (
        found.interval.low > -MARGIN and found.interval.high < MARGIN
    )
    holds = False if any(beyond.values()) else True if within else None
    counts = ", ".join(f"{name}: {count} of {len(mean)} seeds" for name, count in beyond.items())
    largest = max(float(abs(own).max()) for own in differences.values())
    what = f"beyond it are {counts}, by up to {largest:.4f}; {what}"
    return _claim(claim, label, holds, what, found, WITHIN, (-MARGIN, MARGIN))


def claims_of(experiments: Sequence[str], results: Results, classes: int) -> list[Claim]:
    """Return the claims that some experiments decide, in the order of the design."""
    found: list[Claim] = []
    if "networks" in experiments:
        found += _network_claims(results)
    if "lambda" in experiments:
        found += _lam_claims(results)
    if "init" in experiments:
        found += _init_claims(results, classes)
    return found


def _claim(
    claim: str,
    label: str,
    holds: bool | None,
    what: str,
    found: Verdict,
    bound: str,
    bounds: tuple[float, ...],
) -> Claim:
    """Return a claim with its verdict in words."""
    judged = "what was measured" if found.why else "the interval"
    said = {
        True: f"This holds: {judged} lies {bound}",
        False: f"This does not hold: {judged} does not lie {bound}",
        None: f"This is undecided: {found.why or f'{judged} lies partly {bound} and partly not'}",
    }[holds]
    sentence = f"{claim}. {said}; {what} is {str(found)[:-1]}, {len(found.values)} seeds)."
    return Claim(claim, label, holds, found.mean, found.interval, sentence, found.values, bounds)


def _network_claims(results: Results) -> list[Claim]:
    """Decide (1) to (4): depth and batch normalisation."""
    test = _test_accuracy(results)
    shallow, deep = test("3-layer"), test("9-layer")
    gain = test("3-layer, batch norm") - shallow
    deep_gain = test("9-layer, batch norm") - deep
    return [
        decide(
            "Without batch norm the 9-layer network is worse than the 3-layer one",
            "1  9 layers below 3",
            "test accuracy of 3 − 9 layers",
            shallow - deep,
        ),
        decide(
            "Batch norm improves the 3-layer network",
            "2  batch norm helps 3 layers",
            "test accuracy with − without",
            gain,
        ),
        decide(
            "Batch norm improves the 9-layer network",
            "3  batch norm helps 9 layers",
            "test accuracy with − without",
            deep_gain,
        ),
        decide(
            "Batch norm improves the 9-layer network more than the 3-layer one",
            "4  … helps 9 more than 3",
            "gain of 9 − gain of 3 layers",
            deep_gain - gain,
        ),
    ]


def _lam_claims(results: Results) -> list[Claim]:
    """Decide (5) and (6): where the best λ lies, and what the largest one costs.

    The best λ of a range is chosen by validation accuracy, and then compared on the test set, so
    that a range does not win by having more of them.
    """
    lams = np.array([row.lam for row in (*reference.COARSE, *reference.FINE)])
    names = [lam_treatment(lam) for lam in lams]
    validation = np.array([results.values(name, "final_validation_accuracy") for name in names])
    test = np.array([_test_accuracy(results)(name) for name in names])  # (λ, R)
    within = (lams >= BEST_LAM[0]) & (lams <= BEST_LAM[1])
    best = lams[validation.argmax(axis=0)]
    inside, outside = _chosen(validation, test, within), _chosen(validation, test, ~within)
    where = f"the replicates' best λ lie from {best.min():.3g} to {best.max():.3g}; "
    return [
        decide(
            "The best λ of the 3-layer batch-norm network lies between 1e-3 and 2e-2",
            "5  best λ in 1e-3 … 2e-2",
            f"{where}test accuracy of the best λ inside − the best outside",
            inside - outside,
        ),
        decide(
            "λ near 1e-1 costs accuracy",
            "6  λ near 1e-1 costs",
            f"test accuracy of the best λ − that of {lams.max():.3g}",
            _chosen(validation, test, lams < lams.max()) - test[lams.argmax()],
        ),
    ]


def _init_claims(results: Results, classes: int) -> list[Claim]:
    """Decide (7) and (8): small initial weights without and with batch normalisation."""
    test, small = _test_accuracy(results), SIGMAS[1:]
    without = {
        f"σ = {sigma:g}": test(init_treatment("3-layer", sigma)) - 1 / classes for sigma in small
    }
    normalised = [test(init_treatment("3-layer, batch norm", sigma)) for sigma in small]
    return [
        decide_everywhere(
            "With σ = 1e-3 and 1e-4 the network without batch norm stays at chance",
            "7  small σ without: at chance",
            f"mean test accuracy − {1 / classes:g}",
            without,
        ),
        decide(
            "With σ = 1e-3 and 1e-4 the batch-norm network learns as well as from He weights",
            "8  small σ with: as He",
            "mean test accuracy − that from He weights",
            np.mean(normalised, axis=0) - test("3-layer, batch norm"),
            least=-MARGIN,
        ),
    ]


def _chosen(validation: Differences, test: Differences, among: NDArray[np.bool_]) -> Differences:
    """Return the test accuracy of the best of some λ by validation accuracy, for each seed."""
    position = validation[among].argmax(axis=0)
    found: Differences = np.take_along_axis(test[among], position[None], axis=0)[0]
    return found


def _test_accuracy(results: Results) -> Callable[[str], Differences]:
    return lambda treatment: results.values(treatment, "test_accuracy")
