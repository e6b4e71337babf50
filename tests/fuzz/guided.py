"""`python -m tests.fuzz.guided --seconds 60`: edits what reached new code of the readers, again.

Each target has a process and an equal share of the time. In it klayer and the readers written in
Python under it are loaded with counters of their branches by atheris; libFuzzer keeps every input
that takes a new branch and goes on from there, with the edits of `edits.py` and its own. What
breaks a promise is kept like that of `python -m tests.fuzz`.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz.edits import LARGEST
from tests.fuzz.places import folder_in_memory, keep

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

Mutator = Callable[[bytes, int, int], bytes]
COUNTED = ["klayer", "csv", "gzip", "json", "pickle", "tarfile", "zipfile", "PIL", "numpy.lib.format", "safetensors"]  # fmt: skip
SLOWER = 5  # times, that counting may make a reader
SECONDS_UNTIL_DEATH = 60  # by the clock: a reader that does not come back
OWN_EDITS = 0.7  # of the inputs have edits of ours, the others libFuzzer's
SAVED = 200  # inputs between two notes of how many there were


def main() -> int:
    """Fuzz one target after another, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--until-found", action="store_true", help="end with the first failure")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        work(asked)
    from tests.fuzz.targets import TARGETS

    names = [target.name for target in TARGETS if target.guided]
    if asked.only and asked.only not in names:
        parser.error(f"--only must be one of {', '.join(names)}, but is {asked.only}")
    names = [asked.only] if asked.only else names
    total: Counter[str] = Counter()
    for name in names:
        total += fuzzed(name, asked, asked.seconds / len(names))
    print(f"{total['inputs']} inputs, {total['failures']} failures (seed {asked.seed})")
    return 1 if total["failures"] else 0


def fuzzed(name: str, asked: argparse.Namespace, seconds: float) -> Counter[str]:
    """Fuzz one target in a process of its own; return how many inputs and failures there were."""
    with folder_in_memory() as folder:
        place = Path(folder)
        note(place, Counter())
        command = [
            sys.executable, "-m", "tests.fuzz.guided", "--worker", folder, "--only", name, "--found",
            str(asked.found), "--seconds", str(max(1, round(seconds))), "--seed", str(asked.seed),
            *(["--until-found"] if asked.until_found else []),
        ]  # fmt: skip
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
        with open(place / "said", "w") as said:
            done = subprocess.run(command, stderr=said, env=environment, check=False)
        counts = Counter(json.loads((place / "counts").read_text()))
        text = (place / "said").read_text(errors="replace")
        if done.returncode:
            counts["failures"] += 1
            print(f"{name}: its process ended with {done.returncode}\n{text[-3000:]}")
        edges = re.findall(r"cov: (\d+)", text)
        print(
            f"{name:13} {counts['inputs']:9} inputs, {counts['accepted']:8} of them accepted; "
            f"branches: {edges[0]} by the seeds, {edges[-1]} in the end"
            if edges else f"{name}: nothing was counted", flush=True,
        )  # fmt: skip
    return counts


def work(asked: argparse.Namespace) -> None:
    """Load the readers with counters, and let libFuzzer call one; it ends the process."""
    import atheris

    # The finder of an editable installation has a loader that atheris cannot add counters to.
    sys.meta_path[:] = [one for one in sys.meta_path if "Scikit" not in type(one).__name__]
    with atheris.instrument_imports(include=COUNTED):
        from tests.fuzz import reading
        from tests.fuzz.targets import TARGETS

    place: Path = asked.worker
    target = next(target for target in TARGETS if target.name == asked.only)
    reading.SECONDS *= SLOWER
    reading.limit_memory()
    corpus = place / "corpus"
    corpus.mkdir()
    for number, content in enumerate(reading.seeds_of(target)):
        (corpus / str(number)).write_bytes(content)
    counts: Counter[str] = Counter(inputs=0)
    note(place, counts)

    def one(content: bytes) -> None:
        try:
            counts["accepted"] += reading.read(target, content, place)
        except reading.FailureError as error:
            counts["failures"] += 1
            print(f"{keep(asked.found, target.name, content)}: {error}", flush=True)
        counts["inputs"] += 1
        ended = asked.until_found and counts["failures"]
        if ended or counts["inputs"] % SAVED == 0:
            note(place, counts)
        if ended:
            os._exit(0)

    options = [
        f"-max_total_time={asked.seconds:g}", f"-seed={asked.seed}", f"-max_len={LARGEST}",
        f"-timeout={SECONDS_UNTIL_DEATH}", "-rss_limit_mb=0", "-print_final_stats=1",
        f"-artifact_prefix={asked.found}/{target.name}-death-", str(corpus),
    ]  # fmt: skip
    asked.found.mkdir(exist_ok=True)
    atheris.Setup([sys.argv[0], *options], one, custom_mutator=mutator_of(target))
    try:
        atheris.Fuzz()
    except BaseException:  # a mistake in the edits; Python would not end while libFuzzer waits
        traceback.print_exc()
        os._exit(1)


def note(place: Path, counts: Counter[str]) -> None:
    """Write down how many inputs there were, for the parent."""
    (place / "counts").write_text(json.dumps(counts))


def mutator_of(target: "Target") -> Mutator:
    """Return what makes the next input of an earlier one."""
    import atheris

    from tests.fuzz import reading
    from tests.fuzz.edits import edited, random_edits

    seeds = reading.seeds_of(target)

    def changed(content: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < OWN_EDITS:
            changes = random_edits(rng, target.inside is not None)
            found = edited(content, changes, seeds, target.tokens, target.inside)
        else:
            found = atheris.Mutate(content, most)  # another function once Fuzz has begun
        if target.repaired and rng.random() < 0.7:
            found = target.repaired(found)
        return found[:most]

    return changed


if __name__ == "__main__":
    raise SystemExit(main())
