"""Trains for minutes and says how the memory of the process changed meanwhile.

`python -m tests.faults.flat 600` (a part of `make soak`): the memory after the first tenth of the
time is the measure; beyond it at most 5 MB may come.
"""

import argparse
import tempfile
import time
from pathlib import Path

from klayer import Plan, fit
from klayer.engines import available_engines
from klayer.training import Event
from tests.conftest import make_data
from tests.fuzz.reading import memory

MOST = 5_000_000  # bytes


class Watch:
    """Listens to a training and takes note of the process's memory, once a second."""

    def __init__(self) -> None:
        self.began = self.last = time.monotonic()
        self.seen: list[tuple[float, int]] = []

    def __call__(self, event: Event) -> None:
        """Take note."""
        now = time.monotonic()
        if now >= self.last + 1:
            self.last = now
            self.seen.append((now - self.began, memory("VmRSS")))


def main() -> int:
    """Train with each engine for its part of the time; return 1 if memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    asked = parser.parse_args()
    failed = False
    data = make_data(n=6000, inputs=200, classes=10, validation=500)
    engines = available_engines()
    for engine in engines:
        seconds, watch = asked.seconds / len(engines), Watch()
        plan = Plan(hidden=(50, 50), batch_norm=True, networks=2, steps=10**9, evaluate_every=20,
                    time_limit=seconds)  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            done = fit(data, plan, engine=engine, consumers=[watch], out=Path(folder) / "run")
        settled = [size for at, size in watch.seen if at >= seconds / 10]
        grown = max(settled) - settled[0]
        failed |= grown > MOST
        print(
            f"{engine}: {done.steps} updates and {len(done.history.rows)} evaluations in "
            f"{done.seconds:.0f} s; memory {settled[0] / 1e6:.1f} MB after a tenth of the time, then "
            f"at most {grown / 1e6:+.2f} MB ({len(settled)} looks)"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
