"""What `klayer search` does: ranges and a plan in, trials and the best plan out."""

import json
import sys
from pathlib import Path
from typing import Any

from klayer.cli.plan_asked import plan_asked
from klayer.cli.study_run import keep_and_print, studied
from klayer.errors import InputError
from klayer.report import evidence_of
from klayer.search import Setting, Space, search
from klayer.search.answer import answer_of
from klayer.search.space import WHOLE
from klayer.storage import write_whole
from klayer.studies import Sets
from klayer.studies.stack import slug

PLAN_FILE = "best-plan.json"
DEFAULT = {"lam": "1e-5:1e-1"}


def search_and_print(
    searched: dict[str, str | None],
    settings: dict[str, Any],
    plan_file: Path | None,
    where: dict[str, Any],
    trials: int,
    refine: int,
    storage: str | None,
    out: Path | None,
    engine: str,
    threads: int | None,
    as_json: bool,
) -> None:
    """Search, write the report and the best plan, and print the trials."""
    given = {name: text for name, text in searched.items() if text is not None}
    if not any(":" in text for text in given.values()):
        given = DEFAULT | given
    fixed, space = read_ranges(given)
    base = plan_asked({**settings, **fixed}, plan_file)
    folder = out or Path("searches") / slug(Path(where["source"]).stem)
    sets = Sets(**where)
    with studied() as progress:
        found = search(
            sets,
            base,
            space,
            trials,
            refine,
            folder,
            storage=storage,
            engine=engine,
            threads=threads,
            listener=progress,
        )
    write_whole(folder / PLAN_FILE, json.dumps({"plan": found.plan.to_dict()}, indent=2) + "\n")
    evidence = evidence_of(
        sys.argv[1:],
        sets.words,
        [base.seed],
        ", ".join({f"{cost['engine']}, {base.dtype}" for cost in found.costs}),
        sum(cost["seconds"] for cost in found.costs),
        max(cost["peak_memory"] for cost in found.costs),
    )
    keep_and_print(answer_of(found), evidence, folder, as_json)


def read_ranges(given: dict[str, str]) -> tuple[dict[str, Any], Space]:
    """Read options that are a value or a range LOW:HIGH.

    Args:
        given: the setting's name → text.

    Returns:
        The settings that have a value, and the space of those that have a range.

    Raises:
        InputError: a text is neither, low is not below high, or nothing has a range.

    Example:
        >>> fixed, space = read_ranges({"lam": "1e-5:1e-1", "batch_size": "50"})
        >>> fixed, space.settings
        ({'batch_size': 50}, (Setting(name='lam', low=1e-05, high=0.1),))
    """
    fixed: dict[str, Any] = {}
    found = []
    for name, text in given.items():
        bounds = [_number(name, part) for part in text.split(":")]
        if len(bounds) == 2:
            found.append(Setting(name, *bounds))
        elif len(bounds) == 1:
            fixed[name] = bounds[0]
        else:
            raise _not_a_range(name, text)
    if not found:
        said = ", ".join(f"{name}={value:g}" for name, value in fixed.items())
        raise InputError(f"a search needs a range LOW:HIGH, but got values only: {said}")
    if "width" in fixed:
        raise InputError("`--width` must be a range LOW:HIGH; a single width belongs to `--hidden`")
    return fixed, Space(tuple(found))


def _number(name: str, text: str) -> float:
    try:
        return int(text) if name in WHOLE else float(text)
    except ValueError as error:
        raise _not_a_range(name, text) from error


def _not_a_range(name: str, text: str) -> InputError:
    kind = "whole numbers" if name in WHOLE else "numbers"
    option = name.replace("_", "-")
    return InputError(
        f"`--{option}` must be a value or a range LOW:HIGH of {kind}, but got {text!r}"
    )
