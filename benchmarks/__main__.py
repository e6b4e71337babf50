"""Run the benchmarks, part by part, and write what they found.

    python -m benchmarks [PART …] [--rounds N] [--only TITLE] [--machine NAME]

Parts: updates, engine, job, scaling, report; all of them by default. Each leaves a JSON file in
benchmarks/results; the last makes docs/benchmarks.md and docs/benchmarks.png of what is there. A
second machine's go to a folder of its own in it, and have a short table in the document.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.crew import ROOT

RESULTS = ROOT / "benchmarks" / "results"
PARTS = {
    "updates": "updates",
    "engine": "reference_engine",
    "job": "whole_job",
    "scaling": "scaling",
}


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join([*PARTS, "report"]))
    parser.add_argument("--rounds", type=int, default=7, help="slices of every contender")
    parser.add_argument("--only", default="", help="those of a part whose title begins so")
    parser.add_argument("--machine", default="", help="the folder of a second machine's results")
    asked = parser.parse_args()
    parts = asked.parts or [*PARTS, "report"]
    if len(parts) == 1:
        _run(parts[0], asked)
        return
    for part in parts:
        _run_apart(part, asked)


def _run(part: str, asked: argparse.Namespace) -> None:
    """Run one part, or write the report."""
    if part == "report":
        import_module("benchmarks.report").write(RESULTS)
        return
    folder_of_results = RESULTS / asked.machine
    folder_of_results.mkdir(exist_ok=True)
    run = import_module(f"benchmarks.{PARTS[part]}").run
    with tempfile.TemporaryDirectory() as folder:
        for name, result in run(Path(folder), asked.rounds, asked.only):
            _keep(folder_of_results / f"{part}.json", name, result)


def _run_apart(part: str, asked: argparse.Namespace) -> None:
    """Run one part in a process of its own.

    A command's peak memory is at least what the process that started it held (Linux counts it from
    before the command was loaded), so a part must not inherit what another one read.
    """
    options = ["--rounds", str(asked.rounds), "--only", asked.only, "--machine", asked.machine]
    subprocess.run([sys.executable, "-m", "benchmarks", part, *options], check=True, cwd=ROOT)


def _keep(path: Path, name: str, result: dict[str, Any]) -> None:
    """Write one result of a part; the others stay as they were."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept[name] = {**result, "machine": machine.describe()}
    path.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"{path.stem}: {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
