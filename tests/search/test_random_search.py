"""A search: exactly the trials asked for, however it is cut into sittings; recorded by Optuna."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from klayer.errors import InputError
from klayer.search import Found, Setting, Space, search
from klayer.search.answer import answer_of
from klayer.search.record import TARGET, TIE_BREAK, Pending
from klayer.search.running import Trial, best_of, grouped, stack_of
from klayer.studies import Interrupted, Sets
from klayer.training import Advanced, Plan

BASE = Plan(hidden=(8,), step_size=10, cycles=1, seed=2)
LAM = Space((Setting("lam", 1e-4, 1.0),))
MIXED = Space((Setting("lam", 1e-4, 1.0), Setting("batch_size", 90, 110)))


def run(out: Path | None, trials: int, refine: int, space: Space = LAM, **options: Any) -> Found:
    sets = Sets(source="digits")
    return search(sets, BASE, space, trials, refine, out, engine="reference", **options)


def figures(found: Found) -> list[tuple[Any, ...]]:
    return [(t.phase, t.place, dict(t.values), dict(t.figures)) for t in found.trials]


def test_exactly_the_trials_asked_for_are_run_and_recorded(tmp_path: Path) -> None:
    found = run(tmp_path, 4, 3)
    assert [(t.phase, t.place) for t in found.trials] == [("coarse", k) for k in range(4)] + [
        ("fine", k) for k in range(3)
    ]
    fine = found.spaces["fine"].settings[0]
    assert all(fine.low <= t.values["lam"] <= fine.high for t in found.trials[4:])
    study = optuna.load_study(study_name=None, storage=f"sqlite:///{tmp_path / 'search.db'}")
    assert study.study_name.startswith("klayer-2-")
    assert len(study.trials) == 7
    assert study.best_value == found.best.figures["final_validation_accuracy"]
    assert {trial.state for trial in study.trials} == {optuna.trial.TrialState.COMPLETE}
    curve = study.trials[0].intermediate_values
    assert curve[20] == found.trials[0].figures["final_validation_accuracy"]
    history = (tmp_path / found.trials[0].run / "history.csv").read_text()
    assert history.count("\n") == 1 + 4 * len(curve)


def test_sittings_of_other_lengths_draw_the_same_trials(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", 5, 0)
    for trials in (1, 3, 5):
        cut = run(tmp_path / "cut", trials, 0)
    assert [t.values for t in cut.trials] == [t.values for t in whole.trials]
    for one, other in zip(cut.trials, whole.trials, strict=True):
        assert one.figures == pytest.approx(other.figures, abs=0.02)


def test_the_same_search_again_trains_nothing(tmp_path: Path) -> None:
    first = run(tmp_path, 2, 2)
    heard: list[object] = []
    assert figures(run(tmp_path, 2, 2, listener=heard.append)) == figures(first)
    assert heard == []


def test_a_search_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    def stop(event: object) -> None:
        if isinstance(event, Advanced):
            os.kill(os.getpid(), signal.SIGINT)

    whole = run(tmp_path / "whole", 3, 2)
    for _ in range(2):
        try:
            run(tmp_path / "cut", 3, 2, listener=stop)
        except Interrupted:
            continue
    assert figures(run(tmp_path / "cut", 3, 2)) == figures(whole)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.search.test_random_search import run
from klayer.training import Evaluated
def die(event):
    if isinstance(event, Evaluated):
        os.kill(os.getpid(), signal.SIGKILL)
run(Path(sys.argv[1]), 3, 2, listener=die)
"""


def test_a_search_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    call = [sys.executable, "-c", KILLED, str(tmp_path / "cut")]
    assert subprocess.run(call, check=False, timeout=60).returncode == -signal.SIGKILL
    assert figures(run(tmp_path / "cut", 3, 2)) == figures(run(tmp_path / "whole", 3, 2))


def test_trials_share_a_stack_where_batch_size_and_steps_agree() -> None:
    values = [
        {"lam": 0.1, "batch_size": 90},
        {"lam": 0.2, "batch_size": 91},
        {"lam": 0.3, "batch_size": 90},
    ]
    trials = [Pending(n, "coarse", n, drawn) for n, drawn in enumerate(values)]
    groups = grouped(BASE, trials)
    assert [[trial.place for trial in group] for group in groups] == [[0, 2], [1]]
    stack = stack_of(BASE, groups[0])
    assert stack.plan.lam == (0.1, 0.3)
    assert (stack.plan.stack_size, stack.plan.batch_size) == (2, 90)


def test_trials_whose_settings_were_drawn_alike_are_networks_of_their_own() -> None:
    found = run(None, 3, 0, Space((Setting("width", 8, 9),)))
    widths = [trial.values["width"] for trial in found.trials]
    assert len(set(widths)) < len(widths)
    assert all(trial.figures for trial in found.trials)


