"""Each question: what it trains, that its answer follows the figures, its errors."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer.errors import InputError
from klayer.report.page import pictures_of
from klayer.studies import Sets
from klayer.studies.answer import Answer
from klayer.studies.batch_norm import BatchNorm
from klayer.studies.depth import Depth, treatment
from klayer.studies.init import Init
from klayer.studies.overfit import Overfit, Subset
from klayer.studies.penalty import Penalty
from klayer.studies.question import Asked
from klayer.studies.questions import QUESTIONS, ask
from klayer.studies.rates import Rates
from klayer.training import Plan
from tests.studies.made import make_results

SMALL = Plan(hidden=(10,), step_size=30, cycles=1)
ASKED = Asked(
    SMALL, depths=(2, 3), lams=(1e-4, 1.0), step_sizes=(10, 20), cycles=(1, 2), rows=20
)  # fmt: skip


def asked_of(name: str, asked: Asked = ASKED, **options: Any) -> Answer:
    return ask(name, asked, 2, engine="reference", source="digits", **options)[0]


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_answered_with_a_sentence_a_table_and_pictures(name: str) -> None:
    answer = asked_of(name)
    assert answer.sentence.endswith(".")
    assert all(section.tables for section in answer.sections)
    assert {row["n"] for row in answer.payload["figures"]} == {2}
    pictures = pictures_of(answer)
    assert len(pictures) >= 1
    assert all(content.startswith(b"\x89PNG") for _, content in pictures)


def test_depth_says_where_batch_norm_gains_and_where_it_loses() -> None:
    without, above, below = [0.5, 0.51, 0.52], [0.6, 0.62, 0.61], [0.4, 0.42, 0.41]
    for gaining, losing in ((2, 3), (3, 2)):
        figures = {treatment(k, False): {"accuracy": without} for k in (2, 3)}
        figures[treatment(gaining, True)] = {"accuracy": above}
        figures[treatment(losing, True)] = {"accuracy": below}
        sentence = Depth(ASKED).answer(make_results(figures)).sentence
        assert f"gains at {gaining} layers: +0.1000 (95 %" in sentence
        assert f"loses at {losing} layers: -0.1000 (95 %" in sentence


@pytest.mark.parametrize(
    ("with_", "words"),
    [
        ([0.45, 0.49, 0.44], "batch norm loses at 2, 3 layers, most at 3: -0.0530 (95 % "),
        ([0.45, 0.55, 0.48], "batch norm may gain or lose at 2, 3 layers."),
        (
            [0.45, 0.44],
            "batch norm may gain or lose, too few replicates to tell, at 2, 3 layers "
            "(2 replicates, at least 3 are needed).",
        ),
    ],
)
def test_depth_never_says_gains_where_batch_norm_gains_nowhere(
    with_: list[float], words: str
) -> None:
    figures = {}
    for depth in (2, 3):
        lower = [value - 0.001 * depth for value in with_]
        figures[treatment(depth, True)] = {"accuracy": lower}
        figures[treatment(depth, False)] = {"accuracy": [0.51, 0.52, 0.5][: len(with_)]}
    answer = Depth(ASKED).answer(make_results(figures))
    assert words in answer.sentence
    assert "gains" not in answer.sentence
    assert [said["n"] for said in answer.payload["comparisons"]] == [len(with_)] * 2


@pytest.mark.parametrize(
    ("with_", "word"),
    [
        ([0.61, 0.612, 0.614], "gains"),
        ([0.41, 0.412, 0.414], "loses"),
        ([0.4, 0.6, 0.5], "may gain or lose"),
        ([0.61, 0.612], "may gain or lose, too few replicates to tell"),
        ([0.61, 0.611, 0.612], "may gain or lose, too few replicates to tell"),  # all by .11
    ],
)
def test_batch_norm_gains_or_loses_as_the_pairs_say(with_: list[float], word: str) -> None:
    figures = {
        treatment(2, True): {"accuracy": with_},
        treatment(2, False): {"accuracy": [0.5, 0.501, 0.502][: len(with_)]},
    }
    answer = BatchNorm(replace(ASKED, depths=(2,))).answer(make_results(figures))
    assert f"at 2 layers it {word}: " in answer.sentence
    [said] = answer.payload["comparisons"]
    assert (said["verdict"], said["n"]) == (word, len(with_))
    told = "too few" not in word
    assert np.isfinite(said["interval"]).all() == told
    cells = [row[-1] for section in answer.sections for row in section.tables[0].rows]
    assert ("95 % interval" in cells[0]) == told
    assert ("no interval" in cells[0]) != told


def test_lambda_names_the_best_by_validation_and_its_spread_over_replicates() -> None:
    figures = {
        "λ = 0.0001": {"accuracy": [0.9, 0.9], "validation_accuracy": [0.4, 0.55]},
        "λ = 1": {"accuracy": [0.1, 0.1], "validation_accuracy": [0.6, 0.5]},
    }
    results = make_results(
        {k: v | {"validation_cross_entropy": [1.0, 1.0]} for k, v in figures.items()}
    )
    sentence = Penalty(ASKED).answer(results).sentence
    assert "On average λ = 1 is best" in sentence
    assert "own best lie from 0.0001 to 1." in sentence
    assert "tell whether the others are worse (2 replicates, at least 3 are needed)" in sentence


def test_between_lambdas_of_equal_accuracy_the_cross_entropy_decides() -> None:
    for better in ("λ = 0.0001", "λ = 1"):
        figures = {
            name: {
                "validation_accuracy": [0.5, 0.6, 0.7],
                "validation_cross_entropy": [1.0 - 0.1 * (name == better)] * 3,
            }
            for name in ("λ = 0.0001", "λ = 1")
        }
        assert (
            f"On average {better} is best" in Penalty(ASKED).answer(make_results(figures)).sentence
        )


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ([0.6, 0.61, 0.62], "not shown to be worse (paired, 95 %): 0.0001;"),
        ([0.4, 0.41, 0.43], "every other is worse (paired, 95 %);"),
    ],
)
def test_lambda_says_which_others_are_shown_to_be_worse(other: list[float], words: str) -> None:
    figures = {
        "λ = 0.0001": {"validation_accuracy": other},
        "λ = 1": {"validation_accuracy": [0.61, 0.6, 0.63]},
    }
    results = make_results(
        {k: v | {"validation_cross_entropy": [1.0] * 3} for k, v in figures.items()}
    )
    answer = Penalty(ASKED).answer(results)
    assert words in answer.sentence
    [said] = answer.payload["comparisons"]
    assert (said["comparison"], said["n"]) == ("λ = 0.0001 − λ = 1", 3)
    assert [row[-1] == "the best" for row in answer.sections[0].tables[0].rows] == [False, True]


def test_lambda_names_no_best_where_nothing_was_learned_above_the_largest_class() -> None:
    rows = np.random.default_rng(0).standard_normal((300, 4))
    rare = np.arange(300) % 10 == 0
    answer, _, _ = ask("lambda", ASKED, replicates=3, source=(rows, rare.astype(int)))
    assert answer.sentence.startswith(
        "By accuracy nothing was learned above the largest class, so no λ is best: that class "
        "alone is 0.9000 of the rows, and the highest validation accuracy is 0."
    )
    assert answer.payload["comparisons"] == []
    [table] = answer.sections[0].tables
    assert "the best" not in str(table)
    assert (table.flagged, table.note) == (frozenset(), "")


@pytest.mark.parametrize(("highest", "learned"), [(0.919, False), (0.921, True)])
def test_lambda_is_named_best_a_little_above_the_largest_class(
    highest: float, learned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Penalty, "largest_class", 0.9)
    given = {"λ = 0.0001": [0.85] * 3, "λ = 1": [highest] * 3}
    figures = {
        name: {"validation_accuracy": values, "validation_cross_entropy": [1.0] * 3}
        for name, values in given.items()
    }
    sentence = Penalty(ASKED).answer(make_results(figures)).sentence
    assert ("On average λ = 1 is best" in sentence) == learned
    assert ("nothing was learned" in sentence) != learned


def test_rates_name_the_shortest_schedule_that_is_as_good() -> None:
    best, short = [0.6, 0.61, 0.62], [0.598, 0.612, 0.618]
    figures = {
        "1 cycle of 2 · 10": {"accuracy": [0.3, 0.32, 0.32]},
        "2 cycles of 2 · 10": {"accuracy": [0.31, 0.31, 0.34]},
        "1 cycle of 2 · 20": {"accuracy": short},
        "2 cycles of 2 · 20": {"accuracy": best},
    }
    sentence = Rates(ASKED).answer(make_results(figures)).sentence
    assert "2 cycles of 2 · 20 updates gave the highest test accuracy" in sentence
    assert "shown to be worse (paired, 95 %) is 1 cycle of 2 · 20, 40 updates" in sentence


@pytest.mark.parametrize(
    ("best", "words"),
    [
        ([0.6, 0.61], "too few replicates tell whether 1 cycle of 2 · 10, 20 updates, is worse"),
        ([0.6, 0.61, 0.63], "every shorter schedule is worse (paired, 95 %)."),
    ],
)
def test_rates_say_when_shorter_schedules_are_worse_and_when_too_few_tell(
    best: list[float], words: str
) -> None:
    figures = {
        f"{n} cycle{'s' * (n - 1)} of 2 · {half}": {"accuracy": [0.3, 0.32, 0.31][: len(best)]}
        for n, half in ((1, 10), (2, 10), (1, 20))
    } | {"2 cycles of 2 · 20": {"accuracy": best}}
    answer = Rates(ASKED).answer(make_results(figures))
    assert words in answer.sentence
    assert len(answer.payload["comparisons"]) == 3


@pytest.mark.parametrize(("highest", "learned"), [(0.919, False), (0.921, True)])
def test_rates_name_a_best_a_little_above_the_largest_class(
    highest: float, learned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rates, "largest_class", 0.9)
    figures = {
        f"{n} cycle{'s' * (n - 1)} of 2 · {half}": {"accuracy": [0.85] * 3}
        for n, half in ((1, 10), (2, 10), (1, 20))
    } | {"2 cycles of 2 · 20": {"accuracy": [highest] * 3}}
    answer = Rates(ASKED).answer(make_results(figures))
    assert ("2 cycles of 2 · 20 updates gave the highest" in answer.sentence) == learned
    assert ("so no schedule is best: that class alone is 0.9000" in answer.sentence) != learned
    assert len(answer.payload["comparisons"]) == (3 if learned else 0)
    [table] = answer.sections[0].tables
    assert ("the best" in str(table)) == learned
    assert {len(row) for row in table.rows} == {len(table.columns)}


@pytest.mark.parametrize(("highest", "learned"), [(0.919, False), (0.921, True)])
def test_depth_says_where_no_network_has_learned(
    highest: float, learned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Depth, "largest_class", 0.9)
    asked = replace(ASKED, depths=(2, 3))
    figures = {
        f"{k}-layer {norm}": {
            "accuracy": [highest if (k, norm) == (3, "with batch norm") else 0.8] * 3
        }
        for k in (2, 3)
        for norm in ("without batch norm", "with batch norm")
    }
    sentence = Depth(asked).answer(make_results(figures)).sentence
    assert ("None of them has learned more than to answer the largest class" in sentence) != learned


def test_init_tells_why_a_network_stays_at_chance() -> None:
    answer = asked_of("init", replace(ASKED, sigmas=(None, 1e-4)))
    assert "at chance stay σ = 0.0001 without batch norm" in answer.sentence
    assert len(answer.payload["why"]) == 1
    assert "in the logits, so that all classes look alike, and" in answer.payload["why"][0]


def test_init_tells_too_large_weights_from_too_small_ones() -> None:
    answer = asked_of("init", replace(ASKED, sigmas=(3000.0,)))
    assert (
        "in the logits, so that one class takes it all, right or wrong" in answer.payload["why"][0]
    )


def test_init_counts_the_replicates_that_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    def some(_: Init, __: object, names: list[str], ___: float) -> dict[str, Any]:
        return {name: np.array([True, False]) for name in names}

    monkeypatch.setattr(Init, "_learning", some)
    answer = asked_of("init", replace(ASKED, sigmas=(1e-4,)))
    assert answer.sentence == (
        "0 of 2 learn: none; in some replicates only learn σ = 0.0001 without batch norm (1 of 2), "
        "σ = 0.0001 with batch norm (1 of 2)."
    )
    assert len(answer.payload["why"]) == 2


def test_init_takes_the_largest_class_alone_for_no_learning() -> None:
    rows = np.random.default_rng(0).standard_normal((300, 4))
    rare = np.arange(300) % 10 == 0
    asked = replace(ASKED, sigmas=(1e-4,))
    answer, _, _ = ask("init", asked, replicates=2, source=(rows, rare.astype(int)))
    assert "no better than the largest class alone (0.9000) are" in answer.sentence


@pytest.mark.parametrize("name", ["depth", "batch-norm", "init", "lambda", "rates"])
def test_what_is_asked_twice_is_trained_once_and_is_no_replicate(name: str) -> None:
    twice = replace(
        ASKED, depths=(3, 3), sigmas=(None, None), lams=(0.1, 0.1), step_sizes=(9, 9), cycles=(1, 1)
    )
    stacks = QUESTIONS[name](twice).stacks()
    treatments = [treatment for stack in stacks for treatment in stack.treatments]
    assert len(set(treatments)) == len(treatments)


def test_one_depth_goes_from_nowhere_to_nowhere() -> None:
    figures = {treatment(3, norm): {"accuracy": [0.5, 0.6, 0.7]} for norm in (False, True)}
    sentence = Depth(replace(ASKED, depths=(3,))).answer(make_results(figures)).sentence
    assert sentence.startswith("Without batch norm test accuracy is 0.6000 ± 0.1000 at 3 layers; ")


NAN = float("nan")


def test_networks_that_diverged_are_not_judged_nor_best() -> None:
    without = {treatment(2, False): {"accuracy": [0.5, 0.51, 0.52]}}
    figures = without | {treatment(2, True): {"accuracy": [NAN, 0.61, 0.62]}}
    answer = BatchNorm(replace(ASKED, depths=(2,))).answer(make_results(figures))
    said = "cannot be judged: 1 of 3 replicates diverged or were not tested"
    assert f"at 2 layers it {said}." in answer.sentence
    assert "nan" not in str(answer.sections[0].tables)
    pairs = [f"{n} cycle{'s' * (n - 1)} of 2 · {half}" for n in (1, 2) for half in (10, 20)]
    schedules = {key: {"accuracy": [0.3, NAN, 0.31]} for key in pairs}
    answer = Rates(ASKED).answer(make_results(schedules))
    assert answer.sentence.startswith("No schedule can be judged: ")
    answer = Rates(ASKED).answer(
        make_results(schedules | {"1 cycle of 2 · 20": {"accuracy": [0.2, 0.21, 0.22]}})
    )
    assert answer.sentence.startswith("1 cycle of 2 · 20 updates gave the highest test accuracy")


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ([0.6, 0.61, 0.62], "On average λ = 0.0001 is best (validation accuracy 0.6100"),
        ([0.3, NAN, 0.31], "No λ can be judged: of each, some replicates diverged or were not"),
    ],
)
def test_a_lambda_that_diverged_is_not_best(other: list[float], sentence: str) -> None:
    given = {"λ = 0.0001": other, "λ = 1": [NAN, 0.7, 0.7]}
    figures = {
        name: {"validation_accuracy": values, "validation_cross_entropy": [1.0] * 3}
        for name, values in given.items()
    }
    answer = Penalty(ASKED).answer(make_results(figures))
    assert answer.sentence.startswith(sentence)
    assert ("the best" in str(answer.sections[0].tables)) == ("best" in sentence)
    assert ("own best lie from 0.0001 to 1." in answer.sentence) == ("best" in sentence)


def test_overfit_says_not_yet_where_only_the_cost_is_too_high() -> None:
    figures = {
        "without batch norm": {"training_cost": [0.02, 0.001], "training_accuracy": [1.0, 1.0]},
        "with batch norm": {"training_cost": [0.02, 0.03], "training_accuracy": [1.0, 0.9]},
    }
    sentence = Overfit(ASKED).answer(make_results(figures)).sentence
    assert "Without batch norm not yet: 1 of 2" in sentence
    assert "with batch norm no: 0 of 2" in sentence


def test_overfit_says_no_where_the_cost_stays() -> None:
    slow = Asked(Plan(hidden=(4,), step_size=2, cycles=1), rows=20)
    assert "Without batch norm no: 0 of 2" in asked_of("overfit", slow).sentence


def test_a_subset_is_of_the_training_rows_and_another_for_every_seed() -> None:
    subset, whole = Subset(50, source="digits"), Sets(source="digits")
    rows = [set(subset.of(seed).training.tolist()) for seed in (0, 1)]
    assert [len(found) for found in rows] == [50, 50]
    assert rows[0] != rows[1]
    assert rows[1] <= set(whole.of(1).training.tolist())
    assert np.array_equal(subset.of(1).validation, whole.of(1).validation)


def test_more_rows_than_there_are_is_refused() -> None:
    with pytest.raises(InputError, match="at most the 1150 training rows of digits, but got 9999"):
        Subset(9999, source="digits").of(0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"depths": ()}, "`depths` must name at least one value"),
        ({"depths": (0, 2)}, "`depths` must be at least 1 layer, but got [0, 2]"),
        ({"rows": 1}, "`rows` must be at least 2, but got 1"),
    ],
)
def test_what_is_asked_is_checked(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as error:
        Asked(SMALL, **arguments)
    assert sentence in str(error.value)


def test_a_question_in_a_folder_gives_the_same_answer_again(tmp_path: Path) -> None:
    first = asked_of("init", out=tmp_path)
    again = asked_of("init", out=tmp_path)
    assert again.sentence == first.sentence
    assert again.payload["figures"] == first.payload["figures"]
    assert [s.tables for s in again.sections] == [s.tables for s in first.sections]
