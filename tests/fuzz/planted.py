"""`python -m tests.fuzz.planted`: mistakes planted into copies of the readers, which must be found.

Each copy is fuzzed for at most `SECONDS`, guided by its branches; a mistake that is not found by
then is a fault of the fuzzing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

SOURCES = Path(__file__).parents[2] / "src/klayer"
SECONDS = 60


class Planted(NamedTuple):
    """A mistake: the target that reaches it, its file, and a text there and what it becomes."""

    target: str
    file: str
    right: str
    wrong: str


PLANTED = (
    Planted("pickle", "data/unpickle.py", "ValueError, KeyError, ", "ValueError, "),
    Planted("npz", "data/npz.py", "found.view(np.uint32).max() > LAST_CHARACTER", "False"),
    Planted("zip", "data/pictures.py", "wrapped = len(tops) == 1 and ", "wrapped = "),
    Planted(
        "model", "models/file.py", "TypeError, ValueError, IndexError", "TypeError, IndexError"
    ),
)


def main() -> int:
    """Plant one after another; return 1 if one is not found."""
    missed = 0
    for mistake in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            found = is_found(mistake, Path(folder))
        print(f"{mistake.file}, {mistake.right!r}: {'found' if found else 'NOT FOUND'}", flush=True)
        missed += not found
    return 1 if missed else 0


def is_found(mistake: Planted, folder: Path) -> bool:
    """Return whether a mistake is found."""
    ignored = shutil.ignore_patterns("__pycache__", "core")
    shutil.copytree(SOURCES, folder / "klayer", ignore=ignored)
    planted = folder / "klayer" / mistake.file
    text = planted.read_text()
    assert text.count(mistake.right) == 1, f"{mistake.right!r} must be once in {mistake.file}"
    planted.write_text(text.replace(mistake.right, mistake.wrong))
    command = [
        sys.executable, "-m", "tests.fuzz.guided", "--only", mistake.target, "--seconds", str(SECONDS),
        "--found", str(folder / "found"), "--until-found",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, env=environment, check=False)
    return done.returncode == 1 and any((folder / "found").iterdir())


if __name__ == "__main__":
    raise SystemExit(main())