def test_what_cannot_share_a_stack_gets_its_own() -> None:
    found = run(None, 3, 0, MIXED)
    assert len({trial.values["batch_size"] for trial in found.trials}) > 1
    assert found.plan.lam == (found.best.values["lam"],)
    assert found.plan.batch_size == found.best.values["batch_size"]


def trial(place: int, accuracy: float, cross_entropy: float | None) -> Trial:
    figures = {TARGET: accuracy, "final_training_accuracy": 0.9, "test_accuracy": 0.8}
    more = {} if cross_entropy is None else {TIE_BREAK: cross_entropy}
    return Trial("coarse", place, {"lam": 0.1}, figures | more, "", 0, {"seconds": 1.0})


@pytest.mark.parametrize(
    ("figures", "best", "words"),
    [
        ([(0.9, 0.3), (0.8, 0.1)], [0, 1], "training accuracy 0.9000."),
        ([(0.9, 0.3), (0.8, 0.1), (0.9, 0.2)], [2, 0, 1], "; of 2 of this validation accuracy its cross-entropy is the lowest."),
        ([(0.9, 0.3), (0.9, 0.3), (0.9, 0.4)], [0, 1, 2], "; nothing that is known tells it from coarse trial 1."),
        ([(0.9, None), (0.8, None), (0.9, None)], [0, 2, 1], "; nothing that is known tells it from coarse trial 2."),
    ],
)  # fmt: skip
def test_of_equal_accuracies_the_lower_cross_entropy_is_the_best_and_a_tie_is_said(
    figures: list[tuple[float, float | None]], best: list[int], words: str
) -> None:
    trials = tuple(trial(place, *own) for place, own in enumerate(figures))
    assert [one.place for one in best_of(trials, len(trials))] == best
    answer = answer_of(Found(BASE, {"coarse": LAM}, trials))
    assert answer.sentence.endswith(words)
    (table,) = answer.sections[0].tables
    assert [row[0] for row in table.rows] == [f"coarse {place}" for place in best]


def test_the_cross_entropy_is_recorded() -> None:
    found = run(None, 1, 0)
    assert 0 < found.best.figures[TIE_BREAK] < 3


def test_a_trial_that_diverges_is_recorded_and_never_the_best(tmp_path: Path) -> None:
    wild = Space((Setting("rate_max", 1e-2, 1e25),))
    found = run(tmp_path, 6, 0, wild)
    failed = [trial for trial in found.trials if not trial.figures]
    assert 0 < len(failed) < 6
    assert found.best.figures
    assert figures(run(tmp_path, 6, 0, wild)) == figures(found)


def test_any_optuna_storage_will_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    found = run(tmp_path / "s", 2, 0, storage=url)
    assert len(optuna.load_study(study_name=None, storage=url).trials) == len(found.trials)
    assert not (tmp_path / "s" / "search.db").exists()


def test_searches_of_one_storage_stay_apart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    found = run(None, 2, 0, storage=url)
    other = run(None, 2, 0, Space((Setting("lam", 1e-6, 1e-5),)), storage=url)
    assert len(optuna.get_all_study_names(url)) == 2
    assert all(trial.values["lam"] <= 1e-5 for trial in other.trials)
    assert figures(run(None, 2, 0, storage=url)) == figures(found)


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/x.db", "nosql://x", "postgresql://127.0.0.1:1/x"]
)
def test_a_storage_that_cannot_be_reached_is_said(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="`storage` must be a database that can be reached"):
        run(tmp_path, 1, 0, storage=url)


def test_another_search_in_the_folder_is_refused(tmp_path: Path) -> None:
    run(tmp_path, 1, 0)
    with pytest.raises(InputError, match=r"search.lam was \[0.0001, 1.0\] and is \[0.001, 1.0\]"):
        run(tmp_path, 1, 0, Space((Setting("lam", 1e-3, 1.0),)))
    sets = Sets(source="digits")
    with pytest.raises(InputError, match=r"plan.hidden was \[8\] and is \[9\].*another `out`"):
        search(sets, replace(BASE, hidden=(9,)), LAM, 1, 0, tmp_path, engine="reference")


def test_a_finished_search_of_data_that_have_changed_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"

    def ask(rows: int) -> None:
        table.write_text("x,y\n" + "".join(f"{row % 7},{row % 2}\n" for row in range(rows)))
        search(Sets(source=table, target="y"), BASE, LAM, 1, 0, tmp_path / "out")

    ask(60)
    with pytest.raises(InputError, match="all of a search must see the same data"):
        ask(61)


def test_numbers_of_trials_are_checked() -> None:
    with pytest.raises(InputError, match="but got trials=0 and refine=2"):
        run(None, 0, 2)
