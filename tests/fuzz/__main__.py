"""`python -m tests.fuzz --seconds 60` (`make fuzz SECONDS=60`): reads edited files for so long.

Every worker takes the targets in turn. An input that breaks a promise is written to the folder
`fuzz-found` and said; put it into tests/fuzz/once_failed once the reader is mended.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.edits import random_edits
from tests.fuzz.places import folder_in_memory, keep
from tests.fuzz.reading import (
    FailureError,
    generator_of,
    limit_memory,
    made,
    read,
    warm,
)
from tests.fuzz.targets import TARGETS

SECONDS_UNTIL_DEATH = 30  # of the processor: a reader that does not come back counts as a failure
TURN_SECONDS = 0.25  # for one target, before the next has its turn


def main() -> int:
    """Start workers, wait for them, and say what they saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", choices=[target.name for target in TARGETS])
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        work(asked)
        return 0
    counts: Counter[str] = Counter()
    with folder_in_memory() as folder:
        places = [Path(folder) / str(place) for place in range(asked.workers)]
        until = time.monotonic() + asked.seconds
        running = [start(asked, place, asked.seed + k) for k, place in enumerate(places)]
        while running:
            for process, place in list(running):
                if process.poll() is None:
                    continue
                running.remove((process, place))
                counts += Counter(json.loads((place / "counts").read_text()))
                if process.returncode:
                    keep(asked.found, "death", (place / "current").read_bytes())
                    counts["failures"] += 1
                    print(f"a worker ended with {process.returncode}", flush=True)
                    if time.monotonic() < until:
                        asked.seconds = until - time.monotonic()
                        running.append(start(asked, place, asked.seed + counts.total()))
            time.sleep(0.2)
    names = [target.name for target in TARGETS]
    for name in names:
        print(f"{name:13} {counts[name]:9} inputs, {counts[name + ' accepted']:8} of them accepted")
    total = sum(counts[name] for name in names)
    print(f"{total} inputs, {counts['failures']} failures (seed {asked.seed})")
    return 1 if counts["failures"] else 0


def start(
    asked: argparse.Namespace, place: Path, seed: int
) -> "tuple[subprocess.Popen[bytes], Path]":
    """Start a worker in a folder of its own."""
    place.mkdir(exist_ok=True)
    (place / "counts").write_text("{}")
    (place / "current").write_bytes(b"")
    command = [
        sys.executable,
        "-m",
        "tests.fuzz",
        "--seconds",
        str(asked.seconds),
        "--seed",
        str(seed),
    ]
    command += ["--worker", str(place), "--found", str(asked.found)]
    command += ["--only", asked.only] if asked.only else []
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    return subprocess.Popen(command, env=environment), place


def work(asked: argparse.Namespace) -> None:
    """Read inputs until the time is over."""
    limit_memory()
    place: Path = asked.worker
    for target in TARGETS:
        warm(target, place)
    until, counts, count = time.monotonic() + asked.seconds, Counter[str](), 0
    while time.monotonic() < until:
        for target in TARGETS:
            if asked.only and target.name != asked.only:
                continue
            turn = min(until, time.monotonic() + TURN_SECONDS)
            while time.monotonic() < turn:
                rng = generator_of(asked.seed, count)
                count += 1
                content = made(
                    target,
                    rng.getrandbits(16),
                    random_edits(rng, target.inside is not None),
                    rng.random() < 0.7,
                )
                (place / "current").write_bytes(content)
                signal.setitimer(signal.ITIMER_PROF, SECONDS_UNTIL_DEATH)
                try:
                    counts[f"{target.name} accepted"] += read(target, content, place)
                except FailureError as error:
                    counts["failures"] += 1
                    path = keep(asked.found, target.name, content)
                    print(f"{path}: {error}", flush=True)
                counts[target.name] += 1
            (place / "counts").write_text(json.dumps(counts))
    signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    raise SystemExit(main())
