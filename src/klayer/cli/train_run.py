"""What `klayer train` does: data and plan in, a run directory and a report of figures out."""

import json
from datetime import datetime
from pathlib import Path

from klayer.cli.columns import load_quietly, say_columns
from klayer.cli.console import print_json, results, words
from klayer.cli.progress import ProgressBar
from klayer.cli.small_sets import say_small_sets
from klayer.cli.train_asked import Asked
from klayer.cli.train_report import ensemble_of, payload_of, table_of
from klayer.data import Data
from klayer.errors import DivergenceError
from klayer.plots import draw_curves, draw_weights, png
from klayer.storage import RunDirectory
from klayer.training import Fitted, Plan, engine_note, fit
from klayer.training.interrupts import heeded

EXIT_CODES = {"interrupted": 130, "terminated": 143}


def run_training(asked: Asked) -> int:
    """Train and write the run; return the exit code."""
    plan, where, engine = asked.resolved()
    out = asked.out or _default_out(where["source"])
    with RunDirectory(out, asked.force, asked.resume) as run:
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
                        threads=asked.threads,
                        consumers=[bar],
                        out=run,
                        resume=asked.resume,
                    )
            except DivergenceError:
                words().print(f"what was measured until then is in {run.path}")
                raise
            draw_run(run, fitted, data)
            ensemble = ensemble_of(fitted, data)
            payload = payload_of(fitted, run.path, ensemble)
            run.write("results.json", json.dumps(payload, indent=2) + "\n")
        if asked.as_json:
            print_json(payload)
        else:
            results().print(table_of(fitted, data, ensemble))
        _say_where(run.path, fitted)
        reason = fitted.reason if fitted.reason in EXIT_CODES else late.reason
        return EXIT_CODES.get(reason or "", 0)


def draw_run(run: RunDirectory, fitted: Fitted, data: Data) -> None:
    """Draw the pictures of a run."""
    plan = fitted.plan
    depth = len(plan.hidden) + 1
    normalised = ", batch norm" if plan.batch_norm else ""
    title = (
        f"{Path(data.name).name}: {depth} layer{'s' * (depth > 1)}{normalised}, seed {plan.seed}"
    )
    curves = draw_curves(
        fitted.history, plan.make_schedule(len(data.training)), title, _labels(plan)
    )
    run.write("curves.png", png(curves))
    if data.picture:
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
