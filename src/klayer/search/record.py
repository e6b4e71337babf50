"""The record of a search in an Optuna study: trials asked for, trained and told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from klayer.errors import InputError
from klayer.search.space import Space

if TYPE_CHECKING:
    import optuna

DATABASE = "search.db"
TARGET = "final_validation_accuracy"
TIE_BREAK = "final_validation_cross_entropy"  # the lower, of trials of equal accuracy


@dataclass(frozen=True)
class Pending:
    """A trial that was asked for and not yet told.

    Attributes:
        number: Optuna's.
        phase: "coarse" or "fine".
        place: its number within the phase.
        values: drawn.
    """

    number: int
    phase: str
    place: int
    values: Mapping[str, float]


class Record:
    """An Optuna study that values are drawn outside of and recorded in.

    Args:
        storage: a URL, or a folder in which an SQLite file is kept; None for memory alone.
        name: of the study.

    Raises:
        InputError: the storage cannot be reached.
    """

    def __init__(self, storage: str | Path | None, name: str) -> None:
        try:
            import optuna
        except ImportError as error:
            raise InputError(
                "a search is recorded by Optuna, but it is not installed; "
                "pip install 'klayer[search]' (in a checkout '.[search]')"
            ) from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        url = f"sqlite:///{storage / DATABASE}" if isinstance(storage, Path) else storage
        self._sampler = _given_sampler()
        try:
            self._study = optuna.create_study(
                storage=url,
                study_name=name,
                sampler=self._sampler,
                direction="maximize",
                load_if_exists=True,
            )
        except Exception as error:  # whatever a database driver raises
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(
                f"`storage` must be a database that can be reached, but got {url}: {reason}"
            ) from error

    def trials(self, phase: str) -> dict[int, "optuna.trial.FrozenTrial"]:
        """Return all trials of a phase, by place."""
        found = self._study.get_trials(deepcopy=False)
        return {
            trial.user_attrs["place"]: trial
            for trial in found
            if trial.user_attrs.get("phase") == phase
        }

    def ask(self, space: Space, seed: int, phase: str, count: int) -> list[Pending]:
        """Return the trials 0 … count − 1 of a phase that are not told yet; new ones are drawn."""
        known = self.trials(phase)
        pending = []
        for place in range(count):
            trial = known.get(place)
            if trial is not None and trial.state.is_finished():
                continue
            values = dict(trial.params) if trial else space.draw(seed, phase, place)
            number = trial.number if trial else self._new(space, phase, place, values)
            pending.append(Pending(number, phase, place, values))
        return pending

    def tell(
        self,
        trial: Pending,
        value: float | None,
        curve: Mapping[int, float],
        about: Mapping[str, Any],
    ) -> None:
        """Record how a trial went.

        Args:
            trial: which.
            value: what the search maximises; None where the training diverged.
            curve: step → validation accuracy.
            about: further figures, kept as the trial's attributes.
        """
        import optuna

        own = optuna.trial.Trial(self._study, self._id(trial))
        for step, accuracy in curve.items():
            own.report(accuracy, step)
        for name, figure in about.items():
            own.set_user_attr(name, figure)
        failed = optuna.trial.TrialState.FAIL if value is None else None
        self._study.tell(trial.number, value, state=failed)

    def _new(self, space: Space, phase: str, place: int, values: dict[str, float]) -> int:
        self._sampler.values = values
        trial = self._study.ask(_distributions(space))
        trial.set_user_attr("phase", phase)
        trial.set_user_attr("place", place)
        return trial.number

    def _id(self, trial: Pending) -> int:
        found = next(t for t in self._study.get_trials(deepcopy=False) if t.number == trial.number)
        return int(found._trial_id)


def _distributions(space: Space) -> "dict[str, optuna.distributions.BaseDistribution]":
    """Return the space in Optuna's terms."""
    from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for own in space.settings:
        if own.whole:
            found[own.name] = IntDistribution(int(own.low), int(own.high), log=own.log)
        else:
            found[own.name] = FloatDistribution(own.low, own.high, log=own.log)
    return found


def _given_sampler() -> Any:
    """Return a sampler that gives the values laid before it."""
    from optuna.samplers import BaseSampler

    class Given(BaseSampler):
        values: Mapping[str, float]

        def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
            return {}

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
            return {}

        def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
            return self.values[name]

    return Given()
