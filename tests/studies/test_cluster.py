"""A study on a Dask cluster: the numbers of this process, and nothing lost with a worker."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from klayer.errors import InputError
from klayer.studies import Sets, Stack, replicate, run_study
from klayer.studies.diagnostics import LAYERS_FILE
from klayer.studies.init import Init
from klayer.studies.overfit import Subset
from klayer.studies.question import Asked
from klayer.training import Plan

distributed = pytest.importorskip("distributed", reason="needs the extra klayer[dask]")

PLAN = Plan(hidden=(8,), lam=[0.0, 0.1], step_size=20, cycles=1)
STACKS = replicate([Stack("small", PLAN, ("λ = 0", "λ = 0.1"))], 3)
LONG = replicate([Stack("long", Plan(hidden=(8,), step_size=4000, cycles=1), ("long",))], 2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as found:
        yield found


def study(stacks: list[Stack], out: Path | None, cluster: Any = None, **options: Any) -> list[Any]:
    address = cluster and cluster.scheduler_address
    results = run_study(
        stacks, options.pop("sets", Sets(source="digits")), out, engine="reference", threads=1,
        cluster=address, **options,
    )  # fmt: skip
    metrics = ("best_validation_accuracy", "final_training_cost", "test_accuracy")
    return [results.values(t, m).tolist() for t in results.treatments for m in metrics]


def test_two_workers_give_the_numbers_of_this_process(cluster: Any, tmp_path: Path) -> None:
    assert study(STACKS, tmp_path / "s", cluster) == study(STACKS, None)
    names = {path.name for path in (tmp_path / "s" / STACKS[0].folder).iterdir()}
    assert {"plan.json", "history.csv", "outcome.json", "model.safetensors"} == names
    assert study(STACKS, tmp_path / "s") == study(STACKS, None)


def test_a_worker_that_dies_costs_its_stack_s_time_and_nothing_else(
    cluster: Any, tmp_path: Path
) -> None:
    def kill(stack: Stack, *_: Any) -> list[Any]:
        return [Killer(tmp_path / "killed")] if stack.plan.seed == 0 else []

    assert study(LONG, tmp_path / "s", cluster, witness=kill) == study(LONG, None)
    assert (tmp_path / "killed").exists()


class Killer:
    """Kills the process that it listens in, once."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __call__(self, event: Any) -> None:
        if event.state.steps > 1000 and not self._marker.exists():
            self._marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_witness_writes_comes_back(cluster: Any, tmp_path: Path) -> None:
    question = Init(Asked(PLAN, sigmas=(None, 0.1)), tmp_path / "s")
    stacks = [Stack("init", PLAN, ("λ = 0", "λ = 0.1"))]
    study(stacks, tmp_path / "s", cluster, witness=question.witness)
    assert (tmp_path / "s" / "init-seed-0" / LAYERS_FILE).exists()


def test_the_source_travels_and_not_the_arrays() -> None:
    import pickle

    for sets in (Sets(source="digits"), Subset(20, source="digits")):
        sets.of(0)
        assert len(pickle.dumps(sets)) < 1000


def test_a_cluster_that_does_not_answer_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klayer.studies import cluster as module

    monkeypatch.setattr(module, "SECONDS_TO_ANSWER", 0.5)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(
            InputError, match="must be the address of a Dask scheduler that answers"
        ):
            run_study(STACKS, Sets(source="digits"), tmp_path / "s", cluster=address)


def test_a_cluster_s_study_needs_a_folder() -> None:
    with pytest.raises(InputError, match="needs a folder"):
        run_study(STACKS, Sets(source="digits"), None, cluster="tcp://127.0.0.1:1")
