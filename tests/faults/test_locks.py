"""Two processes never write one run directory."""

import os
import time
from pathlib import Path

import pytest

from klayer import InputError, Plan, fit, load_data
from tests.faults.nursery import Nursery
from tests.faults.runs import command, content_of, write_rows

CASE = "reference, batch norm"


def test_the_second_process_is_refused_with_the_owner_named_and_a_dead_owner_is_succeeded(
    tmp_path: Path,
) -> None:
    source, out = write_rows(tmp_path / "rows.npz"), tmp_path / "run"
    data, plan = load_data(source), Plan(hidden=(4,), steps=20, step_size=10)
    with Nursery(tmp_path / "log") as nursery:
        owner = nursery.start(*command(source, out, CASE), "--steps", "100000000")
        lock = out / ".lock"
        until = time.monotonic() + 30
        while not (lock.exists() and lock.read_text()) and time.monotonic() < until:
            time.sleep(0.01)
        for resume, force in ((True, False), (False, True), (False, False)):
            with pytest.raises(InputError, match=f"is written by process {owner.pid}; wait for it"):
                fit(data, plan, out=out, resume=resume, force=force)
        owner.kill()
        assert owner.wait() == -9
        assert lock.read_text() == str(owner.pid)
        assert fit(data, plan, out=out, force=True).steps == 20
        assert lock.read_text() == str(os.getpid())


def test_of_two_that_begin_together_one_is_refused_and_the_run_is_as_of_one(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.npz")
    with Nursery(tmp_path / "log") as nursery, Nursery(tmp_path / "other log") as other:
        arguments = command(source, tmp_path / "run", CASE)
        both = [nursery.start(*arguments), other.start(*arguments)]
        codes = sorted(child.wait() for child in both)
        assert codes in ([0, 2], [0, 0])  # the second may have begun after the first had ended
        assert nursery.run(*command(source, tmp_path / "alone", CASE)) == 0
    assert content_of(tmp_path / "run") == content_of(tmp_path / "alone")
