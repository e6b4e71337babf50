"""The harness of the benchmarks: its statistics, its tasks, and who is disturbed."""

from functools import partial

import numpy as np
import pytest

from benchmarks import interleave as interleaving
from benchmarks.cores import Cores
from benchmarks.crew import Entry, Member
from benchmarks.fairness import check_fair
from benchmarks.interleave import Slice, interleave
from benchmarks.peers import klayer_engines, numpy_plain
from benchmarks.pixels import write_rows
from benchmarks.summary import ratio, summarise
from benchmarks.tasks import TRIAL_UPDATES, Task


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(0)
    write_rows(folder, rng.integers(0, 256, (400, 12), np.uint8), rng.integers(0, 10, 400))
    return Task(folder=str(folder), hidden=(8, 6))


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that does nothing else, whatever else it does."""
    monkeypatch.setattr(interleaving, "busy_seconds", lambda: None)
    monkeypatch.setattr(interleaving, "wait_until_idle", lambda _most: None)


def test_a_summary_is_the_median_between_the_quartiles() -> None:
    found = summarise([9.0, 1.0, 5.0, 3.0, 7.0])
    assert (found.median, found.low, found.high, found.repeats) == (5.0, 3.0, 7.0, 5)
    assert found.spread == pytest.approx(0.4)


def test_a_ratio_is_of_medians_which_one_slow_repeat_does_not_move() -> None:
    assert ratio([10.0, 11.0, 9000.0], [2.0, 2.2, 1.0]) == 5.5


def test_contenders_take_turns_in_every_round() -> None:
    turns: list[str] = []

    def measure(name: str) -> Slice:
        turns.append(name)
        return Slice(float(len(turns)), 0.01, 1.0)

    records = interleave({name: partial(measure, name) for name in "ab"}, rounds=3)
    assert turns == ["a", "b", "a", "b", "a", "b"]
    assert records["b"].values == [2.0, 4.0, 6.0]


def test_a_disturbed_slice_is_done_again_until_one_is_quiet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 9.0, 10.0, 10.5, 20.0, 20.0])  # busy seconds before and after each slice
    monkeypatch.setattr(interleaving, "busy_seconds", lambda: next(clock))
    values = iter([3.0, 2.0, 1.0])
    measure = lambda: Slice(next(values), 1.0, 0.0)  # noqa: E731
    monkeypatch.setattr("benchmarks.interleave.os.cpu_count", lambda: 2)
    record = interleave({"a": measure}, rounds=1)["a"]
    assert (record.values, record.disturbed) == ([1.0], 0)


def test_where_no_slice_is_quiet_the_least_disturbed_counts_and_the_record_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 9.0, 10.0, 11.0])
    monkeypatch.setattr(interleaving, "busy_seconds", lambda: next(clock))
    values = iter([3.0, 2.0])
    measure = lambda: Slice(next(values), 1.0, 0.0)  # noqa: E731
    record = interleave({"a": measure}, rounds=1, tries=2)["a"]
    assert (record.values, record.disturbed) == ([2.0], 1)


def test_a_slice_is_done_again_while_two_cpus_share_a_core() -> None:
    gains = iter([2.0, 1.9, 1.0, 1.0, 1.0, 1.9, 1.7])  # before the 1st, after, before the 2nd, …
    cores = Cores(lambda threads: next(gains) if threads == 2 else 1.0, 2)
    values = iter([1.0, 9.0])
    records = interleave({"a": lambda: Slice(next(values), 1.0, 0.0)}, rounds=1, cores=cores)
    assert records["a"].values == [1.0]
    assert not cores.are_whole()
    cores.wait()  # until the gain is 1.9
    assert next(gains) == 1.7


def test_one_thread_that_was_held_up_does_not_raise_what_is_asked_of_all() -> None:
    rates = iter([2.0, 0.5, 2.0, 1.0])
    cores = Cores(lambda _threads: next(rates), 2)
    assert cores.are_whole()
    assert cores.are_whole()


def test_where_cpus_never_are_whole_again_patience_ends_and_the_record_says_so() -> None:
    gains = iter([2.0] + [1.0] * 9)
    cores = Cores(lambda threads: next(gains) if threads == 2 else 1.0, 2, patience=0.5)
    record = interleave({"a": lambda: Slice(7.0, 1.0, 0.0)}, rounds=1, tries=2, cores=cores)["a"]
    assert (record.values, record.disturbed) == ([7.0], 1)


def test_a_task_survives_its_way_to_another_process(task: Task) -> None:
    assert Task.from_dict(task.to_dict()) == task


def test_the_rate_is_triangular(task: Task) -> None:
    rates = task.rates(0, 2 * task.step_size + 1)
    assert rates[[0, task.step_size, -1]] == pytest.approx([1e-5, 1e-1, 1e-5])


def test_plain_numpy_and_the_reference_engine_do_the_same_job(task: Task) -> None:
    plain = numpy_plain.build(task.trial())(0, TRIAL_UPDATES)
    own = klayer_engines.build(task.trial(), "reference")(0, TRIAL_UPDATES)
    assert plain == pytest.approx(own, rel=1e-5)


def member(name: str, losses: tuple[float, ...], task: Task) -> Member:
    return Member(Entry("", 0, name, ""), task, None, trial=losses)  # type: ignore[arg-type]


def test_a_contender_that_halves_the_penalty_is_found_unfair(task: Task) -> None:
    own = klayer_engines.build(task.trial(), "reference")(0, TRIAL_UPDATES)
    other = numpy_plain.Network(task.trial())
    other.task = Task(**{**task.trial().to_dict(), "lam": task.trial().lam / 2})
    X, y = task.array("X32"), task.array("y")
    order, rates = task.order(0, TRIAL_UPDATES), task.trial().rates(0, TRIAL_UPDATES)
    batches = zip(order, rates, strict=True)
    halved = np.mean([other.update(X[rows], y[rows], rate) for rows, rate in batches])
    first = member("klayer", tuple(own.tolist()), task)
    assert check_fair([first, member("right", tuple(own * (1 + 1e-6)), task)]) < 1e-5
    with pytest.raises(RuntimeError, match="halver must have the losses of klayer"):
        check_fair([first, member("halver", (float(halved),), task)])
