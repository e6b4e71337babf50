"""Storage: files whole or not at all; a run directory has one writer and is not overwritten."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from klayer.errors import InputError
from klayer.storage import RunDirectory, write_whole


def test_a_write_that_fails_leaves_the_old_content_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, previous = tmp_path / "a.txt", tmp_path / "b.txt"
    write_whole(path, "older", previous)
    write_whole(path, "old", previous)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new", previous)
    assert (path.read_text(), previous.read_text()) == ("old", "older")
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


def test_a_filled_directory_is_refused_unless_forced(tmp_path: Path) -> None:
    with RunDirectory(tmp_path / "run") as run:
        run.write("history.csv", "first")
    with pytest.raises(InputError, match=r"must be new or empty, but .* holds history\.csv"):
        RunDirectory(tmp_path / "run")
    with RunDirectory(tmp_path / "run", force=True) as run:
        assert not (run.path / "history.csv").exists()


def test_force_never_removes_what_is_not_a_run(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("dear")
    with pytest.raises(InputError, match=r"'thesis.tex', which is not a run's file"):
        RunDirectory(tmp_path, force=True)
    assert (tmp_path / "thesis.tex").read_text() == "dear"


HOLD = """
import sys
from pathlib import Path
from klayer.storage import RunDirectory
with RunDirectory(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_directory_made_for_nothing_is_removed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), RunDirectory(tmp_path / "runs" / "a"):
        _ = 1 / 0
    assert not list(tmp_path.iterdir())
    (tmp_path / "mine").mkdir()
    with RunDirectory(tmp_path / "mine"), RunDirectory(tmp_path / "runs" / "b") as run:
        run.write("plan.json", "{}")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mine", "runs"]
    assert (tmp_path / "runs" / "b" / "plan.json").exists()


def test_a_directory_in_use_is_refused_even_when_forced_and_freed_by_death(
    tmp_path: Path,
) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"is written by process {owner.pid}"):
            RunDirectory(tmp_path, force=True)
        owner.kill()
    with RunDirectory(tmp_path):
        pass


def test_a_place_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be a folder that can be written"):
        RunDirectory(tmp_path / "file")
