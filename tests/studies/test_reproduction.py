"""The reference experiments: their stacks, their figures, the verdict on all of them."""

from dataclasses import replace

import numpy as np
import pytest

from klayer.errors import InputError
from klayer.studies import Results, Sets
from klayer.studies.experiments import fresh_lams, reference_stacks, require_experiments
from klayer.studies.figures import Figure, figures_of, more_outside_than_chance
from klayer.studies.gradient_errors import GradientErrors
from klayer.studies.reference import COARSE, FINE
from klayer.studies.reproduction import Reproduction, reproduce
from klayer.studies.reproduction_answer import answer_of
from klayer.studies.statistics import prediction_interval

ALL = ("gradients", "networks", "lambda", "init")


def figure(reference: float | None, values: list[float]) -> Figure:
    interval = prediction_interval(values)
    return Figure("networks", "2-layer", "m", reference, tuple(values), interval)


def test_the_stacks_are_those_of_the_reference() -> None:
    stacks = {stack.name: stack.plan for stack in reference_stacks(ALL, seed=3)}
    assert list(stacks) == [
        "2-layer", "3-layer", "9-layer", "3-layer, batch norm", "9-layer, batch norm", "lambda",
    ]  # fmt: skip
    for plan in stacks.values():
        assert (plan.seed, plan.batch_size, plan.epsilon, plan.dtype) == (3, 100, 1e-15, "float32")
        assert plan.total_steps(45_000) == 9_000
    assert stacks["9-layer, batch norm"].hidden == (50, 30, 20, 20, 10, 10, 10)
    assert stacks["3-layer"].sigma == (None, 1e-1, 1e-3, 1e-4)
    reference = tuple(row.lam for row in (*COARSE, *FINE))
    assert stacks["lambda"].lam == (*reference, *fresh_lams(3))


def test_every_seed_draws_its_own_lambdas() -> None:
    assert fresh_lams(0) != fresh_lams(1)
    assert all(1e-5 <= lam <= 1e-1 for lam in fresh_lams(0))


def test_an_experiment_shares_the_stacks_of_another() -> None:
    both, one = reference_stacks(ALL, 0), reference_stacks(("init",), 0)
    assert set(one) <= set(both)


def test_an_unknown_experiment_is_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match=r"but got 'lamda'; did you mean 'lambda'\?"):
        require_experiments(["lamda"])


def test_one_replicate_has_no_spread() -> None:
    with pytest.raises(InputError, match="must be at least 2 for a spread, but got 1"):
        reproduce(Sets(source="digits"), replicates=1)


def test_figures_of_cifar10_are_set_beside_nothing_else() -> None:
    with pytest.raises(InputError, match=r"are of CIFAR-10, 60,000 pictures .* with `quick`"):
        reproduce(Sets(source="digits"), only=["init"])


def test_a_figure_is_inside_its_interval_or_not_or_nowhere() -> None:
    values = [0.516, 0.518, 0.52, 0.522, 0.524]  # 99 % prediction interval .5041 … .5359
    assert figure(0.505, values).inside is True
    assert figure(0.503, values).inside is False
    assert figure(None, values).inside is None


def test_a_reference_that_never_varies_is_inside_to_its_printed_digits() -> None:
    assert figure(0.1, [0.1 + 1e-9] * 5).inside is True
    assert figure(0.1002, [0.1] * 5).inside is False


def test_more_outside_than_chance_explains() -> None:
    values = [0.516, 0.518, 0.52, 0.522, 0.524]
    inside, outside = figure(0.52, values), figure(0.9, values)
    assert more_outside_than_chance([inside] * 57 + [outside] * 3)[0] is False
    too_many, words = more_outside_than_chance([inside] * 56 + [outside] * 4)
    assert too_many
    assert "56 of 60 reference figures lie inside" in words
    assert more_outside_than_chance([])[0] is False


def test_a_quick_run_has_every_figure_and_claim_and_compares_nothing() -> None:
    found = reproduce(Sets(source="digits"), quick=True, engine="reference")
    payload = found.to_dict()
    assert len(found.figures) == 4 + 5 * 4 + 17 * 2 + 3 + 6 * 2
    assert len(found.claims) == 8
    assert found.passed
    keys = {"experiment", "metric", "reference", "mean", "sd", "low", "high", "n", "inside"}
    assert all(set(row) >= keys for row in payload["figures"])
    assert all(
        set(row) >= {"claim", "holds", "difference", "interval"} for row in payload["claims"]
    )
    tables = [table for section in answer_of(found).sections for table in section.tables]
    assert not any("OUTSIDE" in cell for table in tables for row in table.rows for cell in row)
    missing = [row for row in payload["figures"] if row["reference"] is None]
    assert {row["experiment"] for row in missing} == {
        "init: 3-layer, batch norm, σ = 0.0001", "lambda: best fresh λ",
    }  # fmt: skip
    assert all(np.isfinite(row["mean"]) for row in missing)
    answer = answer_of(found)
    pictures = [picture.name for section in answer.sections for picture in section.pictures]
    assert pictures == [
        "claims", "networks", "networks-accuracy", "networks-cost", "lambda", "init",
    ]  # fmt: skip
    assert figures_of(("init",), found.results, None) == list(found.figures[-12:])
    compared = answer_of(replace(found, quick=False))
    assert found.verdict.startswith("a quick run is too short")
    assert "No reference figure can be judged" in compared.sentence
    assert not any(figure.inside is False for figure in found.figures)


def test_figures_that_are_outside_are_explained() -> None:
    found = reproduce(
        Sets(source="digits"), quick=True, replicates=3, only=["init"], engine="reference"
    )
    compared = answer_of(replace(found, quick=False))
    outside = sum(figure.inside is False for figure in found.figures)
    assert compared.sections[-1].heading == "Figures outside, and why"
    assert len(compared.sections[-1].words) == 2 + outside
    assert sum(len(t.flagged) for s in compared.sections[1:] for t in s.tables) == outside


def test_it_fails_where_a_gradient_is_wrong_or_too_many_figures_are_outside() -> None:
    values = [0.516, 0.518, 0.52, 0.522, 0.524]
    right = GradientErrors({}, (), 0.0)
    wrong = GradientErrors({}, ("the gradient of W1 is wrong",), 0.0)
    few = (figure(0.52, values),) * 57 + (figure(0.9, values),) * 3
    many = (figure(0.52, values),) * 56 + (figure(0.9, values),) * 4
    for errors, figures, quick, passed in (
        (right, few, False, True),
        (right, many, False, False),
        (right, many, True, True),
        (wrong, few, False, False),
    ):
        found = Reproduction(ALL, quick, Results(()), errors, figures, ())
        assert found.passed is passed
