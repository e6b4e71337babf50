"""What `klayer train` does: data and plan in, a run directory and a report of figures out."""

import json
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from klayer.cli.console import print_json, results, words
from klayer.cli.progress import ProgressBar
from klayer.cli.train_report import payload_of, table_of
from klayer.cli.version import versions
from klayer.data import Data, load_data
from klayer.errors import DivergenceError, InputError
from klayer.models import MODEL_FILE
from klayer.plots import draw_curves, draw_weights, png
from klayer.storage import RunDirectory
from klayer.training import Ended, Evaluated, Event, Fitted, History, Plan, fit

SECONDS_BETWEEN_WRITES = 1.0


def run_training(
    settings: dict[str, Any],
    plan_file: Path | None,
    where: dict[str, Any],
    engine: str,
    threads: int | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """Train and write the run; return the exit code."""
    plan = Plan.from_dict({**read_plan(plan_file), **settings})
    with RunDirectory(out or _default_out(where["source"]), force) as run:
        data = load_data(**where, seed=plan.seed)
        run.write("plan.json", _plan_text(plan, where, data, engine, threads))
        recorder = HistoryRecorder(run)
        try:
            with ProgressBar() as bar:
                fitted = fit(data, plan, engine=engine, threads=threads, consumers=(recorder, bar))
        except DivergenceError:
            recorder.write()
            words().print(f"what was measured until then is in {run.path}")
            raise
        write_run(run, fitted, data)
        payload = payload_of(fitted, run.path)
        run.write("results.json", json.dumps(payload, indent=2) + "\n")
        if as_json:
            print_json(payload)
        else:
            results().print(table_of(fitted, data))
        _say_where(run.path, fitted)
    return 130 if fitted.reason == "interrupted" else 0


class HistoryRecorder:
    """Keeps history.csv up to date while training goes on, at most once a second."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._history = History()
        self._written = monotonic()

    def __call__(self, event: Event) -> None:
        """Take note of an evaluation, and write what is known when it is time."""
        self._history(event)
        due = monotonic() - self._written >= SECONDS_BETWEEN_WRITES
        if isinstance(event, Ended) or (isinstance(event, Evaluated) and due):
            self.write()

    def write(self) -> None:
        """Write history.csv now."""
        self._run.write("history.csv", self._history.to_csv())
        self._written = monotonic()


def read_plan(path: Path | None) -> dict[str, Any]:
    """Return the settings in a plan file: a run's plan.json, or the settings alone."""
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"`--plan` must be a JSON file of settings, but {path}: {error}"
        ) from error
    settings = content.get("plan", content) if isinstance(content, dict) else None
    if not isinstance(settings, dict):
        raise InputError(f"`--plan` must hold an object of settings, but {path} does not")
    return settings


def write_run(run: RunDirectory, fitted: Fitted, data: Data) -> None:
    """Write the model and the pictures of a run."""
    run.write(MODEL_FILE, fitted.model.to_bytes())
    plan = fitted.plan
    depth = len(plan.hidden) + 1
    normalised = ", batch norm" if plan.batch_norm else ""
    title = f"{data.name}: {depth} layers{normalised}, seed {plan.seed}"
    run.write("curves.png", png(draw_curves(fitted.history, title, _labels(plan))))
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


def _plan_text(
    plan: Plan, where: dict[str, Any], data: Data, engine: str, threads: int | None
) -> str:
    """Return the content of plan.json: all that determines the run."""
    content = {
        "plan": plan.to_dict(),
        "data": {**where, "fingerprint": data.fingerprint},
        "engine": engine,
        "threads": threads,
        "versions": versions(),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _say_where(path: Path, fitted: Fitted) -> None:
    """Say how the training ended and where everything is."""
    endings = {
        "finished": "done",
        "patience": "stopped: no network improved any more",
        "time limit": "stopped: the time limit was reached",
        "interrupted": "interrupted: what was reached is saved",
    }
    words().print(
        f"{endings[fitted.reason]} after {fitted.steps} updates in {fitted.seconds:.1f} s "
        f"({fitted.engine} engine); model, history and pictures are in {path}"
    )
