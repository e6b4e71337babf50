"""Runs a search: asks for trials, trains a stack's worth of them in one pass, tells."""

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from klayer.errors import InputError
from klayer.search.record import TARGET, TIE_BREAK, Pending, Record
from klayer.search.space import Space, plan_of
from klayer.storage import RunDirectory
from klayer.studies.events import Listener, ignore
from klayer.studies.folder import StudyFolder
from klayer.studies.results import Outcome
from klayer.studies.running import run_study
from klayer.studies.sets import Sets
from klayer.studies.stack import Stack
from klayer.training import Plan

STACKS = "stacks"
BEST = 3  # so many of the best coarse trials span the fine search
MOST = 32  # networks in one stack
METRICS = (TARGET, TIE_BREAK, "final_training_accuracy", "test_accuracy")
COSTS = ("seconds", "peak_memory", "engine")
PER_NETWORK = ("lam", "sigma")  # what the networks of a stack may differ in


@dataclass(frozen=True)
class Trial:
    """One trial of a search.

    Attributes:
        phase: "coarse" or "fine".
        place: its number within the phase.
        values: drawn.
        figures: final_validation_accuracy, final_validation_cross_entropy and others; none where
            the training diverged.
        run: where its history is kept, beneath the search's folder.
        network: its position in that stack.
        cost: seconds, peak_memory (bytes) and engine of that stack's training.
    """

    phase: str
    place: int
    values: Mapping[str, float]
    figures: Mapping[str, float]
    run: str
    network: int
    cost: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        base: the settings that all trials share.
        spaces: phase → what it was drawn from.
        trials: all of them, phase after phase.
    """

    base: Plan
    spaces: Mapping[str, Space]
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """The trial of the highest final validation accuracy; of several, see `best_of`.

        Raises:
            InputError: every trial diverged.
        """
        return best_of(self.trials, 1)[0]

    @property
    def costs(self) -> list[Mapping[str, Any]]:
        """What each stack cost, once for each."""
        return list({trial.run: trial.cost for trial in self.trials}.values())

    @property
    def plan(self) -> Plan:
        """The best trial's plan."""
        return plan_of(self.base, self.best.values)


def best_of(trials: Sequence[Trial], count: int) -> list[Trial]:
    """Return the trials of the highest final validation accuracy, the best first.

    Of equal ones the lower final validation cross-entropy is better; where that is equal, too, or
    was not recorded, the one that was drawn first stays first.

    Raises:
        InputError: every trial diverged.
    """
    whole = [trial for trial in trials if TARGET in trial.figures]
    if not whole:
        raise InputError(
            f"a search must have trials that do not diverge, but all {len(trials)} did; "
            "search lower rates"
        )
    return sorted(whole, key=rank)[:count]


def rank(trial: Trial) -> tuple[float, float]:
    """Return what trials are sorted by, the best first; those that diverged are last.

    Example:
        >>> one = Trial("coarse", 0, {}, {TARGET: 0.5, TIE_BREAK: 1.2}, "", 0, {})
        >>> other = Trial("coarse", 1, {}, {TARGET: 0.5, TIE_BREAK: 1.1}, "", 0, {})
        >>> [trial.place for trial in sorted([one, other], key=rank)]
        [1, 0]
    """
    figures = trial.figures
    return -figures.get(TARGET, -np.inf), figures.get(TIE_BREAK, np.inf)


def search(
    sets: Sets,
    base: Plan,
    space: Space,
    trials: int = 10,
    refine: int = 10,
    out: Path | None = None,
    *,
    storage: str | None = None,
    engine: str = "auto",
    threads: int | None = None,
    listener: Listener = ignore,
) -> Found:
    """Search settings at random: coarse in the whole space, then fine where the best three lie.

    Args:
        sets: the data; the base plan's seed splits them.
        base: the settings that all trials share; its seed draws the trials.
        space: what is searched.
        trials: how many coarse ones.
        refine: how many fine ones.
        out: a folder that keeps the search; the same call again continues there, also for more
            trials.
        storage: the URL of an Optuna storage, in place of an SQLite file in `out`.
        engine: "auto", "native" or "reference".
        threads: how many threads compute.
        listener: as for `run_study`.

    Raises:
        InputError: an argument breaks a rule, the storage cannot be reached, or `out` holds
            another search.
        Interrupted: Ctrl-C or SIGTERM came.

    Example:
        >>> from klayer.search import Setting
        >>> space = Space((Setting("lam", 1e-5, 1e-1),))
        >>> base = Plan(hidden=(10,), step_size=10, cycles=1)
        >>> found = search(Sets(source="digits"), base, space, trials=2, refine=1, threads=1)
        >>> len(found.trials), found.best in found.trials
        (3, True)
    """
    if trials < 1 or refine < 0:
        raise InputError(
            f"`trials` must be at least 1 and `refine` at least 0, "
            f"but got trials={trials} and refine={refine}"
        )
    drawn = {own.name: [own.low, own.high] for own in space.settings}
    options = {
        "about": {"search": [asdict(own) for own in space.settings]},
        "engine": engine,
        "threads": threads,
        "listener": listener,
    }
    claim = nullcontext() if out is None else RunDirectory(out, resume=True)
    with claim:
        about = {**sets.where, "plan": base.to_dict(), "search": drawn}
        fingerprint = sets.of(base.seed).fingerprint
        if out is not None:
            StudyFolder(out, about, "search").require_same_data(fingerprint)
        record = Record(storage or out, _name_of(base, {**about, "fingerprint": fingerprint}))
        run = _Run(sets, base, record, out, options)
        coarse, fine = run.phase("coarse", space, trials), []
        spaces = {"coarse": space}
        if refine:
            spaces["fine"] = space.narrowed([trial.values for trial in best_of(coarse, BEST)])
            fine = run.phase("fine", spaces["fine"], refine)
    return Found(base, spaces, (*coarse, *fine))


