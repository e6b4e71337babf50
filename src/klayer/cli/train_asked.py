"""What `klayer train` is asked for."""

from pathlib import Path
from typing import Any, NamedTuple

from klayer.cli.plan_asked import plan_asked
from klayer.cli.run_settings import taken_up
from klayer.errors import InputError
from klayer.training import Plan
from klayer.training.identity import PLAN_FILE

DEFAULT_SOURCE = "digits"


class Asked(NamedTuple):
    """Options as they were given; what was not is missing from the settings, or None."""

    settings: dict[str, Any]
    plan_file: Path | None
    recipe: str | None
    where: dict[str, Any]  # the arguments of `load_data`
    engine: str
    threads: int | None
    out: Path | None
    force: bool
    resume: bool
    as_json: bool

    def resolved(self) -> tuple[Plan, dict[str, Any], str]:
        """Return the plan, the arguments of `load_data` and the engine; a resumed run has its own.

        Raises:
            InputError: there is no run to go on with, or the settings break a rule.
        """
        own = self._own_plan()
        if own is not None and not (self.settings or self.plan_file or self.recipe):
            plan, where, engine = taken_up(own)
            return plan, where, engine if self.engine == "auto" else self.engine
        plan = plan_asked(self.settings, self.plan_file, self.recipe)
        if own is not None:
            return plan, taken_up(own)[1], self.engine
        where = {**self.where, "source": self.where["source"] or DEFAULT_SOURCE}
        return plan, where, self.engine

    def _own_plan(self) -> Path | None:
        """Return where the plan of a run lies that is resumed on its own data."""
        if not self.resume:
            return None
        if self.out is None:
            raise InputError(
                "`--resume` needs the run directory to go on with, but --out is not given"
            )
        if any(value is not None and value is not False for value in self.where.values()):
            return None
        own = self.out / PLAN_FILE
        if not own.exists():
            raise InputError(
                f"`--resume` needs a run to go on with, but {self.out} holds none; name SOURCE to "
                "begin one"
            )
        return own
