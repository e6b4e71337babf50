"""Files made to harm: small ones that ask for much, deep ones, ones that say what is not so."""

import gzip
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from klayer import InputError, Plan, fit, load_data
from tests.conftest import Program
from tests.faults.runs import write_rows
from tests.fuzz.reading import forget_peak, memory

MEBIBYTE = 1 << 20


def peak_of(call: Callable[[], Any]) -> int:
    """Return how many bytes the process took at most meanwhile; the call is refused."""
    before = memory("VmRSS")
    forget_peak()
    with pytest.raises(InputError):
        call()
    return memory("VmHWM") - before


@pytest.mark.parametrize(
    "kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.GNUTYPE_SPARSE]
)
def test_a_tar_whose_header_unpacks_to_much_is_refused_before_it_is_held(
    tmp_path: Path, kind: bytes
) -> None:
    info = tarfile.TarInfo("a")
    info.type, info.size = kind, 1 << 30
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(100):
            file.write(bytes(MEBIBYTE))
    assert path.stat().st_size < MEBIBYTE
    assert peak_of(lambda: load_data(path)) < 30 * MEBIBYTE


def test_a_pickle_that_makes_one_text_many_times_is_refused() -> None:
    from klayer.data.unpickle import unpickle

    text = b"X" + (500_000).to_bytes(4, "little") + b"a" * 500_000 + b"q\x00"
    start = b"\x80\x02c_codecs\nencode\nq\x01" + text + b"X\x06\0\0\0latin1q\x02("
    content = start + b"h\x01h\x00h\x02\x86R" * 5000 + b"l."
    assert peak_of(lambda: unpickle(content, "batch")) < 10 * MEBIBYTE


SHORT_OF_MEMORY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
from klayer.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def test_a_parquet_that_aborts_polars_is_refused_by_every_command(tmp_path: Path) -> None:
    """Its dictionary says that it has 2³¹ − 1 texts, which need more memory than there is."""
    path, run = tmp_path / "a.parquet", tmp_path / "run"
    pl.DataFrame({"t": list("abcdefghijkl"), "y": ["u", "v", "w"] * 4}).write_parquet(path)
    fit(load_data(path, target="y"), Plan(steps=2, step_size=1, hidden=(2,)), out=run)
    content = path.read_bytes()
    assert content[11:14] == b"\x15\x18\x15"  # field 1 of its header: 12 texts
    path.write_bytes(content[:12] + b"\xfe\xff\xff\xff\x0f" + content[13:])
    for command in (
        ["predict", run, path],
        ["evaluate", run, path, "--target", "y"],
        ["train", path, "--target", "y", "--out", tmp_path / "other"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", SHORT_OF_MEMORY, *map(str, command)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        said = f"{path} must be a whole parquet file, but its reader was ended by SIGABRT"
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_folder_that_is_very_deep_is_refused(tmp_path: Path) -> None:
    (tmp_path / "/".join("a" * 40)).mkdir(parents=True)
    with pytest.raises(InputError, match="folders must lie at most 32 deep"):
        load_data(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source", 5),
        ("seed", "x"),
        ("validation", [1]),
        ("stratify", "no"),
        ("target", 3),
        ("data_dir", {}),
    ],
)
def test_a_plan_that_says_nonsense_of_the_data_is_refused(
    klayer: Program, tmp_path: Path, name: str, value: Any
) -> None:
    data, run = load_data(write_rows(tmp_path / "rows.npz")), tmp_path / "run"
    fit(data, Plan(steps=2, step_size=1, hidden=(2,)), out=run)
    known = json.loads((run / "plan.json").read_text())
    known["data"][name] = value
    (run / "plan.json").write_text(json.dumps(known))
    assert klayer("evaluate", run) == 2
    assert f"{name} is " in klayer.error
    assert klayer.error.count("\n") == 1
