"""Places that cannot be written: a full disk, folders that are read-only, gone or another's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from klayer import Plan, fit, load_data
from klayer.errors import StorageError
from klayer.training import Advanced, Event
from tests.faults.nursery import Nursery
from tests.faults.runs import command, content_of, write_rows

CASE = "reference, batch norm"
CHECKPOINT = "checkpoint.safetensors"

# As root, who may write anywhere, only without the privilege to do so.
UNPRIVILEGED = """
import ctypes, os, sys
drop = ctypes.CDLL(None).prctl
for privilege in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    drop(24, privilege, 0, 0, 0)  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, "-m", "klayer", *sys.argv[1:]])
"""
# A file of more bytes than the limit cannot be written, as on a full disk.
LIMITED = """
import resource, sys
from klayer.cli.main import run
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(run(sys.argv[2:]))
"""


def python(script: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def assert_one_sentence(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.npz")
    with Nursery(tmp_path / "log") as nursery:
        assert nursery.run(*command(source, tmp_path / "whole", CASE)) == 0
        # 2,500 bytes hold plan.json, but no checkpoint.
        done = python(LIMITED, 2500, *command(source, tmp_path / "full", CASE))
        assert_one_sentence(done, "must be written, but cannot be: File too large")
        assert {path.name for path in (tmp_path / "full").iterdir()} <= {
            ".lock", "plan.json", "history.csv",
        }  # fmt: skip
        assert nursery.run(*command(source, tmp_path / "full", CASE)) == 0
    assert content_of(tmp_path / "full") == content_of(tmp_path / "whole")


def test_a_disk_that_fills_up_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    source, full = write_rows(tmp_path / "rows.npz"), tmp_path / "full"
    with Nursery(tmp_path / "log") as nursery:
        assert nursery.run(*command(source, tmp_path / "whole", CASE)) == 0
        half = (tmp_path / "whole" / CHECKPOINT).stat().st_size // 2
        # The first checkpoint fits; the history in it grows until it does not any more.
        done = python(LIMITED, half, *command(source, full, CASE))
        assert_one_sentence(done, "must be written, but cannot be: File too large")
        assert (full / CHECKPOINT).exists()
        assert not any(path.name.startswith((".history", ".check")) for path in full.iterdir())
        assert nursery.run(*command(source, full, CASE)) == 0
    assert content_of(full) == content_of(tmp_path / "whole")


def test_a_small_disk_that_is_full(tmp_path: Path) -> None:
    source, disk = write_rows(tmp_path / "rows.npz"), tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "klayer-test", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        return  # mounting is not permitted here; the limit on files above stands for it
    try:
        (disk / "ballast").write_bytes(b"0" * 60_000)
        done = python(LIMITED, -1, *command(source, disk / "run", CASE))
        assert_one_sentence(done, "must be written, but cannot be: No space left on device")
        (disk / "ballast").unlink()
        done = python(LIMITED, -1, *command(source, disk / "run", CASE), "--steps", "40")
        assert done.returncode in (0, 2)  # 64 KiB may be too few for the pictures
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_read_only_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    source, folder = write_rows(tmp_path / "rows.npz"), tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    done = python(UNPRIVILEGED, *command(source, folder / "run", CASE))
    assert_one_sentence(done, "must be a folder that can be written")
    assert not (folder / "run").exists()


def test_a_run_directory_that_became_read_only_is_refused_and_left_as_it_was(
    tmp_path: Path,
) -> None:
    source, out = write_rows(tmp_path / "rows.npz"), tmp_path / "run"
    with Nursery(tmp_path / "log") as nursery:
        assert nursery.run(*command(source, out, CASE), "--steps", "20", "--step-size", "10") == 0
    before = content_of(out)
    out.chmod(0o555)
    done = python(UNPRIVILEGED, *command(source, out, CASE), "--steps", "20", "--step-size", "10")
    out.chmod(0o755)
    assert_one_sentence(done, "must be written, but cannot be: Permission denied")
    assert content_of(out) == before


def test_a_run_directory_that_vanishes_is_said(tmp_path: Path) -> None:
    data, out = load_data(write_rows(tmp_path / "rows.npz")), tmp_path / "run"

    def vanish(event: Event) -> None:
        if isinstance(event, Advanced):
            shutil.rmtree(out, ignore_errors=True)

    with pytest.raises(StorageError, match="cannot be: No such file or directory"):
        fit(data, Plan(hidden=(4,), steps=50, step_size=25), out=out, consumers=[vanish])
    assert not out.exists()


def test_a_home_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    source, home = write_rows(tmp_path / "rows.npz"), tmp_path / "home"
    home.mkdir()
    home.chmod(0o555)
    cache = str(home / "cache")
    done = python(
        UNPRIVILEGED, *command(source, tmp_path / "run", CASE), "--steps", "20", "--json",
        HOME=str(home), XDG_CACHE_HOME=cache, XDG_CONFIG_HOME=cache, MPLCONFIGDIR="",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "run" / "curves.png").exists()
