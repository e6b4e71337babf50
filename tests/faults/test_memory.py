"""What cannot fit in memory is refused before it starts; threads, forks and older processors."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from klayer import InputError, Plan, fit, load_data
from klayer.data import Data
from klayer.engines import available_engines
from klayer.memory import available_bytes
from klayer.training import room
from tests.faults.runs import write_rows

SHORT: dict[str, Any] = {"hidden": (16, 8), "batch_norm": True, "steps": 60, "step_size": 30}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return load_data(write_rows(tmp_path_factory.mktemp("rows") / "rows.npz"))


@pytest.mark.parametrize("engine", available_engines())
@pytest.mark.parametrize("depth", [1, 9])
def test_a_stack_that_cannot_fit_says_what_it_needs_and_what_there_is(
    data: Data, engine: str, depth: int
) -> None:
    with pytest.raises(
        InputError,
        match=r"needs about .* GiB \(10000 networks of \d+ numbers: .* GiB; a mini-batch of 100 rows: "
        r".* GiB\) and there are .* GiB; use fewer `networks`, narrower `hidden` or a smaller",
    ):
        fit(
            data,
            Plan(hidden=(100_000,) * depth, networks=10_000, cycles=1, step_size=9),
            engine=engine,
        )


def test_a_batch_that_cannot_fit_is_refused(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "available_bytes", lambda: 1 << 20)
    fit(data, Plan(hidden=(50,), steps=2, step_size=1, batch_size=10))
    with pytest.raises(InputError, match=r"a mini-batch of 256 rows: .* there are 0.000977 GiB"):
        fit(data, Plan(hidden=(500,), steps=2, step_size=1, batch_size=300))


MEASURE = """
import sys
from klayer import Plan, fit
from klayer.engines import choose_engine
from klayer.training.job import Job
from klayer.training.room import needed_bytes
from tests.conftest import make_data
from tests.fuzz.reading import forget_peak, memory

engine, large = sys.argv[1:]
settings = {
    "stack": dict(hidden=(900, 900), networks=6, batch_size=10),
    "clipped": dict(hidden=(900, 900), networks=6, batch_size=10, clip_norm=1.0),
    "batch": dict(hidden=(300, 300), networks=3, batch_size=8000, batch_norm=True),
}[large]
data = make_data(n=8100, inputs=60, classes=10)
fit(data, Plan(steps=1, hidden=(3,), batch_size=10), engine=engine)
plan = Plan(steps=2, step_size=1, evaluate_every=1000, **settings)
before = memory("VmRSS")
forget_peak()
fit(data, plan, engine=engine, threads=1)
print(memory("VmHWM") - before, sum(needed_bytes(Job.of(data, plan, choose_engine(engine)))))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("engine", available_engines())
@pytest.mark.parametrize("large", ["stack", "clipped", "batch"])
def test_what_is_said_to_be_needed_is_near_what_is_taken(engine: str, large: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, engine, large], capture_output=True, text=True, check=True
    )
    taken, said = map(int, done.stdout.split())
    assert taken > 30 << 20  # enough to be seen
    assert taken / 2 < said < 2 * taken


def test_what_there_is_is_within_what_the_machine_has() -> None:
    found = available_bytes()
    assert found is not None
    assert 0 < found < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from klayer import memory

    (tmp_path / "own").write_text("0::/a/b\n")
    group = tmp_path / "groups" / "a"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("5000\n")
    (group / "memory.current").write_text("4000\n")
    (group / "memory.stat").write_text("anon 10\ninactive_file 30\n")
    monkeypatch.setattr(memory, "OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    assert available_bytes() == 1030
    (group / "memory.max").write_text("max\n")
    assert (available_bytes() or 0) > 1030


def test_1_and_64_threads_give_the_same_bits(data: Data) -> None:
    if "native" not in available_engines():
        pytest.skip("needs the native engine")
    files = {
        fit(data, Plan(**SHORT), engine="native", threads=threads).model.to_bytes()
        for threads in (1, 64)
    }
    assert len(files) == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning")
@pytest.mark.parametrize("engine", available_engines())
def test_a_process_forked_while_a_thread_trains_can_train(data: Data, engine: str) -> None:
    true = fit(data, Plan(**SHORT), engine=engine).model.to_bytes()
    stop = threading.Event()

    def train() -> None:
        while not stop.is_set():
            fit(data, Plan(**SHORT), engine=engine)

    beside = threading.Thread(target=train)
    beside.start()
    try:
        codes = []
        for _ in range(3):
            child = os.fork()
            if not child:
                same = fit(data, Plan(**SHORT), engine=engine).model.to_bytes() == true
                os._exit(0 if same else 1)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    finally:
        stop.set()
        beside.join()
    assert codes == [0, 0, 0]


def test_an_older_processor_trains_with_the_portable_code(tmp_path: Path) -> None:
    if "native" not in available_engines():
        pytest.skip("needs the native engine")
    words = [
        "train",
        "digits",
        "--steps",
        "20",
        "--engine",
        "native",
        "--out",
        str(tmp_path / "run"),
    ]
    for command in (["--version"], words):
        done = subprocess.run(
            [sys.executable, "-m", "klayer", *command], capture_output=True, text=True, check=False,
            env={**os.environ, "KLAYER_NATIVE_ISA": "baseline"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "native (baseline)" in done.stdout + done.stderr or command is words
