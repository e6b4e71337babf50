"""Kills runs by SIGKILL, resumes them until they end, and compares every file with an undisturbed run.

`python -m tests.faults.kills 1000` (`make soak`) does so as often as asked and says what it saw.
"""

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.nursery import Child, Nursery
from tests.faults.runs import CASES, call, command, content_of, write_rows


@dataclass
class Tally:
    """What was seen.

    Attributes:
        kills: sittings that died of SIGKILL.
        runs: runs that came to their end and were compared.
        differences: what was not the same, in words.
    """

    kills: int = 0
    runs: int = 0
    differences: list[str] = field(default_factory=list)


class Case:
    """One run that is disturbed again and again, as a command or as a call of `klayer.fit`.

    Args:
        name: of `CASES`.
        form: `command` or `call`.
        nursery: who starts its sittings.
        folder: to work in.
        seed: of the moments.
    """

    def __init__(
        self, name: str, form: Callable[..., Any], nursery: Nursery, folder: Path, seed: int
    ) -> None:
        self.name, self._form, self._nursery = name, form, nursery
        self._folder = folder / f"{name} {form.__name__}"
        self._folder.mkdir(parents=True)
        self._source = write_rows(self._folder / "rows.npz")
        self._random = random.Random(seed)
        self._count = 0
        started = time.monotonic()
        code = self._start(self._folder / "whole").wait()
        self._seconds = time.monotonic() - started
        assert code == 0, nursery.said()
        self.expected = content_of(self._folder / "whole")

    def kill_at_random(self, kills: int, tally: Tally) -> None:
        """Kill sittings at random moments of their time until so many have died."""
        died, out = 0, self._next()
        while died < kills:
            started = time.monotonic()
            child = self._start(out)
            time.sleep(self._random.uniform(0, self._seconds))
            child.kill()
            code = child.wait()
            died += code == -9
            self._expect(code in (0, -9), out, f"a sitting ended with {code}", tally)
            if code == 0:
                self._seconds = min(self._seconds, time.monotonic() - started)
                self._compare(out, tally)
                out = self._next()
        self._finish(out, tally)
        tally.kills += died

    def kill_at_touches(self, touches: list[int], tally: Tally) -> None:
        """Kill a fresh run, and then its resumption, at so-manieth touches of its files."""
        for touch in touches:
            out = self._next()
            for at in (touch, 1 + touch % 7):
                code = self._start(out, die_at=at).wait()
                tally.kills += code == -9
                self._expect(code in (0, -9), out, f"a sitting ended with {code}", tally)
            self._finish(out, tally)

    def _start(self, out: Path, die_at: int | None = None) -> Child:
        made = self._form(self._source, out, self.name)
        return self._nursery.start(*(made if isinstance(made, list) else [made]), die_at=die_at)

    def _next(self) -> Path:
        self._count += 1
        return self._folder / f"disturbed-{self._count}"

    def _finish(self, out: Path, tally: Tally) -> None:
        """Let a run come to its end, and compare it."""
        code = self._start(out).wait()
        self._expect(code == 0, out, f"the last sitting ended with {code}", tally)
        self._compare(out, tally)

    def _compare(self, out: Path, tally: Tally) -> None:
        found = content_of(out)
        for file in sorted(found.keys() | self.expected.keys()):
            same = found.get(file) == self.expected.get(file)
            self._expect(same, out, f"{file} is not the same", tally)
        tally.runs += 1
        shutil.rmtree(out)

    def _expect(self, right: bool, out: Path, words: str, tally: Tally) -> None:
        if not right:
            tally.differences.append(f"{self.name}, {out}: {words}\n{self._nursery.said()}")


def main() -> int:
    """Kill as often as asked, at random moments and at touches of files in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started = time.monotonic()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, Nursery(Path(folder) / "log") as nursery:
        cases = [
            Case(name, form, nursery, Path(folder), arguments.seed + place)
            for place, name in enumerate(CASES)
            for form in (call, command)
        ]
        turn = 0
        while tally.kills < arguments.kills:
            for case in cases:
                case.kill_at_random(5, tally)
                case.kill_at_touches([1 + 3 * turn % 400], tally)
            turn += 1
            said = f"{tally.kills} kills, {tally.runs} runs compared"
            print(f"{said}, {len(tally.differences)} differences", flush=True)
    seconds = time.monotonic() - started
    print(
        f"{tally.kills} kills of {len(cases)} kinds of runs in {seconds:.0f} s: {tally.runs} runs came "
        f"to their end, {len(tally.differences)} differences from the undisturbed ones"
    )
    print(*tally.differences, sep="\n")
    return 1 if tally.differences else 0


if __name__ == "__main__":
    raise SystemExit(main())
