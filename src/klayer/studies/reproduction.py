"""The reference experiments, run anew: every figure with its interval, every claim decided."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from klayer.data import Data
from klayer.data.cifar10 import PICTURE
from klayer.errors import InputError
from klayer.studies.claims import Claim, claims_of
from klayer.studies.events import Listener, ignore
from klayer.studies.experiments import SETTINGS, reference_stacks, require_experiments
from klayer.studies.figures import Figure, figures_of, more_outside_than_chance
from klayer.studies.gradient_errors import GradientErrors, check_reference_networks
from klayer.studies.results import Results
from klayer.studies.running import run_study
from klayer.studies.sets import Sets

REPLICATES, QUICK_REPLICATES = 5, 2
ROWS, CLASSES = 60_000, 10  # of CIFAR-10


@dataclass(frozen=True, eq=False)
class Reproduction:
    """What the reference experiments gave.

    Attributes:
        experiments: which of them.
        quick: whether the schedule was too short to compare anything with the reference.
        results: of all trainings.
        errors: of the gradient checks, where they were asked for.
        figures: beside the reference's.
        claims: decided.
    """

    experiments: tuple[str, ...]
    quick: bool
    results: Results
    errors: GradientErrors | None
    figures: tuple[Figure, ...]
    claims: tuple[Claim, ...]

    @property
    def mistakes(self) -> tuple[str, ...]:
        """A sentence for each gradient that is wrong."""
        return () if self.errors is None else self.errors.mistakes

    @property
    def passed(self) -> bool:
        """Whether every gradient is right, and no more figures are outside than chance explains."""
        return not self.mistakes and (self.quick or not more_outside_than_chance(self.figures)[0])

    @property
    def seconds(self) -> float:
        """Spent computing, all sittings together."""
        return self.results.seconds + (0.0 if self.errors is None else self.errors.seconds)

    @property
    def verdict(self) -> str:
        """The answer in a sentence or two."""
        said = [claim.holds for claim in self.claims]
        parts = [f"{len(self.mistakes)} gradients are wrong"] if self.mistakes else []
        if self.quick:
            parts.append("a quick run is too short for figures to be compared")
        else:
            parts.append(more_outside_than_chance(self.figures)[1])
        if said:
            parts.append(
                f"of {len(said)} claims {said.count(True)} are upheld, {said.count(False)} denied "
                f"and {said.count(None)} left undecided"
            )
        return "; ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return figures and claims in JSON's own types."""
        return {
            "figures": [figure.to_dict() for figure in self.figures],
            "claims": [claim.to_dict() for claim in self.claims],
            "mistakes": list(self.mistakes),
            "passed": self.passed,
            "verdict": self.verdict,
            "experiments": list(self.experiments),
            "quick": self.quick,
            "seeds": list(self.results.seeds),
            "seconds": self.seconds,
            "peak_memory_bytes": self.results.peak_memory,
        }


def _require_cifar10(data: Data) -> None:
    """Refuse data that the reference figures say nothing of."""
    rows = len(data.samples.y)
    if (rows, data.picture, data.classes) != (ROWS, PICTURE, CLASSES):
        raise InputError(
            f"the reference figures are of CIFAR-10, {ROWS:,} pictures of {PICTURE} in {CLASSES} "
            f"classes, but {data.name} has {rows:,} rows of {data.picture or data.inputs} in "
            f"{data.classes}; with `quick` (on the command line `--quick`) any data will do, for "
            "nothing is compared"
        )


def reproduce(
    sets: Sets,
    out: Path | None = None,
    *,
    replicates: int | None = None,
    only: list[str] | None = None,
    quick: bool = False,
    engine: str = "auto",
    threads: int | None = None,
    listener: Listener = ignore,
    cluster: str | None = None,
) -> Reproduction:
    """Run the reference experiments.

    Args:
        sets: the data, CIFAR-10 where the figures are to be compared.
        out: a folder that keeps the trainings; the same call again continues there.
        replicates: how many seeds, at least 2; by default 5, of a quick run 2.
        only: some of "gradients", "networks", "lambda", "init"; all by default.
        quick: 200 updates in place of 9,000.
        engine: "auto", "native" or "reference".
        threads: how many threads compute.
        listener: as for `run_study`.
        cluster: as for `run_study`.

    Raises:
        InputError: an argument breaks a rule, `out` holds another study, or the data are not
            CIFAR-10, of which the reference figures are.

    Example:
        >>> found = reproduce(Sets(source="digits"), only=["gradients"], quick=True)
        >>> found.passed, [figure.treatment for figure in found.figures]
        (True, ['W', 'b', 'γ', 'β'])
    """
    if replicates is None:
        replicates = QUICK_REPLICATES if quick else REPLICATES
    if replicates < 2:
        raise InputError(f"`replicates` must be at least 2 for a spread, but got {replicates}")
    experiments = require_experiments(only or [])
    if not quick and experiments != ("gradients",):
        _require_cifar10(sets.of(0))
    errors = None
    if "gradients" in experiments:
        errors = check_reference_networks(replicates, SETTINGS["epsilon"])
    stacks = [
        stack for seed in range(replicates) for stack in reference_stacks(experiments, seed, quick)
    ]
    results = run_study(
        stacks,
        sets,
        out,
        about={"study": "reproduce", "quick": quick},
        engine=engine,
        threads=threads,
        listener=listener,
        cluster=cluster,
    )
    return Reproduction(
        experiments=experiments,
        quick=quick,
        results=results,
        errors=errors,
        figures=tuple(figures_of(experiments, results, errors)),
        claims=tuple(claims_of(experiments, results, sets.classes)),
    )
