"""Damaged checkpoints are noticed, and what is whole is used; another run is refused."""

import json
import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from klayer import InputError, Plan, fit, load_data
from klayer.data import Data
from klayer.engines import available_engines
from klayer.engines.native import instruction_sets
from klayer.training import Evaluated, Event, Fitted, identity
from tests.faults.nursery import Nursery
from tests.faults.runs import command, content_of, write_rows

NEWEST, PREVIOUS = "checkpoint.safetensors", "checkpoint.previous.safetensors"
PLAN = Plan(hidden=(6,), batch_norm=True, steps=120, batch_size=20, step_size=30, patience=50)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return load_data(write_rows(tmp_path_factory.mktemp("rows") / "rows.npz"))


@pytest.fixture(scope="module")
def finished(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with both checkpoints, the newest of them at its end."""
    out = tmp_path_factory.mktemp("finished") / "run"
    fit(data, PLAN, engine="reference", out=out)
    assert (out / PREVIOUS).exists()
    return out


def resumed(data: Data, out: Path) -> Fitted:
    return fit(data, PLAN, engine="reference", out=out, resume=True)


def damaged(content: bytes, kind: str, rng: random.Random) -> bytes:
    place = rng.randrange(len(content))
    if kind == "cut":
        return content[:place]
    found = bytearray(content)
    found[place] ^= 1 << rng.randrange(8)
    return bytes(found)


@pytest.mark.parametrize("kind", ["cut", "flipped"])
def test_a_checkpoint_cut_or_flipped_anywhere_is_noticed_and_the_one_before_used(
    data: Data, finished: Path, tmp_path: Path, kind: str
) -> None:
    rng = random.Random(kind)
    expected = content_of(finished)
    content = (finished / NEWEST).read_bytes()
    for turn in range(15):
        out = tmp_path / str(turn)
        shutil.copytree(finished, out)
        (out / NEWEST).write_bytes(damaged(content, kind, rng))
        found = resumed(data, out)
        assert len(found.notes) == 1
        assert NEWEST in found.notes[0]
        assert content_of(out) == expected


def test_the_whole_checkpoint_is_never_given_up_for_the_damaged_one(
    data: Data, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    shutil.copytree(finished, out)
    whole = (out / PREVIOUS).read_bytes()
    (out / NEWEST).write_bytes(damaged((out / NEWEST).read_bytes(), "cut", random.Random(3)))
    with monkeypatch.context() as patched:  # it stops right after the checkpoint was read
        patched.setattr("klayer.training.loop.Loop.run", _killed)
        with pytest.raises(KeyboardInterrupt):
            resumed(data, out)
    assert (out / NEWEST).read_bytes() == whole
    assert resumed(data, out).notes == ()
    assert content_of(out) == content_of(finished)


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_with_both_damaged_nothing_is_guessed(data: Data, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(finished, out)
    for name in (NEWEST, PREVIOUS):
        (out / name).write_bytes((out / name).read_bytes()[:-1])
    with pytest.raises(
        InputError, match=r"digest, but .*; start afresh with `force`|is not .*; start afresh"
    ):
        resumed(data, out)


def test_a_rest_of_a_write_that_was_killed_is_removed_and_not_taken_for_a_foreign_file(
    data: Data, finished: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(finished, out)
    for name in (f".{NEWEST}.ab12_x", ".history.csv.zz99"):
        (out / name).write_text("half")
    resumed(data, out)
    assert content_of(out) == content_of(finished)
    (out / f".{NEWEST}.ab12_x").write_text("half")
    fit(data, PLAN, engine="reference", out=out, force=True)
    assert content_of(out) == content_of(finished)


def test_a_command_that_asks_for_another_run_is_refused_with_every_difference(
    tmp_path: Path,
) -> None:
    rows, others = write_rows(tmp_path / "rows.npz"), write_rows(tmp_path / "others.npz", rows=401)
    case = command(rows, tmp_path / "run", "reference, batch norm")
    with Nursery(tmp_path / "log") as nursery:
        assert nursery.run(*case, "--steps", "20") == 0
        before = content_of(tmp_path / "run")
        assert nursery.run(*case, "--steps", "20", "--lam", "0.1", "--rate-max", "0.2") == 2
        said = nursery.said()
        assert "plan.lam was [0.005] and is [0.1], plan.rate_max was 0.1 and is 0.2" in said
        rows.write_bytes(others.read_bytes())
        assert nursery.run(*case, "--steps", "20", "--engine", "native") == 2
        said = nursery.said()
        assert "data.fingerprint was" in said
        assert 'engine was "reference" and is "native"' in said
    assert content_of(tmp_path / "run") == before


needs_two_codes = pytest.mark.skipif(
    "native" not in available_engines() or len(instruction_sets()) < 2,
    reason="needs a native engine with code for several instruction sets",
)


@needs_two_codes
def test_another_instruction_set_is_refused_and_the_same_goes_on_to_the_same_bits(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, patience=None, steps=600)
    begun, out = tmp_path / "begun", tmp_path / "run"
    monkeypatch.setenv("KLAYER_NATIVE_ISA", "baseline")
    whole = fit(data, plan, engine="native").model.to_bytes()
    fit(data, plan, engine="native", out=begun, consumers=[interrupting_at(200)])
    assert json.loads((begun / "plan.json").read_text())["instruction_set"] == "baseline"
    monkeypatch.delenv("KLAYER_NATIVE_ISA")
    assert fit(data, plan, engine="native").model.to_bytes() != whole  # so it matters
    shutil.copytree(begun, out)
    with pytest.raises(
        InputError,
        match=r'instruction_set was "baseline" and is "v\d\w*"; set KLAYER_NATIVE_ISA=baseline '
        "where that runs, or begin a new run with `force`",
    ):
        fit(data, plan, engine="native", out=out, resume=True)
    assert content_of(out) == content_of(begun)
    monkeypatch.setenv("KLAYER_NATIVE_ISA", "baseline")
    found = fit(data, plan, engine="native", out=out, resume=True)
    assert found.notes == ()
    assert found.model.to_bytes() == whole


@needs_two_codes
def test_a_run_that_does_not_say_its_instruction_set_goes_on_with_a_word_about_it(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, patience=None, steps=600)
    with monkeypatch.context() as earlier:
        earlier.setattr(identity, "computed_by", lambda engine: {"engine": engine.name})
        fit(data, plan, engine="native", out=tmp_path, consumers=[interrupting_at(200)])
    found = fit(data, plan, engine="native", out=tmp_path, resume=True)
    assert found.steps == 600
    assert len(found.notes) == 1
    assert "does not say which code of the native engine began it" in found.notes[0]


def interrupting_at(step: int) -> Callable[[Event], None]:
    """Return a listener that presses Ctrl-C."""

    def listen(event: Event) -> None:
        if isinstance(event, Evaluated) and event.state.steps >= step:
            signal.raise_signal(signal.SIGINT)

    return listen


def test_another_version_is_refused(
    data: Data, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    shutil.copytree(finished, out)
    monkeypatch.setattr("klayer.__version__", "99.0")
    with pytest.raises(InputError, match=r'versions.klayer was ".*" and is "99.0"'):
        resumed(data, out)
