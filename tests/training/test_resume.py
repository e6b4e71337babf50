"""Resume: a run that was stopped anywhere ends as one that never was, to the bit."""

import csv
import io
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from klayer.data import Data
from klayer.engines import available_engines
from klayer.errors import InputError
from klayer.storage import RunDirectory
from klayer.training import Advanced, Evaluated, Event, Fitted, Plan, fit, loop, recording

SHORT: dict[str, Any] = {"hidden": (8, 5), "batch_size": 16, "step_size": 15, "cycles": 1}
PLANS = [
    Plan(**SHORT, batch_norm=True),
    Plan(**{**SHORT, "step_size": 100}, schedule="constant", patience=4, lam=[0.0, 0.3, 1.0]),
    Plan(**SHORT, networks=2, evaluate_every=4, schedule="cosine", dtype="float64"),
]


class InterruptAt:
    """Sends Ctrl-C once a step is reached, at a kind of event."""

    def __init__(self, step: int, kind: type[Event]) -> None:
        self.step, self.kind = step, kind

    def __call__(self, event: Event) -> None:
        if isinstance(event, self.kind) and event.state.steps >= self.step:
            os.kill(os.getpid(), signal.SIGINT)
            self.step = 10**9


def figures(path: Path) -> list[dict[str, str]]:
    """Return the history without its seconds."""
    rows = list(csv.DictReader(io.StringIO((path / "history.csv").read_text())))
    for row in rows:
        del row["seconds"]
    return rows


def sit(
    data: Data, plan: Plan, out: Path, *, stop: int | None = None, kind: Any = Advanced,
    engine: str = "reference",
) -> Fitted:  # fmt: skip
    consumers = [] if stop is None else [InterruptAt(stop, kind)]
    return fit(data, plan, engine=engine, out=out, resume=True, consumers=consumers)


@pytest.mark.parametrize("engine", available_engines())
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("kind", [Advanced, Evaluated])
def test_a_run_stopped_again_and_again_ends_as_an_undisturbed_one(
    clusters: Data, tmp_path: Path, plan: Plan, kind: type[Event], engine: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    whole = sit(clusters, plan, tmp_path / "whole", engine=engine)
    monkeypatch.setattr(loop, "CALL_SECONDS", 0.0)
    monkeypatch.setattr(loop, "FIRST_CALL", 1)
    reasons = [
        sit(clusters, plan, tmp_path / "cut", stop=stop, kind=kind, engine=engine).reason
        for stop in range(1, whole.steps, 7)
    ]
    last = sit(clusters, plan, tmp_path / "cut", engine=engine)
    assert "interrupted" in reasons
    assert last.reason == whole.reason
    assert last.model.to_bytes() == whole.model.to_bytes()
    assert figures(tmp_path / "cut") == figures(tmp_path / "whole")


def test_resume_where_there_is_nothing_starts_afresh(clusters: Data, tmp_path: Path) -> None:
    assert sit(clusters, PLANS[0], tmp_path / "run").steps == 30


def test_resuming_a_finished_run_changes_nothing(clusters: Data, tmp_path: Path) -> None:
    first = sit(clusters, PLANS[0], tmp_path / "run")
    again = sit(clusters, PLANS[0], tmp_path / "run")
    assert again.model.to_bytes() == first.model.to_bytes()
    assert again.steps == first.steps


@pytest.mark.parametrize("spoil", ["cut", "flip"])
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_used(
    clusters: Data, tmp_path: Path, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "SECONDS_BETWEEN_WRITES", 0.0)
    whole = sit(clusters, PLANS[0], tmp_path / "whole")
    sit(clusters, PLANS[0], tmp_path / "cut", stop=17)
    path = tmp_path / "cut" / "checkpoint.safetensors"
    content = bytearray(path.read_bytes())
    if spoil == "flip":
        content[-3] ^= 4
    path.write_bytes(content if spoil == "flip" else content[:-10])
    last = sit(clusters, PLANS[0], tmp_path / "cut")
    assert len(last.notes) == 1
    assert "checkpoint.safetensors" in last.notes[0]
    assert last.model.to_bytes() == whole.model.to_bytes()


def test_resuming_another_run_is_refused_with_the_differences(
    clusters: Data, tmp_path: Path
) -> None:
    sit(clusters, PLANS[0], tmp_path / "run", stop=5)
    other = Plan(**{**SHORT, "rate_max": 0.2}, batch_norm=True, seed=4)
    with pytest.raises(
        InputError, match=r"plan\.rate_max was 0\.1 and is 0\.2, plan\.seed was 0 and is 4"
    ):
        sit(clusters, other, tmp_path / "run")


def test_resuming_another_architecture_or_data_is_refused_in_words(
    clusters: Data, tmp_path: Path
) -> None:
    sit(clusters, PLANS[0], tmp_path / "run", stop=5)
    other = replace(clusters, origin={"source": "b.csv"}, fingerprint="0" * 64)
    with pytest.raises(InputError, match=r"plan\.hidden was \[8, 5\] and is \[9\]") as found:
        sit(other, replace(PLANS[0], hidden=(9,)), tmp_path / "run")
    assert 'data.source was nothing and is "b.csv"' in str(found.value)
    (tmp_path / "run" / "plan.json").write_text("{")
    with pytest.raises(InputError, match=r"plan\.seed was 0 and is 4"):
        sit(clusters, replace(PLANS[0], seed=4), tmp_path / "run")


def test_what_earlier_sittings_did_is_known(clusters: Data, tmp_path: Path) -> None:
    first = sit(clusters, PLANS[0], tmp_path / "run", stop=17)
    second = sit(clusters, PLANS[0], tmp_path / "run")
    third = sit(clusters, PLANS[0], tmp_path / "run")
    assert (first.before, second.before, third.before) == (0, first.steps, 30)


def test_resume_needs_a_run_directory(clusters: Data) -> None:
    with pytest.raises(InputError, match="need a run directory"):
        fit(clusters, PLANS[0], resume=True)


def test_a_claimed_directory_stays_the_callers(clusters: Data, tmp_path: Path) -> None:
    with RunDirectory(tmp_path / "run") as run:
        fit(clusters, PLANS[0], engine="reference", out=run)
        run.write("results.json", "{}")
    assert {"plan.json", "history.csv", "model.safetensors"} <= set(os.listdir(run.path))
