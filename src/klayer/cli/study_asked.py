"""What `klayer study` does: a question in, its report out."""

from pathlib import Path
from typing import Any, NamedTuple

from klayer.cli.plan_asked import plan_asked
from klayer.cli.study_run import evidence_of_study, keep_and_print, studied
from klayer.errors import InputError
from klayer.studies.batch_norm import DEPTHS
from klayer.studies.question import Asked
from klayer.studies.questions import ask, require_question
from klayer.studies.stack import slug


class Lists(NamedTuple):
    """The options that one study takes as a list, and the others as one value."""

    depths: list[int] | None
    lams: list[float] | None
    sigmas: list[float | None] | None
    step_sizes: list[int] | None
    cycles: list[int] | None


VARIED = {
    "depth": ("depths",),
    "batch-norm": ("depths",),
    "init": ("sigmas",),
    "lambda": ("lams",),
    "rates": ("step_sizes", "cycles"),
    "overfit": (),
}
UNUSED = {  # most train both with and without batch normalisation
    "depth": ("rows", "batch_norm"),
    "batch-norm": ("rows", "batch_norm"),
    "init": ("rows", "batch_norm"),
    "lambda": ("rows",),
    "rates": ("rows", "epochs"),
    "overfit": ("batch_norm", "lam", "evaluate_every"),
}
SINGLE = {"lams": "lam", "sigmas": "sigma", "step_sizes": "step_size", "cycles": "cycles"}


def ask_and_print(
    name: str,
    lists: Lists,
    rows: int | None,
    settings: dict[str, Any],
    plan_file: Path | None,
    where: dict[str, Any],
    replicates: int,
    engine: str,
    threads: int | None,
    dask: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Ask the question, write its report and print its figures."""
    require_question(name)
    asked = _asked(name, lists, rows, settings, plan_file)
    folder = out or Path("studies") / f"{name}-{slug(Path(where['source']).stem)}"
    with studied() as progress:
        answer, results, sets = ask(
            name,
            asked,
            replicates,
            folder,
            engine=engine,
            threads=threads,
            listener=progress,
            cluster=dask,
            **where,
        )
    keep_and_print(answer, evidence_of_study(results, sets), folder, as_json)


def _asked(
    name: str, lists: Lists, rows: int | None, settings: dict[str, Any], plan_file: Path | None
) -> Asked:
    """Return what is asked about: lists for what the study varies, one value for what it does not.

    Raises:
        InputError: a list was given for what the study does not vary, or what it has no use for.
    """
    _refuse_unused(name, lists, rows, settings)
    settings = dict(settings)
    varied: dict[str, Any] = {"depths": DEPTHS} if name == "batch-norm" else {}
    for field, values in lists._asdict().items():
        if values is None:
            continue
        if field in VARIED[name]:
            varied[field] = tuple(values)
        elif field not in SINGLE:
            raise InputError(f"`--{field}` belongs to depth and batch-norm, but got study {name}")
        elif len(values) != 1:
            option = SINGLE[field].replace("_", "-")
            raise InputError(f"study {name} takes one value of `--{option}`, but got {values}")
        else:
            settings[SINGLE[field]] = values[0]
    if rows is not None:
        varied["rows"] = rows
    return Asked(plan_asked(settings, plan_file), **varied)


def _refuse_unused(name: str, lists: Lists, rows: int | None, settings: dict[str, Any]) -> None:
    """Refuse options that would change nothing."""
    given = {"rows": rows, "lam": lists.lams, **settings}
    for setting in UNUSED[name]:
        if given.get(setting) is not None:
            raise InputError(f"study {name} has no use for `--{setting.replace('_', '-')}`")
    widths = settings.get("hidden", ())
    if "depths" in VARIED[name] and len(set(widths)) > 1:
        raise InputError(f"study {name} takes one width of `--hidden`, but got {list(widths)}")
