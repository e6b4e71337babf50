"""Claims: decided by paired differences, and swapped data swap the sentence."""

import numpy as np
import pytest

from klayer.studies import Results
from klayer.studies.claims import Claim, claims_of, decide, decide_everywhere
from klayer.studies.experiments import SIGMAS, init_treatment, lam_treatment
from klayer.studies.reference import COARSE, FINE
from tests.studies.made import make_results

NOISE = np.array([0.001, -0.001, 0.0005])
LEVELS = {
    "3-layer": 0.52,
    "9-layer": 0.46,
    "3-layer, batch norm": 0.53,
    "9-layer, batch norm": 0.51,
    "3-layer, σ = 0.001": 0.1,
    "3-layer, σ = 0.0001": 0.1,
    "3-layer, batch norm, σ = 0.001": 0.531,
    "3-layer, batch norm, σ = 0.0001": 0.529,
}


def supporting() -> dict[str, dict[str, list[float]]]:
    """Return figures that support all eight claims."""
    found = {
        name: {"accuracy": (level + NOISE * (1 + place**2 / 9)).tolist()}
        for place, (name, level) in enumerate(LEVELS.items())
    }
    for row in (*COARSE, *FINE):
        level = 0.53 - 0.02 * (np.log10(row.lam) + 2.3) ** 2
        found[lam_treatment(row.lam)] = {
            "accuracy": (level + NOISE * (1 + row.lam)).tolist(),
            "validation_accuracy": (level + NOISE).tolist(),
        }
    return found


def swapped(figures: dict[str, dict[str, list[float]]], *pairs: tuple[str, str]) -> Results:
    for one, other in pairs:
        figures[one], figures[other] = figures[other], figures[one]
    return make_results(figures)


def claims(results: Results) -> list[Claim]:
    return claims_of(("networks", "lambda", "init"), results, classes=10)


def test_all_eight_claims_hold_where_the_figures_support_them() -> None:
    found = claims(make_results(supporting()))
    assert [claim.holds for claim in found] == [True] * 8
    assert all("This holds" in claim.sentence for claim in found)


BEST, WORST = lam_treatment(FINE[0].lam), lam_treatment(COARSE[-1].lam)
SWAPS = [
    (0, [("3-layer", "9-layer")]),
    (1, [("3-layer", "3-layer, batch norm")]),
    (2, [("9-layer", "9-layer, batch norm")]),
    (3, [("9-layer", "9-layer, batch norm")]),
    (5, [(BEST, WORST)]),
    (6, [(init_treatment("3-layer", s), init_treatment("3-layer, batch norm", s)) for s in SIGMAS[1:]]),
    (7, [(init_treatment("3-layer", s), init_treatment("3-layer, batch norm", s)) for s in SIGMAS[1:]]),
]  # fmt: skip


@pytest.mark.parametrize(("place", "pairs"), SWAPS)
def test_swapping_the_data_swaps_the_sentence(place: int, pairs: list[tuple[str, str]]) -> None:
    claim = claims(swapped(supporting(), *pairs))[place]
    assert claim.holds is False
    assert "This does not hold" in claim.sentence
    before = claims(swapped(supporting()))[place]
    if place < 3:
        assert claim.difference == pytest.approx(-before.difference)


def test_the_best_lambda_elsewhere_denies_the_fifth_claim() -> None:
    figures = supporting()
    for row in (*COARSE, *FINE):
        level = 0.53 - 0.02 * (np.log10(row.lam) + 4.5) ** 2
        figures[lam_treatment(row.lam)] = {
            "accuracy": (level + NOISE * (1 + row.lam)).tolist(),
            "validation_accuracy": (level + NOISE).tolist(),
        }
    claim = claims(swapped(figures))[4]
    assert claim.holds is False
    assert "best λ lie from 3.56e-05 to 3.56e-05" in claim.sentence


def test_an_interval_across_the_bound_decides_nothing() -> None:
    claim = decide("a is better", "a > b", "a − b", np.array([0.01, -0.01, 0.02]))
    assert claim.holds is None
    assert "undecided" in claim.sentence
    assert "+0.0067" in claim.sentence


@pytest.mark.parametrize(
    ("differences", "why"),
    [
        ([0.04, 0.05], "2 replicates, at least 3 are needed"),
        ([0.05, 0.05, 0.05], "all 3 are equal, at least 6 are needed"),
    ],
)
def test_too_few_or_equal_differences_decide_nothing(differences: list[float], why: str) -> None:
    claim = decide("a is better", "a > b", "a − b", np.array(differences))
    assert claim.holds is None
    assert claim.interval == (-np.inf, np.inf)
    assert f"This is undecided: {why}; a − b is +0.0" in claim.sentence
    assert f"(no interval: {why}, {len(differences)} seeds)." in claim.sentence


def test_networks_that_stay_at_chance_exactly_uphold_that_they_do() -> None:
    exact = {"a": np.zeros(3), "b": np.zeros(3)}
    claim = decide_everywhere("they stay", "stay", "mean", exact)
    assert claim.holds is True
    assert "This holds: what was measured lies within ±0.02 for every seed" in claim.sentence
    assert decide_everywhere("they stay", "stay", "mean", {"a": np.zeros(2)}).holds is None


def test_one_seed_denies_what_is_said_of_all() -> None:
    near, far = np.array([0.001, 0.0, 0.002]), np.array([0.001, 0.4, 0.002])
    assert decide_everywhere("they stay", "stay", "mean", {"a": near, "b": near}).holds is True
    claim = decide_everywhere("they stay", "stay", "the mean", {"a": near, "b": far})
    assert claim.holds is False
    assert "beyond it are a: 0 of 3 seeds, b: 1 of 3 seeds, by up to 0.4000" in claim.sentence
    spread = np.array([0.019, -0.019, 0.019])
    assert decide_everywhere("they stay", "stay", "mean", {"a": spread}).holds is None


def test_the_difference_is_paired_by_seed() -> None:
    level = np.array([0.4, 0.5, 0.6])
    figures = supporting()
    figures["3-layer"]["accuracy"] = level.tolist()
    figures["3-layer, batch norm"]["accuracy"] = (level + 0.01 + NOISE).tolist()
    claim = claims(swapped(figures))[1]
    assert claim.holds
    assert claim.values == pytest.approx((0.01 + NOISE).tolist())
