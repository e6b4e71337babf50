"""Running a study: kept, killed anywhere, continued, and refused where it is another one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from klayer.errors import InputError
from klayer.studies import Interrupted, Results, Sets, Stack, replicate, run_study, running
from klayer.studies.events import StackEnded, StackStarted
from klayer.training import Advanced, Plan, Started

PLAN = Plan(hidden=(8,), lam=[0.0, 0.1], step_size=20, cycles=1, evaluate_every=1)
STACKS = replicate([Stack("small", PLAN, ("λ = 0", "λ = 0.1"))], 2)
METRICS = ("best_validation_accuracy", "final_training_cost", "test_accuracy", "test_cost")


def study(out: Path | None = None, stacks: list[Stack] = STACKS, **options: Any) -> Results:
    return run_study(stacks, Sets(source="digits"), out, engine="reference", **options)


def figures(results: Results) -> list[list[float]]:
    return [results.values(t, m).tolist() for t in results.treatments for m in METRICS]


@pytest.fixture(scope="module")
def undisturbed() -> Results:
    return study()


def test_replicates_have_their_own_split_weights_and_order(undisturbed: Results) -> None:
    assert undisturbed.seeds == (0, 1)
    values = undisturbed.values("λ = 0", "final_training_cost")
    assert values.shape == (2,)
    assert values[0] != values[1]
    sets = Sets(source="digits")
    assert sets.of(0).validation.tolist() != sets.of(1).validation.tolist()


def test_curves_have_a_line_for_each_replicate(undisturbed: Results) -> None:
    steps, values = undisturbed.curves("λ = 0.1", "validation_accuracy")
    assert values.shape == (2, len(steps))
    assert steps[-1] == 40
    assert np.isfinite(values).all()


def test_a_study_in_a_folder_gives_what_it_gives_in_memory(
    undisturbed: Results, tmp_path: Path
) -> None:
    assert figures(study(tmp_path)) == figures(undisturbed)


def test_finished_stacks_are_not_run_again(undisturbed: Results, tmp_path: Path) -> None:
    study(tmp_path)
    heard: list[Any] = []
    again = study(tmp_path, listener=heard.append)
    assert figures(again) == figures(undisturbed)
    assert [type(event) for event in heard] == [StackStarted, StackEnded] * 2


def test_ctrl_c_ends_the_study_and_the_same_call_goes_on(
    undisturbed: Results, tmp_path: Path
) -> None:
    def stop(event: object) -> None:
        if isinstance(event, Advanced):
            os.kill(os.getpid(), signal.SIGINT)

    reasons = []
    for _ in range(3):
        try:
            study(tmp_path, listener=stop)
        except Interrupted as stopped:
            reasons.append(stopped.reason)
    assert "interrupted" in reasons
    assert figures(study(tmp_path)) == figures(undisturbed)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.studies.test_running import STACKS, study
from klayer.training import Evaluated
from klayer.studies.running import StackEnded
count = [0]
def die(event):
    count[0] += isinstance(event, (Evaluated, StackEnded))
    if count[0] == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
study(Path(sys.argv[1]), listener=die)
"""


@pytest.mark.parametrize("event", [2, 5])
def test_a_study_killed_and_run_again_gives_the_same(
    undisturbed: Results, tmp_path: Path, event: int
) -> None:
    call = [sys.executable, "-c", KILLED, str(tmp_path), str(event)]
    assert subprocess.run(call, check=False, timeout=60).returncode == -signal.SIGKILL
    assert figures(study(tmp_path)) == figures(undisturbed)


def test_another_study_in_the_folder_is_refused(tmp_path: Path) -> None:
    study(tmp_path, about={"study": "a"})
    with pytest.raises(InputError, match=r'study was "a" and is "b"; choose another `out`'):
        study(tmp_path, about={"study": "b"})