def _name_of(base: Plan, about: Mapping[str, Any]) -> str:
    """Return what a search is called in its storage: searches of one storage stay apart."""
    digest = sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    return f"klayer-{base.seed}-{digest[:8]}"


class _Run:
    """All that stays the same during a search."""

    def __init__(
        self,
        sets: Sets,
        base: Plan,
        record: Record,
        out: Path | None,
        options: Mapping[str, Any],
    ) -> None:
        self.sets, self.base, self.record = sets, base, record
        self.out = None if out is None else out / STACKS
        self.options = options

    def phase(self, phase: str, space: Space, count: int) -> list[Trial]:
        """Train what is missing of the first `count` trials of a phase; return all of them."""
        groups = grouped(self.base, self.record.ask(space, self.base.seed, phase, count))
        if groups:
            stacks = [stack_of(self.base, group) for group in groups]
            found = run_study(stacks, self.sets, self.out, **self.options)
            for group, outcome in zip(groups, found.outcomes, strict=True):
                for network, trial in enumerate(group):
                    self._tell(trial, outcome, network)
        recorded = self.record.trials(phase)
        return [_trial(phase, place, recorded[place]) for place in range(count)]

    def _tell(self, trial: Pending, outcome: Outcome, network: int) -> None:
        figures = {metric: outcome.figure(metric, network) for metric in METRICS}
        rows = outcome.history.of(network)
        diverged = outcome.diverged(network)
        self.record.tell(
            trial,
            None if diverged else figures[TARGET],
            {row.step: row.validation_accuracy for row in rows},
            {
                "figures": {} if diverged else figures,
                "run": f"{STACKS}/{outcome.stack.folder}",
                "network": network,
                "cost": {name: getattr(outcome, name) for name in COSTS},
            },
        )


def grouped(base: Plan, trials: Sequence[Pending]) -> list[list[Pending]]:
    """Return the trials that may share a stack: those that differ in λ and σ at most."""
    groups: dict[str, list[Pending]] = {}
    for trial in trials:
        settings = plan_of(base, trial.values).to_dict()
        shared = {name: value for name, value in settings.items() if name not in PER_NETWORK}
        groups.setdefault(json.dumps(shared, sort_keys=True), []).append(trial)
    return [
        group[start : start + MOST]
        for group in groups.values()
        for start in range(0, len(group), MOST)
    ]


def stack_of(base: Plan, group: Sequence[Pending]) -> Stack:
    """Return the stack of some trials that may share one; its name tells which they are."""
    plans = [plan_of(base, trial.values) for trial in group]
    lists = {
        name: [getattr(plan, name)[0] for plan in plans]
        for name in PER_NETWORK
        if len({getattr(plan, name) for plan in plans}) > 1
    } or {"lam": [plan.lam[0] for plan in plans]}  # a network for each, also where all are alike
    places = [trial.place for trial in group]
    name = f"{group[0].phase}-{places[0]}-to-{places[-1]}-{len(places)}"
    treatments = tuple(f"{trial.phase} {trial.place}" for trial in group)
    return Stack(name, Plan.from_dict({**plans[0].to_dict(), **lists}), treatments)


def _trial(phase: str, place: int, recorded: Any) -> Trial:
    """Return a trial as Optuna recorded it."""
    attributes = recorded.user_attrs
    return Trial(
        phase=phase,
        place=place,
        values=dict(recorded.params),
        figures=attributes["figures"],
        run=attributes["run"],
        network=attributes["network"],
        cost=attributes["cost"],
    )
