"""`klayer train` and `klayer evaluate`: figures, files and sentences."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer import load_data, load_model
from klayer.engines import available_engines
from klayer.engines.native import NativeEngine
from klayer.models import Model
from klayer.training.rules import OPTIMIZERS
from tests.conftest import Program

QUICK = ["--hidden", "12,8", "--step-size", "60", "--cycles", "1"]
PROMISED = {
    f"{when}_{kind}_{metric}"
    for when in ("best", "final")
    for kind in ("validation", "training")
    for metric in ("accuracy", "cost")
} | {"test_accuracy", "steps", "seconds", "engine", "seed", "run"}


def test_json_is_one_object_with_the_promised_keys(klayer: Program, tmp_path: Path) -> None:
    found = klayer.json("train", "digits", *QUICK, "--out", tmp_path / "run")
    assert set(found) >= PROMISED
    assert found["steps"] == 120
    assert found["best_validation_accuracy"] >= found["final_validation_accuracy"] > 0.5
    assert found["best_training_cost"] <= found["final_training_cost"]


def test_a_run_directory_holds_everything_a_run_is(klayer: Program, tmp_path: Path) -> None:
    found = klayer.json("train", "digits", *QUICK, "--out", tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()} - {".lock"}
    assert names == {
        "plan.json", "history.csv", "results.json", "model.safetensors", "curves.png", "weights.png",
        "checkpoint.safetensors", "checkpoint.previous.safetensors",
    }  # fmt: skip
    plan = json.loads((tmp_path / "run" / "plan.json").read_text())
    assert plan["plan"]["hidden"] == [12, 8]
    assert len(plan["data"]["fingerprint"]) == 64
    with (tmp_path / "run" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert (
        max(float(row["validation_accuracy"]) for row in rows) == found["best_validation_accuracy"]
    )
    assert json.loads((tmp_path / "run" / "results.json").read_text()) == found
    for picture in ("curves.png", "weights.png"):
        assert (tmp_path / "run" / picture).read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_gives_identical_numbers_digit_for_digit(
    klayer: Program, tmp_path: Path
) -> None:
    runs = [
        klayer.json(
            "train", "digits", *QUICK, "--batch-norm", "--seed", 7, "--out", tmp_path / name
        )
        for name in "ab"
    ]
    for run in runs:
        del run["seconds"], run["run"]
    assert runs[0] == runs[1]
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in "ab"]
    assert files[0] == files[1]


def test_evaluate_gives_the_test_figures_of_the_run(klayer: Program, tmp_path: Path) -> None:
    run = klayer.json("train", "digits", *QUICK, "--seed", 3, "--out", tmp_path / "run")
    found = klayer.json("evaluate", tmp_path / "run")
    assert found["accuracy"] == run["test_accuracy"]
    assert found["cost"] == pytest.approx(run["test_cost"], rel=1e-12)
    validation = klayer.json("evaluate", tmp_path / "run", "digits", "--split", "validation")
    assert validation["accuracy"] == run["final_validation_accuracy"]
    assert klayer.json("evaluate", tmp_path / "run", "--split", "all")["n"] == 1797


def test_lists_train_a_stack_and_the_best_network_is_at_the_top(
    klayer: Program, tmp_path: Path
) -> None:
    found = klayer.json("train", "digits", *QUICK, "--lam", "0.001,1", "--out", tmp_path / "run")
    assert [network["lam"] for network in found["networks"]] == [0.001, 1.0]
    best = max(found["networks"], key=lambda network: network["final_validation_accuracy"])
    assert {name: found[name] for name in best} == best


def test_a_stack_is_an_ensemble_whose_accuracy_is_shown(klayer: Program, tmp_path: Path) -> None:
    run = tmp_path / "run"
    found = klayer.json("train", "digits", *QUICK, "--networks", 4, "--out", run)
    model, data = load_model(run), load_data("digits")
    for name, rows in {"validation": data.validation, "test": data.test}.items():
        predicted = model.predict(data.samples.X[rows])
        truth = data.labels[data.samples.y[rows]]
        assert found["ensemble"][f"{name}_accuracy"] == pytest.approx((predicted == truth).mean())
        P = model.predict_proba(data.samples.X[rows])[np.arange(len(rows)), data.samples.y[rows]]
        cross_entropy = found["ensemble"][f"{name}_cross_entropy"]
        assert cross_entropy == pytest.approx(-np.log(P).mean(), rel=1e-6)
    assert klayer("train", "digits", *QUICK, "--networks", 4, "--out", run, "--force") == 0
    assert f"({found['ensemble']['validation_accuracy']:.4f})" in klayer.out
    single = klayer.json("train", "digits", *QUICK, "--out", tmp_path / "single")
    assert "ensemble" not in single


def test_a_plan_file_is_the_beginning_and_options_win(klayer: Program, tmp_path: Path) -> None:
    klayer.json("train", "digits", *QUICK, "--lam", 0.01, "--out", tmp_path / "a")
    found = klayer.json(
        "train", "digits", "--plan", tmp_path / "a" / "plan.json", "--lam", 0.02, "--out", tmp_path / "b"
    )  # fmt: skip
    assert (found["steps"], found["lam"]) == (120, 0.02)


def test_words_go_to_standard_error_and_results_to_standard_output(
    klayer: Program, tmp_path: Path
) -> None:
    assert klayer("train", "digits", *QUICK, "--out", tmp_path / "run") == 0
    assert "valid acc" in klayer.out
    assert "done after 120 updates" in klayer.error
    assert "\x1b" not in klayer.out + klayer.error


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--hidden", "50,x"],
            "`--hidden` must be whole numbers separated by commas, but got '50,x'",
        ),
        (["--hidden", "50,0"], "`hidden` widths must be positive whole numbers, but got [50, 0]"),
        (["--hidden", "-3"], "`hidden` widths must be positive whole numbers, but got [-3]"),
        (["--rate-min", "1", "--rate-max", "0.1"], "`rate_min` must be at most `rate_max`"),
        (["--validation", "99999"], "validation"),
        (["--validation", "some"], "`--validation` must be a number of rows or a share"),
        (["--hiden", "50"], "No such option: --hiden; did you mean --hidden?"),
        (["--seed", "x"], "Invalid value for '--seed'"),
        (["--lam", "big"], "`--lam` must be numbers separated by commas, but got 'big'"),
        (["--engine", "fast"], "`engine` must be one of"),
        (["--plan", "nowhere.json"], "`--plan` must be a JSON file of settings"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    klayer: Program, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    assert klayer("train", "digits", *arguments, "--out", tmp_path / "run") == 2
    assert sentence in klayer.error
    assert klayer.error.count("\n") == 1
    assert "Traceback" not in klayer.error
    assert klayer.out == ""


def test_all_faults_of_a_plan_are_listed_at_once(klayer: Program, tmp_path: Path) -> None:
    arguments = ["--batch-size", "0", "--rate-min", "1", "--lam", "-1"]
    assert klayer("train", "digits", *arguments, "--out", tmp_path / "run") == 2
    assert klayer.error.count("klayer: ") == 3


def test_an_unknown_source_or_command_is_said(klayer: Program, tmp_path: Path) -> None:
    assert klayer("train", "no-such-place", "--out", tmp_path / "run") == 2
    assert "no-such-place" in klayer.error
    assert klayer("trian") == 2
    assert "trian" in klayer.error


def test_a_filled_run_directory_is_kept_unless_forced(klayer: Program, tmp_path: Path) -> None:
    run = tmp_path / "run"
    klayer.json("train", "digits", *QUICK, "--out", run)
    model = (run / "model.safetensors").read_bytes()
    assert klayer("train", "digits", *QUICK, "--seed", 1, "--out", run) == 2
    assert "`force` to overwrite it (on the command line `--resume`, `--force`)" in klayer.error
    assert (run / "model.safetensors").read_bytes() == model
    klayer.json("train", "digits", *QUICK, "--seed", 1, "--out", run, "--force")
    assert (run / "model.safetensors").read_bytes() != model


def test_a_divergence_exits_1_with_step_rate_and_advice_and_keeps_what_was_written(
    klayer: Program, tmp_path: Path
) -> None:
    arguments = ["--schedule", "constant", "--rate-max", "1e30", "--steps", "100"]
    assert klayer("train", "digits", *arguments, "--out", tmp_path / "run") == 1
    for word in ("diverged at step", "1e+30", "try a lower `rate_max`"):
        assert word in klayer.error
    assert (tmp_path / "run" / "history.csv").read_text().count("\n") == 2
    assert (tmp_path / "run" / "plan.json").exists()


def test_ctrl_c_saves_what_was_reached_and_exits_130(tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "klayer", "train", "digits", "--steps", "100000000", "--out", str(run), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (run / "history.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    found: dict[str, Any] = json.loads(out)
    assert found["reason"] == "interrupted"
    assert (run / "model.safetensors").exists()


def test_a_run_goes_on_with_its_own_data_and_settings(klayer: Program, tmp_path: Path) -> None:
    table, run = tmp_path / "a.csv", tmp_path / "run"
    table.write_text("x,z,y\n" + "".join(f"{n % 7},{n},{n % 2}\n" for n in range(90)))
    begun = ["train", table, "--target", "y", *QUICK, "--engine", "reference", "--out", run]
    assert klayer(*begun) == 0
    first = (run / "model.safetensors").read_bytes()
    assert klayer("train", "--resume", "--out", run) == 0
    assert "done after 120 updates already, so that none was left to do, in" in klayer.error
    assert (run / "model.safetensors").read_bytes() == first
    assert klayer("train", "--hidden", "9", "--resume", "--out", run) == 2
    assert "plan.hidden was [12, 8] and is [9]" in klayer.error
    assert "data.source" not in klayer.error


def test_to_go_on_needs_a_run_or_a_source(klayer: Program, tmp_path: Path) -> None:
    assert klayer("train", "--resume", "--out", tmp_path / "typo") == 2
    assert "`--resume` needs a run to go on with, but" in klayer.error
    assert not list(tmp_path.iterdir())
    assert klayer("train", "digits", *QUICK, "--resume", "--out", tmp_path / "new") == 0


def test_a_setting_of_another_update_rule_is_refused(klayer: Program, tmp_path: Path) -> None:
    assert klayer("train", "digits", "--momentum", "0.9", "--out", tmp_path / "run") == 2
    assert "`momentum` must come with optimizer='momentum' or 'nesterov'" in klayer.error
    rule = ["--optimizer", "momentum", "--momentum", "0.9"]
    assert klayer("train", "digits", *QUICK, *rule, "--out", tmp_path / "run") == 0


@pytest.mark.parametrize("other", ["--cycles", "--steps"])
def test_two_lengths_are_refused_also_where_one_is_the_default(
    klayer: Program, tmp_path: Path, other: str
) -> None:
    assert klayer("train", "digits", other, 2, "--epochs", 3, "--out", tmp_path / "run") == 2
    assert f"may be given, but got {other[2:]}=2 and epochs=3" in klayer.error
    assert not list(tmp_path.iterdir())


def test_a_length_takes_the_place_of_a_plans(klayer: Program, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"hidden": [8], "step_size": 5, "epochs": 30}', encoding="utf-8")
    found = klayer.json("train", "digits", "--plan", plan, "--cycles", 2, "--out", tmp_path / "run")
    assert found["steps"] == 20


def test_a_linear_model_has_a_picture_of_its_weights(klayer: Program, tmp_path: Path) -> None:
    quick = ("--hidden", "none", "--step-size", 5, "--cycles", 1)
    assert klayer("train", "digits", *quick, "--out", tmp_path / "run") == 0
    assert (tmp_path / "run" / "weights.png").exists()


def test_no_command_at_all_gets_help_and_no_empty_sentence(klayer: Program) -> None:
    assert klayer() == 2
    assert "Usage" in klayer.out
    assert klayer.error == ""


def test_ctrl_c_after_the_last_update_waits_until_all_is_written(
    klayer: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evaluate(self: Model, *arguments: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return usual(self, *arguments)

    usual, run = Model.evaluate, tmp_path / "run"
    monkeypatch.setattr(Model, "evaluate", evaluate)
    assert klayer("train", "digits", *QUICK, "--out", run) == 130
    assert "done after 120 updates" in klayer.error
    written = {path.name for path in run.iterdir()}
    assert {"model.safetensors", "results.json", "curves.png", "weights.png"} <= written


@pytest.mark.parametrize(
    "arguments", [["nowhere.csv"], ["digits", "--patience", "2", "--validation", "0"]]
)
def test_a_run_that_never_began_leaves_nothing(
    klayer: Program, tmp_path: Path, arguments: list[str]
) -> None:
    assert klayer("train", *arguments, "--out", tmp_path / "runs" / "a") == 2
    assert not list(tmp_path.iterdir())


def test_a_class_that_a_set_lacks_is_spoken_of(klayer: Program, tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    rows = "".join(f"{k * k % 97},{'rare' if k == 0 else 'ab'[k % 2]}\n" for k in range(100))
    table.write_text("x,y\n" + rows)
    quick = ["train", table, "--target", "y", "--steps", "4", "--step-size", "2"]
    assert klayer(*quick, "--out", tmp_path / "run") == 0
    for name in ("validation", "test"):
        assert f"no {name} row is of class 'rare', so figures on that set" in klayer.error


def test_sets_too_small_to_measure_by_are_spoken_of(klayer: Program, tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("x,y\n1,a\n2,b\n3,a\n")
    found = ["train", table, "--target", "y", "--steps", "4", "--step-size", "2"]
    assert klayer(*found, "--out", tmp_path / "run") == 0
    assert "the test set has 1 row: accuracies on it are uncertain by up to ±0.50" in klayer.error
    assert klayer("train", "digits", *QUICK, "--out", tmp_path / "digits") == 0
    assert "uncertain" not in klayer.error


def test_a_class_without_a_training_row_is_spoken_of(klayer: Program, tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("x,y\n" + "".join(f"{n * n},{n % 2}\n" for n in range(60)) + "61,star\n")
    for seed in range(20):
        data = load_data(table, target="y", seed=seed)
        if not (data.samples.y[data.training] == 2).any():
            break
    given = ["train", table, "--target", "y", "--steps", "4", "--step-size", "2", "--seed", seed]
    assert klayer(*given, "--out", tmp_path / "run") == 0
    assert "no training row is of class 'star', so it can never be answered" in klayer.error


def test_shown_defaults_are_those_of_the_plan() -> None:
    import inspect

    from klayer.cli.train import command
    from klayer.training import Plan
    from klayer.training.plan import HALF_CYCLE

    plan = Plan()
    words = {"False": "no", "None": "he", "(50, 50)": "50,50"}
    for name, parameter in inspect.signature(command).parameters.items():
        option = next(iter(getattr(parameter.annotation, "__metadata__", ())), None)
        if not hasattr(plan, name) or option is None or not isinstance(option.show_default, str):
            continue
        value = getattr(plan, name)
        value = value[0] if isinstance(value, tuple) and len(value) == 1 else value
        half = f"{HALF_CYCLE}, or half of fewer --steps, --epochs"
        shown = {"drop_last": "keep-last", "networks": "1", "step_size": half}.get(
            name, words.get(str(value), str(value))
        )
        always, *others = option.show_default.split("; ")
        assert always == shown, name
        for other in others:  # such as "momentum, nesterov: 0.03"
            rules, _, text = other.partition(": ")
            for rule in rules.split(", "):
                own = getattr(Plan(optimizer=rule), name)
                assert text == str(own[0] if isinstance(own, tuple) else own), (name, rule)


def test_the_options_whose_defaults_depend_on_the_rule_say_so() -> None:
    import inspect

    from klayer.cli.train import command
    from klayer.training import Plan

    parameters, plain = inspect.signature(command).parameters, Plan().to_dict()
    for rule in OPTIMIZERS:
        other = Plan(optimizer=rule).to_dict()
        for name in {name for name in plain if plain[name] != other[name]} - {"optimizer"}:
            shown = parameters[name].annotation.__metadata__[0].show_default
            assert rule in shown, name


def test_a_rate_that_never_rises_is_said_in_one_line_at_the_start(
    klayer: Program, tmp_path: Path
) -> None:
    short = ["train", "digits", "--hidden", "8", "--epochs", "2"]
    assert klayer(*short, "--out", tmp_path / "d") == 0
    assert "learning rate" not in klayer.error  # half of the training by default
    short = [*short, "--step-size", "2250"]
    assert klayer(*short, "--out", tmp_path / "a") == 0
    said = [line for line in klayer.error.splitlines() if "learning rate" in line]
    assert said == [
        "klayer: the learning rate should come near `rate_max` in a training, but in 24 updates with "
        "step_size=2250 it reaches 0.00103 of rate_max=0.1; set `step_size` to 12, half the updates, "
        "or `schedule` to one-cycle"
    ]
    assert klayer.error.index("learning rate") < klayer.error.index("done after")
    assert klayer(*short, "--out", tmp_path / "b") == 0
    assert klayer.error.count("learning rate") == 1  # in every run
    assert klayer(*short, "--step-size", "12", "--out", tmp_path / "c") == 0
    assert "learning rate" not in klayer.error


def test_adamw_alone_has_rates_and_penalties_that_suit_it(klayer: Program, tmp_path: Path) -> None:
    given = ["digits", "--optimizer", "adamw", "--hidden", "20", "--step-size", "60"]
    found = klayer.json("train", *given, "--out", tmp_path / "run")
    plan = json.loads((tmp_path / "run" / "plan.json").read_text())["plan"]
    assert (plan["rate_max"], plan["lam"], plan["weight_decay"]) == (0.003, [0.0], 0.01)
    assert found["test_accuracy"] > 0.9
    high = ["train", *given, "--rate-max", "0.1", "--out", tmp_path / "high"]
    assert klayer(*high) == 0
    assert "rates of adamw should be some thousandths, but got rate_max=0.1" in klayer.error


BEYOND = [
    "--optimizer", "adamw", "--weight-decay", "0.05", "--lam", "0", "--schedule", "one-cycle",
    "--rate-max", "0.01", "--dropout", "0.1", "--label-smoothing", "0.1", "--shift", "1",
    "--clip-norm", "5", "--batch-norm", "--precise-statistics", "10", "--epochs", "8",
    "--batch-size", "20",
]  # fmt: skip


def test_everything_beyond_sgd_has_an_option_and_learns(klayer: Program, tmp_path: Path) -> None:
    found = klayer.json("train", "digits", "--hidden", "40", *BEYOND, "--out", tmp_path / "run")
    plan = json.loads((tmp_path / "run" / "plan.json").read_text())["plan"]
    assert (plan["optimizer"], plan["weight_decay"], plan["schedule"]) == (
        "adamw",
        0.05,
        "one-cycle",
    )
    assert (plan["dropout"], plan["label_smoothing"], plan["shift"]) == (0.1, 0.1, 1)
    assert (plan["clip_norm"], plan["precise_statistics"], plan["flip"]) == (5, 10, False)
    assert found["test_accuracy"] > 0.7


def test_a_learning_rate_of_one_s_own_goes_from_waypoint_to_waypoint(
    klayer: Program, tmp_path: Path
) -> None:
    run, points = tmp_path / "run", "0:0,30:1,90:1,90:0.1"
    given = ["--hidden", "20", "--schedule", "waypoints", "--steps", "120", "--rate-min", "0"]
    assert klayer("train", "digits", *given, "--waypoints", points, "--out", run) == 0
    with open(run / "history.csv") as file:
        rates = {int(row["step"]): float(row["rate"]) for row in csv.DictReader(file)}
    assert rates[0] == 0.0
    assert rates[24] == pytest.approx(0.08)
    assert rates[60] == pytest.approx(0.1)
    assert rates[120] == pytest.approx(0.01)
    assert klayer("train", "--resume", "--out", run) == 0
    assert klayer("report", run) == 0
    other = ["--plan", run / "plan.json", "--schedule", "cosine", "--out", tmp_path / "other"]
    assert klayer("train", "digits", *other) == 0
    assert klayer("train", "digits", *given, "--waypoints", "0;1", "--out", tmp_path / "b") == 2
    assert "`--waypoints` must be pairs of a step and a number such as 0:0,100:1" in klayer.error


def test_a_run_begun_before_there_were_waypoints_goes_on(klayer: Program, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert klayer("train", "digits", *QUICK, "--out", run) == 0
    identity = json.loads((run / "plan.json").read_text())
    del identity["plan"]["waypoints"]
    (run / "plan.json").write_text(json.dumps(identity))
    assert klayer("train", "--resume", "--out", run) == 0


def test_the_reference_engine_s_part_is_said_in_one_line(
    klayer: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NativeEngine, "features", NativeEngine.features - {"clip_norm"})
    found = klayer.json("train", "digits", *QUICK, "--clip-norm", "1", "--out", tmp_path / "run")
    said = [line for line in klayer.error.splitlines() if "does not know" in line]
    assert len(said) == (1 if "native" in available_engines() else 0)
    assert found["engine"] == "reference"


def test_a_recipe_is_where_a_plan_begins(klayer: Program, tmp_path: Path) -> None:
    short = ["--recipe", "accurate", "--hidden", "12", "--epochs", "1", "--no-flip"]
    assert klayer("train", "digits", *short, "--out", tmp_path / "run") == 0
    plan = json.loads((tmp_path / "run" / "plan.json").read_text())["plan"]
    assert (plan["optimizer"], plan["shift"], plan["flip"]) == ("adamw", 3, False)
    assert (plan["hidden"], plan["epochs"]) == ([12], 1)
