"""A run that is killed at any moment and resumed ends as one that never was disturbed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kills import Case, Tally
from tests.faults.nursery import Nursery
from tests.faults.runs import CASES, call, command


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery") / "log") as found:
        yield found


@pytest.mark.parametrize("name", CASES)
def test_a_run_killed_at_random_moments_ends_as_an_undisturbed_one(
    name: str, tmp_path: Path, nursery: Nursery
) -> None:
    tally = Tally()
    quick = Case(name, call, nursery, tmp_path, seed=len(name))
    quick.kill_at_random(4, tally)
    quick.kill_at_touches([3, 17, 41], tally)
    Case(name, command, nursery, tmp_path, seed=1).kill_at_random(1, tally)
    assert tally.differences == []
    assert tally.kills >= 5 + 3
    assert tally.runs >= 5
