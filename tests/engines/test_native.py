"""What the native engine promises beyond the contract: the same bits, whatever runs beside."""

import multiprocessing
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from klayer.engines import choose_engine
from klayer.engines.native import NativeEngine, instruction_set, instruction_sets, is_built
from klayer.errors import InputError
from tests.engines.problems import Problem, assert_same, make_problem

pytestmark = pytest.mark.skipif(not is_built(), reason="the native engine was not built here")
HERE = Path(__file__).parent
CORE = HERE.parents[1] / "src/klayer/engines/native/core"


def shapes() -> Iterator[Problem]:
    """Yield problems that take every way of sharing work: by feature, by unit, by network."""
    for dtype in (np.float32, np.float64):
        for networks in (1, 2, 3, 9):
            yield make_problem(70, (17, 6), 4, True, networks, 33, 3, dtype=dtype)
        yield make_problem(3000, (51, 50), 10, True, 1, 100, 3, dtype=dtype)
        yield make_problem(
            40, (100, 90), 10, False, 1, 250, 30, dtype=dtype
        )  # all share each layer
        yield make_problem(  # long enough for other numbers of threads to be tried
            64, (50, 50), 10, True, 1, 100, 400, dtype=dtype
        )
        yield make_problem(800, (), 5, False, 5, 21, 3, np.float32, dtype=dtype)
        yield make_problem(1, (1,), 2, False, 2, 2, 3, np.float64, dtype=dtype)


@pytest.mark.parametrize("problem", list(shapes()))
@pytest.mark.usefixtures("sharing")
def test_neither_threads_nor_the_rest_of_the_stack_change_a_bit(problem: Problem) -> None:
    rows = np.arange(len(problem.samples.y)).repeat(30)
    true, losses = problem.train(NativeEngine(1))
    figures = NativeEngine(1).evaluate(true, problem.samples, rows)
    for threads in (2, 3, 4):
        found, others = problem.train(NativeEngine(threads))
        assert_same(found, true)
        np.testing.assert_array_equal(others, losses)
        again = NativeEngine(threads).evaluate(true, problem.samples, rows)
        np.testing.assert_array_equal(again, figures)
    for position in range(true.networks):
        alone, own = problem.alone(position).train(NativeEngine(2))
        assert_same(alone, true.network(position))
        np.testing.assert_array_equal(own[:, 0], losses[:, position])
        figures_alone = NativeEngine(1).evaluate(alone, problem.samples, rows)
        np.testing.assert_allclose(
            np.array(figures_alone)[:, 0], np.array(figures)[:, position], rtol=1e-12
        )


@pytest.mark.usefixtures("sharing")
def test_calls_from_several_threads_do_not_disturb_each_other() -> None:
    problem = make_problem(300, (20, 20), 10, networks=2, batch=50, steps=40)
    true, _ = problem.train(NativeEngine(1))
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(problem.train, NativeEngine(2)) for _ in range(8)]
        for call in calls:
            assert_same(call.result()[0], true)


def _others(own: set[str]) -> list[str]:
    """Return the CPUs on which each thread of this process may run that is not in `own`."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it may have ended
            status = (task / "status").read_text()
            found += re.findall(r"Cpus_allowed_list:\s*(\S+)", status) * (task.name not in own)
    return found


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no compiler here")
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="threads start where they may")
def test_threads_start_on_different_cpus_and_may_then_use_all(tmp_path: Path) -> None:
    program = tmp_path / "seats"
    sources = [str(HERE / "seats.cpp"), str(CORE / "cpus.cpp"), "-I", str(CORE)]
    subprocess.run(["g++", "-std=c++20", "-pthread", *sources, "-o", str(program)], check=True)
    found = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    seats = [tuple(map(int, line.split())) for line in found.splitlines()]
    allowed = os.sched_getaffinity(0)
    assert sorted(seats) == [(cpu, 1, len(allowed)) for cpu in sorted(allowed)]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system tells no CPUs")
def test_threads_of_a_training_stay_bound_to_no_cpu() -> None:
    problem = make_problem(300, (50, 50), 10, batch=100, steps=4000)
    (allowed,) = re.findall(r"Cpus_allowed_list:\s*(\S+)", Path("/proc/self/status").read_text())
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        own = {task.name for task in Path("/proc/self/task").iterdir()}
        call = pool.submit(problem.train, NativeEngine(2))
        seen = []
        while not call.done():
            time.sleep(0.02)
            seen.append(_others(own))
    assert [allowed] in seen
    bound = [others not in ([], [allowed]) for others in seen]  # for a moment where one starts
    assert not any(one and next_ for one, next_ in pairwise(bound))


def _on_one_cpu(problem: Problem) -> tuple[bytes, bool]:
    one = {min(os.sched_getaffinity(0))}
    os.sched_setaffinity(0, one)
    theta = problem.train(NativeEngine(3))[0].theta.tobytes()
    return theta, os.sched_getaffinity(0) == one


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="threads cannot be confined")
@pytest.mark.usefixtures("sharing")
def test_a_thread_that_may_use_one_cpu_trains_with_three_on_it() -> None:
    problem = make_problem(steps=30)
    true = problem.train(NativeEngine(1))[0].theta.tobytes()
    with ThreadPoolExecutor(1) as pool:  # a thread of its own is confined
        assert pool.submit(_on_one_cpu, problem).result(30) == (true, True)


def _theta(queue: "multiprocessing.Queue[bytes]", problem: Problem) -> None:
    queue.put(problem.train(NativeEngine(2))[0].theta.tobytes())


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning")
def test_a_forked_child_trains_as_its_parent_did() -> None:
    problem = make_problem(steps=3)
    true, _ = problem.train(NativeEngine(2))
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_theta, args=(queue, problem))
    child.start()
    assert queue.get(timeout=30) == true.theta.tobytes()
    child.join(30)
    assert child.exitcode == 0


@pytest.mark.parametrize("isa", instruction_sets()[1:] if is_built() else ())
def test_code_for_every_instruction_set_keeps_the_contract(isa: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k",
         "(native and float and not fifty) or neither", str(HERE)],
        env={**os.environ, "KLAYER_NATIVE_ISA": isa}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_code_that_does_not_run_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert instruction_set() in {"v4_vnni", "v4", "v3", "baseline", "portable"}
    monkeypatch.setenv("KLAYER_NATIVE_ISA", "vax")
    with pytest.raises(
        InputError,
        match=r"`KLAYER_NATIVE_ISA` must name code that runs here, but got vax; .*(baseline|portable) does",
    ):
        NativeEngine(1)


def test_less_than_one_thread_is_refused() -> None:
    with pytest.raises(InputError, match="`threads` must be at least 1, but got 0"):
        NativeEngine(0)


def test_auto_takes_the_native_engine() -> None:
    assert choose_engine("auto").name == "native"
