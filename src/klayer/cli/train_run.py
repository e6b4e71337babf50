"""What `klayer train` does: data and plan in, a run directory and a report of figures out."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from klayer.cli.columns import load_quietly, say_columns
from klayer.cli.console import print_json, results, words
from klayer.cli.progress import ProgressBar
from klayer.cli.run_settings import taken_up
from klayer.cli.small_sets import say_small_sets
from klayer.cli.train_report import ensemble_of, payload_of, table_of
from klayer.data import Data
from klayer.errors import DivergenceError, InputError
from klayer.plots import draw_curves, draw_weights, png
from klayer.storage import RunDirectory
from klayer.training import Fitted, Plan, engine_note, fit, recipe
from klayer.training.identity import PLAN_FILE
from klayer.training.interrupts import heeded
from klayer.training.recipes import over
from klayer.training.rules import unused_faults

DEFAULT_SOURCE = "digits"
EXIT_CODES = {"interrupted": 130, "terminated": 143}


def run_training(
    settings: dict[str, Any],
    plan_file: Path | None,
    recipe_name: str | None,
    where: dict[str, Any],
    engine: str,
    threads: int | None,
    out: Path | None,
    force: bool,
    resume: bool,
    as_json: bool,
) -> int:
    """Train and write the run; return the exit code."""
    plan, where, engine = _asked(settings, plan_file, recipe_name, where, engine, out, resume)
    with RunDirectory(out or _default_out(where["source"]), force, resume) as run:
        data = load_quietly(**{"seed": plan.seed, **where})
        say_columns(data)
        say_small_sets(data)
        if note := engine_note(data, plan, engine):
            words().print(note)
        with heeded() as late:  # until all is written
            try:
                with ProgressBar() as bar:
                    fitted = fit(
                        data,
                        plan,
                        engine=engine,
                        threads=threads,
                        consumers=[bar],
                        out=run,
                        resume=resume,
                    )
            except DivergenceError:
                words().print(f"what was measured until then is in {run.path}")
                raise
            draw_run(run, fitted, data)
            ensemble = ensemble_of(fitted, data)
            payload = payload_of(fitted, run.path, ensemble)
            run.write("results.json", json.dumps(payload, indent=2) + "\n")
        if as_json:
            print_json(payload)
        else:
            results().print(table_of(fitted, data, ensemble))
        _say_where(run.path, fitted)
        reason = fitted.reason if fitted.reason in EXIT_CODES else late.reason
        return EXIT_CODES.get(reason or "", 0)


def _asked(
    settings: dict[str, Any],
    plan_file: Path | None,
    recipe_name: str | None,
    where: dict[str, Any],
    engine: str,
    out: Path | None,
    resume: bool,
) -> tuple[Plan, dict[str, Any], str]:
    """Return the plan, the arguments of `load_data` and the engine; a resumed run has its own."""
    if resume and out is None:
        raise InputError("`--resume` needs the run directory to go on with, but --out is not given")
    own = None if out is None or not resume or _given(where) else out / PLAN_FILE
    if own is not None and not own.exists():
        raise InputError(
            f"`--resume` needs a run to go on with, but {out} holds none; name SOURCE to begin one"
        )
    if own is not None and not (settings or plan_file or recipe_name):
        plan, where, own_engine = taken_up(own)
        return plan, where, own_engine if engine == "auto" else engine
    recipe_settings = {} if recipe_name is None else recipe(recipe_name)
    plan = Plan.from_dict(over(over(recipe_settings, read_plan(plan_file)), settings))
    for fault in unused_faults(settings, plan.optimizer):
        raise InputError(fault)
    if own is not None:
        return plan, taken_up(own)[1], engine
    return plan, {**where, "source": where["source"] or DEFAULT_SOURCE}, engine


def _given(where: dict[str, Any]) -> bool:
    """Return whether anything was said of the data."""
    return any(value is not None and value is not False for value in where.values())


def read_plan(path: Path | None) -> dict[str, Any]:
    """Return the settings in a plan file: a run's plan.json, or the settings alone."""
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"`--plan` must be a JSON file of settings, but {path}: {error}"
        ) from error
    settings = content.get("plan", content) if isinstance(content, dict) else None
    if not isinstance(settings, dict):
        raise InputError(f"`--plan` must hold an object of settings, but {path} does not")
    return settings


def draw_run(run: RunDirectory, fitted: Fitted, data: Data) -> None:
    """Draw the pictures of a run."""
    plan = fitted.plan
    depth = len(plan.hidden) + 1
    normalised = ", batch norm" if plan.batch_norm else ""
    title = f"{Path(data.name).name}: {depth} layers{normalised}, seed {plan.seed}"
    curves = draw_curves(
        fitted.history, plan.make_schedule(len(data.training)), title, _labels(plan)
    )
    run.write("curves.png", png(curves))
    if data.picture and plan.hidden:
        W = fitted.model.state.parameters.W[0][fitted.model.best]
        run.write("weights.png", png(draw_weights(W, data.picture, f"W₁ of {title}")))


def _labels(plan: Plan) -> list[str]:
    """Return a word for each network of a stack: what sets it apart from the others."""
    names = {"lam": "λ", "sigma": "σ", "weight_seeds": "weights"}
    varied = [name for name in names if len(getattr(plan, name)) > 1]
    labels = []
    for network in range(plan.stack_size):
        values = {name: plan.per_network(name)[network] for name in varied}
        words_ = [
            f"{names[name]}={'He' if value is None else f'{value:g}'}"
            for name, value in values.items()
        ]
        labels.append(" ".join(words_))
    return labels


def _default_out(source: str) -> Path:
    """Return runs/SOURCE-TIME, which no earlier run has."""
    stem = Path("runs") / f"{Path(source).stem}-{datetime.now():%Y%m%d-%H%M%S}"
    path, count = stem, 1
    while path.exists():
        count += 1
        path = stem.with_name(f"{stem.name}-{count}")
    return path


def _say_where(path: Path, fitted: Fitted) -> None:
    """Say how the training ended and where everything is."""
    for note in fitted.notes:
        words().print(note)
    endings = {
        "finished": "done",
        "patience": "stopped: no network improved any more",
        "time limit": "stopped: the time limit was reached",
        "interrupted": "interrupted, what was reached is saved (--resume goes on)",
        "terminated": "terminated, what was reached is saved (--resume goes on)",
    }
    done = f"after {fitted.steps} updates"
    if fitted.before:
        now = fitted.steps - fitted.before
        done += f", {now} of them now," if now else " already, so that none was left to do,"
    words().print(
        f"{endings[fitted.reason]} {done} in {fitted.seconds:.1f} s "
        f"({fitted.engine} engine); model, history and pictures are in {path}"
    )
