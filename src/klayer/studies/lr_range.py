"""The range test on several seeds: suggested rates with their spread."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from klayer.engines import choose_engine
from klayer.errors import InputError
from klayer.studies.answer import Answer, Curves, Section, Table
from klayer.studies.events import Interrupted
from klayer.studies.range_test import RULE, STOP_FACTOR, Range, RangeTest, range_test
from klayer.studies.sets import Sets
from klayer.training import Plan
from klayer.training.interrupts import heeded

CURVES = "lr-range"  # the picture's name


@dataclass(frozen=True, eq=False)
class Suggestion:
    """The rates that range tests suggest.

    Attributes:
        tests: one for each seed, from 0 on.
    """

    tests: tuple[RangeTest, ...]

    @property
    def rate_min(self) -> float:
        """The geometric mean of the seeds' own."""
        return _middle([test.rate_min for test in self.tests])

    @property
    def rate_max(self) -> float:
        """The geometric mean of the seeds' own."""
        return _middle([test.rate_max for test in self.tests])


def lr_range(
    sets: Sets,
    plan: Plan,
    range_: Range,
    seeds: int = 3,
    engine: str = "auto",
    threads: int | None = None,
    heard: Callable[[int, int], object] = lambda *_: None,
) -> Suggestion:
    """Run the range test under several seeds: split, weights and order are new for each.

    Args:
        sets: the data.
        plan: the network, batch size and λ.
        range_: what to try.
        seeds: how many.
        engine: "auto", "native" or "reference".
        threads: how many threads compute.
        heard: is told the seed and how many updates are done.

    Raises:
        InputError: an argument breaks a rule, or the cost falls at no rate.
        Interrupted: Ctrl-C or SIGTERM came.

    Example:
        >>> found = lr_range(Sets(source="digits"), Plan(hidden=(20,)), Range(), seeds=2)
        >>> 0 < found.rate_min < found.rate_max < 10
        True
    """
    if seeds < 1:
        raise InputError(f"`seeds` must be at least 1, but got {seeds}")
    chosen = choose_engine(engine, threads)
    tests = []
    with heeded() as request:
        for seed in range(seeds):

            def told(step: int, seed: int = seed) -> None:
                heard(seed, step)
                if request.reason is not None:
                    raise Interrupted(request.reason)

            own = replace(plan, seed=seed)
            tests.append(range_test(sets.of(seed), own, range_, chosen, told))
    return Suggestion(tuple(tests))


def answer_of(found: Suggestion, range_: Range) -> Answer:
    """Return the suggestion with its curves."""
    said = {}
    for name in ("rate_min", "rate_max"):
        values = [getattr(test, name) for test in found.tests]
        said[name] = f"{name} = {getattr(found, name):.2g}"
        if len(values) > 1:
            said[name] += f" ({min(values):.2g} to {max(values):.2g})"
    several = len(found.tests) > 1
    over = f"geometric mean and range over {len(found.tests)} seeds" if several else "by one seed"
    sentence = f"{said['rate_min']} and {said['rate_max']} are suggested, {over}."
    table = Table(
        "Range tests",
        ("seed", "updates", "rate_min", "rate_max", "rate at the end", "lowest cost"),
        tuple(
            (
                str(seed),
                str(len(test.rates)),
                f"{test.rate_min:.2e}",
                f"{test.rate_max:.2e}",
                f"{test.rates[-1]:.2e}",
                f"{test.costs.min():.4f}",
            )
            for seed, test in enumerate(found.tests)
        ),
    )
    curves = Curves(
        name=CURVES,
        title="Range test, the suggested rates shaded",
        y_label="smoothed cross-entropy of the mini-batches",
        series={f"seed {n}": (test.rates, test.costs[None]) for n, test in enumerate(found.tests)},
        x_label="learning rate η",
        log_x=range_.growth == "exponential",
        span=(found.rate_min, found.rate_max),
    )
    how = (
        f"Rates grow from {range_.low:g} to {range_.high:g} over {range_.updates} updates "
        f"({range_.growth}); a test ends where the cost passes {STOP_FACTOR:g} times its best."
    )
    return Answer(
        title="Learning-rate range test",
        question="Between which learning rates should a cycle run?",
        sentence=sentence,
        sections=(Section("Range tests", (how, f"The rule: {RULE}."), (table,), (curves,)),),
        payload=_payload(found),
    )


def _payload(found: Suggestion) -> dict[str, object]:
    return {
        "rate_min": found.rate_min,
        "rate_max": found.rate_max,
        "rule": RULE,
        "seeds": [
            {
                "seed": seed,
                "rate_min": test.rate_min,
                "rate_max": test.rate_max,
                "rates": test.rates.tolist(),
                "costs": test.costs.tolist(),
            }
            for seed, test in enumerate(found.tests)
        ],
    }


def _middle(values: list[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))
