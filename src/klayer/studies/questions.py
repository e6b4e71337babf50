"""All questions by name, and how one is asked."""

from pathlib import Path
from typing import Any

from klayer.errors import InputError
from klayer.studies.answer import Answer
from klayer.studies.batch_norm import BatchNorm
from klayer.studies.depth import Depth
from klayer.studies.events import Listener, ignore
from klayer.studies.init import Init
from klayer.studies.overfit import Overfit
from klayer.studies.penalty import Penalty
from klayer.studies.question import Asked, Question
from klayer.studies.rates import Rates
from klayer.studies.results import Results
from klayer.studies.running import run_study
from klayer.studies.sets import Sets
from klayer.studies.stack import replicate
from klayer.training.rules import did_you_mean

QUESTIONS: dict[str, type[Question]] = {
    kind.name: kind for kind in (Depth, BatchNorm, Init, Penalty, Rates, Overfit)
}


def require_question(name: str) -> type[Question]:
    """Return the question of a name.

    Raises:
        InputError: there is none.

    Example:
        >>> require_question("depht")
        Traceback (most recent call last):
        ...
        klayer.errors.InputError: a study must be one of depth, batch-norm, init, lambda, rates,
        overfit, but got 'depht'; did you mean 'depth'?
    """
    if name not in QUESTIONS:
        raise InputError(
            f"a study must be one of {', '.join(QUESTIONS)}, but got {name!r}"
            f"{did_you_mean(name, QUESTIONS)}"
        )
    return QUESTIONS[name]


def ask(
    name: str,
    asked: Asked,
    replicates: int = 3,
    out: Path | None = None,
    *,
    engine: str = "auto",
    threads: int | None = None,
    listener: Listener = ignore,
    cluster: str | None = None,
    **where: Any,
) -> tuple[Answer, Results, Sets]:
    """Ask a question: train what it needs, and answer it.

    Args:
        name: of the question.
        asked: about what.
        replicates: how many seeds; split, order and weights are new for each.
        out: a folder that keeps the study; the same call again continues there.
        engine: "auto", "native" or "reference".
        threads: how many threads compute.
        listener: as for `run_study`.
        cluster: as for `run_study`.
        **where: the arguments of `load_data` but for the seed.

    Returns:
        The answer, the trainings' results, and the data.

    Raises:
        InputError: an argument breaks a rule, or `out` holds another study.

    Example:
        >>> from klayer import Plan
        >>> asked = Asked(Plan(hidden=(8,), step_size=20, cycles=1), lams=(0.0, 0.1))
        >>> answer, results, sets = ask("lambda", asked, replicates=2, source="digits")
        >>> results.treatments
        ('λ = 0', 'λ = 0.1')
    """
    if replicates < 2:
        raise InputError(f"`replicates` must be at least 2 for a spread, but got {replicates}")
    question = require_question(name)(asked, out)
    sets = question.sets(**where)
    results = run_study(
        replicate(question.stacks(), replicates),
        sets,
        out,
        about={"study": name},
        engine=engine,
        threads=threads,
        listener=listener,
        witness=question.witness,
        cluster=cluster,
    )
    return question.answer(results), results, sets
