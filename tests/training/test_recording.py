"""When checkpoints are written, told by a clock of the test's own."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from klayer.architecture import Architecture
from klayer.state import initial_state
from klayer.storage import RunDirectory
from klayer.training import Advanced, Ended, Evaluated, Event, History
from klayer.training import recording as module
from klayer.training.recording import CHECKPOINTS, Recorder


class Clock:
    """Tells the time that it is given; writing a checkpoint takes `cost` seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cost: float) -> None:
        self.now, self.cost = 0.0, cost
        monkeypatch.setattr(module, "monotonic", lambda: self.now)

    def write(self, name: str, *_: Any) -> None:
        if name == CHECKPOINTS[0]:
            self.now += self.cost


def written(
    events: list[tuple[float, str]], cost: float, path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[float]:
    """Return the times at which events of a kind, "a"dvanced or "e"valuated, caused a write."""
    clock = Clock(monkeypatch, cost)
    state = initial_state(Architecture(2, (), 2))
    kinds: dict[str, Event] = {
        "a": Advanced(state, 0.1, state.theta[:1], 0.0),
        "e": Evaluated(state, ()),
    }
    found: list[float] = []
    with RunDirectory(path) as run:
        recorder = Recorder(run, {}, History(), None)
        monkeypatch.setattr(run, "write", clock.write)
        for at, kind in events:
            clock.now = max(clock.now, at)
            before = clock.now
            recorder(kinds[kind])
            if clock.now > before:
                found.append(at)
        monkeypatch.undo()
        recorder(Ended(state, "finished"))
        assert (path / CHECKPOINTS[0]).exists()
    return found


def test_a_long_epoch_is_checkpointed_every_so_many_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [(0.25 * tick, "a") for tick in range(1, 81)]  # 20 s without an evaluation
    assert written(events, 0.001, tmp_path, monkeypatch) == [5.0, 10.25, 15.5]


def test_every_epoch_is_checkpointed_where_that_takes_little_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [(float(epoch), "e") for epoch in range(8)]
    assert written(events, 0.01, tmp_path, monkeypatch) == list(range(8))


def test_of_short_epochs_so_many_are_passed_over_that_writing_takes_a_fiftieth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [(0.1 * epoch, "e") for epoch in range(101)]  # 10 s
    times = written(events, 0.02, tmp_path, monkeypatch)
    assert 9 <= len(times) <= 10


def test_a_slow_disk_has_a_checkpoint_every_five_seconds_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [(float(epoch), "e") for epoch in range(20)]
    times = written(events, 1.0, tmp_path, monkeypatch)
    assert len(times) >= 3
    assert max(b - a for a, b in itertools.pairwise(times)) <= 7
