"""What a run says of itself in its plan.json, for the commands that take it up again."""

from pathlib import Path
from typing import Any

from klayer.errors import InputError
from klayer.training import Plan
from klayer.training.identity import PLAN_FILE, read_identity

ORIGIN: dict[str, Any] = {  # of a run's data, and the types that these have in plan.json
    "source": str,
    "validation": int | float | None,
    "test": int | float | None,
    "seed": int,
    "stratify": bool,
    "target": str | None,
    "ignore": list,
    "categorical": list,
    "data_dir": str | None,
}


def own_data(identity: dict[str, Any], plan: Path) -> dict[str, Any]:
    """Return the arguments of `load_data` that made a run's data.

    Args:
        identity: what the run's plan.json holds.
        plan: that file, for the sentence.

    Raises:
        InputError: one of them is of the wrong type.
    """
    known = identity["data"]
    settings = {name: known[name] for name in ORIGIN if name in known}
    wrong = [name for name, value in settings.items() if not isinstance(value, ORIGIN[name])]
    if wrong:
        raise InputError(
            f"{plan} must say how its data were read, but {wrong[0]} is {settings[wrong[0]]!r}"
        )
    return settings


def taken_up(path: Path) -> tuple[Plan, dict[str, Any], str]:
    """Return the plan, the arguments of `load_data` and the engine of a run.

    Args:
        path: of its plan.json.

    Raises:
        InputError: it cannot be read, or does not say where the data are.
    """
    identity = read_identity(path)
    where = own_data(identity, path)
    if "source" not in where:
        raise InputError(f"SOURCE must be given to go on, for {path} does not name it")
    return Plan.from_dict(identity["plan"]), where, identity["engine"]


def trained_on(run: Path) -> str:
    """Return the fingerprint of the data that made a run; "" of a model without its run."""
    plan = _plan_file(run)
    return str(read_identity(plan)["data"].get("fingerprint", "")) if plan.is_file() else ""


def require_unchanged(run: Path, fingerprint: str, source: str | None) -> None:
    """Refuse a run's own data where they are not any more what it was trained on.

    Args:
        run: its folder, or the model in it.
        fingerprint: of the data as they are now.
        source: what was named in place of the run's own; None for those.

    Raises:
        InputError: they have changed: the sets are drawn anew, and the test set may hold rows that
            were trained on.
    """
    before = trained_on(run)
    if source is None and before and fingerprint != before:
        raise InputError(
            f"a run is judged by the data that it was trained on, but those of {run} have changed "
            f"since (fingerprint {before[:12]}, now {fingerprint[:12]}), and their test set may "
            "hold rows that it learnt from; name SOURCE to judge by them all the same"
        )


def _plan_file(run: Path) -> Path:
    """Return where the plan.json of a run, or of the run that a model file lies in, would be."""
    return (run if run.is_dir() else run.parent) / PLAN_FILE


def data_settings(
    run: Path, source: str | None, target: str | None, data_dir: Path | None
) -> dict[str, Any]:
    """Return the arguments of `load_data`: the run's own, with what was given in their place.

    Raises:
        InputError: neither a source was given nor does the run name one.
    """
    settings: dict[str, Any] = {}
    plan = _plan_file(run)
    if plan.is_file():
        settings = own_data(read_identity(plan), plan)
    given = {"source": source, "target": target, "data_dir": data_dir and str(data_dir)}
    settings |= {name: value for name, value in given.items() if value is not None}
    if "source" not in settings:
        raise InputError(f"SOURCE must be given, for no plan.json beside {run} names one")
    return settings