@pytest.mark.parametrize("option", ["ignore", "categorical"])
def test_a_study_goes_on_with_the_columns_it_began_with_only(tmp_path: Path, option: str) -> None:
    table = tmp_path / "a.parquet"
    codes = {"zone": [n % 3 for n in range(300)], "size": [n % 7 for n in range(300)]}
    pl.DataFrame({**codes, "kind": [n % 2 for n in range(300)]}).write_parquet(table)
    where, more = {"source": str(table), "target": "kind"}, {option: ["zone"]}
    run_study(STACKS[:1], Sets(**where), tmp_path / "plain")
    with pytest.raises(InputError, match=rf'{option} was null and is \["zone"\]'):
        run_study(STACKS[:1], Sets(**where, **more), tmp_path / "plain")
    run_study(STACKS[:1], Sets(**where, **more), tmp_path / "asked")
    with pytest.raises(InputError, match=rf'{option} was \["zone"\] and is null'):
        run_study(STACKS[:1], Sets(**where), tmp_path / "asked")


def test_a_study_goes_on_with_the_same_instruction_set_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("v8", "v9"):
        code = {"engine": "native", "instruction_set": name}
        monkeypatch.setattr(running, "computed_by", lambda _, code=code: code)
        if name == "v8":
            study(tmp_path, STACKS[:1])
            continue
        with pytest.raises(
            InputError,
            match='instruction_set was "v8" and is "v9"; set KLAYER_NATIVE_ISA=v8 where that runs, '
            "or choose another `out`",
        ):
            study(tmp_path)


def test_another_plan_for_a_finished_stack_is_refused(tmp_path: Path) -> None:
    study(tmp_path)
    other = Plan(**{**PLAN.to_dict(), "rate_max": 0.05})
    stacks = replicate([Stack("small", other, ("λ = 0", "λ = 0.1"))], 2)
    with pytest.raises(InputError, match="under its own plan"):
        study(tmp_path, stacks)


def test_other_data_in_the_same_place_are_refused(tmp_path: Path) -> None:
    study(tmp_path, STACKS[:1])
    about = json.loads((tmp_path / "study.json").read_text())
    (tmp_path / "study.json").write_text(json.dumps(about | {"fingerprint": "0" * 64}))
    with pytest.raises(InputError, match="must see the same data"):
        study(tmp_path)


def test_a_finished_study_of_data_that_have_changed_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"

    def ask(rows: int) -> None:
        table.write_text("x,y\n" + "".join(f"{row % 7},{row % 2}\n" for row in range(rows)))
        plan = Plan(hidden=(4,), step_size=2, cycles=1)
        sets = Sets(source=table, target="y")
        run_study([Stack("small", plan, ("one",))], sets, tmp_path / "out", engine="reference")

    ask(60)
    ask(60)
    with pytest.raises(InputError, match="must see the same data"):
        ask(61)


def test_a_stack_that_diverges_is_an_outcome_and_the_others_go_on(tmp_path: Path) -> None:
    wild = Plan(hidden=(8,), schedule="constant", rate_max=1e30, steps=40)
    stacks = [Stack("wild", wild, ("wild",)), *STACKS[:1]]
    for _ in range(2):
        results = study(tmp_path, stacks)
        outcome, _ = results.places("wild")[0]
        assert outcome.reason == "diverged"
        assert np.isnan(results.values("wild", "test_accuracy")).all()
        assert np.isfinite(results.values("wild", "best_training_cost")).all()
        assert np.isfinite(results.values("λ = 0", "test_accuracy")).all()


def test_the_listener_hears_of_stacks_and_updates() -> None:
    heard: list[Any] = []
    study(listener=heard.append)
    assert sum(isinstance(event, Started) for event in heard) == 2
    assert [event.position for event in heard if isinstance(event, StackStarted)] == [0, 1]


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    holder = (
        "import sys, time; from pathlib import Path; from klayer.storage import RunDirectory\n"
        "with RunDirectory(Path(sys.argv[1]), resume=True):\n"
        "    Path(sys.argv[2]).touch(); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", holder, str(tmp_path / "s"), str(ready)])
    try:
        while not ready.exists():
            time.sleep(0.02)
        with pytest.raises(InputError):
            study(tmp_path / "s")
    finally:
        process.kill()
        process.wait()
