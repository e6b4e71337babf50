"""The page of a single run: its curves, where it errs, what its layers do."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.data import Data
from klayer.errors import InputError
from klayer.models import Model, load_model
from klayer.models.judgement import balanced_accuracy
from klayer.plots import draw_curves, draw_weights
from klayer.plots.confusion import draw_confusion
from klayer.plots.mistakes import draw_mistakes
from klayer.plots.svg import svg
from klayer.randomness import Stream, generator
from klayer.report.evidence import Evidence, evidence_of
from klayer.report.page import Image, Page, Part
from klayer.state import State, initial_state
from klayer.studies.answer import Table
from klayer.studies.diagnostics import SAMPLE, LayerRow, layer_rows
from klayer.studies.machine import peak_memory
from klayer.training import History, Plan
from klayer.training.checkpoint import Checkpoint
from klayer.training.identity import PLAN_FILE, read_identity
from klayer.training.job import update_of
from klayer.training.recording import CHECKPOINTS

MISTAKES = 12
CHUNK = 5_000  # rows predicted at a time


@dataclass(frozen=True, eq=False)
class RunReport:
    """A run and the rows that it is judged on.

    Attributes:
        name: of the run.
        plan: its settings.
        model: what it saved; of a stack, the best network is shown.
        history: all its evaluations.
        engine: who computed it.
        data: its sets.
        split: which of them it is judged on.
        checkpoint: the file of its last moment.
    """

    name: str
    plan: Plan
    model: Model
    history: History
    engine: str
    data: Data
    split: str
    checkpoint: Path

    @classmethod
    def of(cls, run: Path, data: Data, split: str = "test") -> "RunReport":
        """Read a run directory.

        Raises:
            InputError: it is not one, or the data have no rows of that set.
        """
        plan_file, history_file = run / PLAN_FILE, run / "history.csv"
        if not (plan_file.exists() and history_file.exists()):
            raise InputError(f"a report needs a run directory, but got {run}")
        identity = read_identity(plan_file)
        if not len(data.rows(split)):
            raise InputError(f"a report needs rows to judge by, but the {split} set has none")
        return cls(
            name=run.name,
            plan=Plan.from_dict(identity["plan"]),
            model=load_model(run),
            history=History.read(history_file),
            engine=identity["engine"],
            data=data,
            split=split,
            checkpoint=run / CHECKPOINTS[0],
        )

    @property
    def state(self) -> State:
        """The stack as saved, with what the update rule remembers of it where that is kept."""
        saved = self.model.state
        slots = update_of(self.plan).slots
        if not slots or not self.checkpoint.exists():
            return saved
        template = initial_state(saved.architecture, saved.networks, saved.theta.dtype, slots)
        content, name = self.checkpoint.read_bytes(), str(self.checkpoint)
        try:
            last = Checkpoint.from_bytes(content, template, name).state
        except InputError:
            return saved
        return last if np.array_equal(last.theta, saved.theta) else saved

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows that the network is judged on."""
        return self.data.rows(self.split)

    @cached_property
    def probabilities(self) -> Array:
        """The best network's probabilities on `rows`, (n, K)."""
        X, rows, best = self.data.samples.X, self.rows, self.model.best
        parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        return np.concatenate([self.model.predict_proba(X[part], True)[best] for part in parts])

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """counts[i, j]: rows of class i that were taken for class j, (K, K)."""
        counts = np.zeros((self.data.classes,) * 2, np.int64)
        np.add.at(counts, (self.data.samples.y[self.rows], self.probabilities.argmax(axis=1)), 1)
        return counts

    @cached_property
    def mistakes(self) -> NDArray[np.int64]:
        """Positions in `rows` of the mistakes, the most confident first."""
        y, P = self.data.samples.y[self.rows], self.probabilities
        wrong = np.flatnonzero(P.argmax(axis=1) != y)
        return wrong[np.argsort(-P[wrong].max(axis=1), kind="stable")]

    def layers(self) -> list[LayerRow]:
        """Return what goes on in the layers of the network as it was saved."""
        data, best = self.data, self.model.best
        chosen = generator(self.plan.seed, Stream.SAMPLE).permutation(data.training)[:SAMPLE]
        H = data.samples.gather(chosen, np.float64).T
        lam = np.array([self.model.lam[best]])
        y, plan = data.samples.y[chosen], self.plan
        rate = plan.highest_rate(len(data.training))
        return layer_rows(
            self.state.network(best), H, y, lam, rate, update_of(plan), plan.clip_norm
        )

    def evidence(self, command: list[str]) -> Evidence:
        """Return where the figures come from."""
        return evidence_of(
            command,
            f"{self.data.name}, fingerprint {self.data.fingerprint[:12]}",
            [self.plan.seed],
            f"{self.engine}, {self.plan.dtype}",
            self.history.rows[-1].seconds,
            peak_memory(),
        )


def run_page(report: RunReport, command: list[str]) -> Page:
    """Return the page of a run.

    Args:
        report: the run.
        command: the words after the program's name that asked for the page.
    """
    return Page(
        title=f"Run {report.name}",
        question=f"How good is the network on the {report.split} set, and where does it err?",
        answer=_sentence(report),
        parts=(
            _training_part(report),
            _mistakes_part(report),
            _layers_part(report),
            Part("Settings", tables=(_settings_table(report.plan),)),
        ),
        evidence=report.evidence(command),
    )


def _sentence(report: RunReport) -> str:
    counts, names = report.confusion, report.data.class_names
    right, n = int(np.trace(counts)), int(counts.sum())
    said = f"{right:,} of {n:,} rows of the {report.split} set are right, accuracy {right / n:.4f}"
    said += f" (the largest class alone: {counts.sum(axis=1).max() / n:.4f})"
    said += f", balanced accuracy {balanced_accuracy(counts):.4f}"
    if (networks := report.model.state.networks) > 1:
        said = f"Of {networks} networks this is the best one on the validation set: {said}"
    wrong = counts - np.diag(np.diag(counts))
    if not wrong.any():
        return said + "."
    i, j = np.unravel_index(wrong.argmax(), wrong.shape)
    return f"{said}; most often {names[i]} is taken for {names[j]}, {wrong[i, j]} times."


def _training_part(report: RunReport) -> Part:
    own = History([replace(row, network=0) for row in report.history.of(report.model.best)])
    figure = draw_curves(own, report.plan.make_schedule(len(report.data.training)), "")
    title = "Cost, accuracy and learning rate over the training"
    rows = []
    for kind in ("training", "validation"):
        for metric in ("accuracy", "cost", "cross_entropy"):
            name = f"{kind}_{metric}"
            figures = (own.best(name), own.final(name))
            rows.append((name.replace("_", " "), *(f"{value:.4f}" for value in figures)))
    table = Table("Figures of the training", ("", "best", "after the last update"), tuple(rows))
    words = f"{own.rows[-1].step:,} updates, {own.rows[-1].epoch:.1f} epochs."
    return Part("Training", (words,), (table,), (Image(svg(figure, "curves", title), title),))


def _mistakes_part(report: RunReport) -> Part:
    data, names = report.data, report.data.class_names
    title = f"Confusion matrix, {report.split} set"
    figure = draw_confusion(report.confusion, names, "")
    images = [Image(svg(figure, "confusion", title), title)]
    shown = report.mistakes[:MISTAKES]
    P, rows = report.probabilities[shown], report.rows[shown]
    said = [
        (names[int(data.samples.y[row])], names[int(p.argmax())], f"{p.max():.3f}")
        for row, p in zip(rows, P, strict=True)
    ]
    if data.picture and len(shown):
        title = "The most confident mistakes"
        captions = [f"{true}\n→ {taken} {p}" for true, taken, p in said]
        figure = draw_mistakes(data.samples.X[rows], data.picture, captions, "")
        images.append(Image(svg(figure, "mistakes", title), title))
    tables = [_class_table(report)]
    words: tuple[str, ...] = ()
    if said:
        what = "row, from 1" if data.files is None else "file"
        columns = (what, "class", "taken for", "with probability")
        found = [str(row + 1) if data.files is None else data.files[row] for row in rows]
        lines = tuple((name, *cells) for name, cells in zip(found, said, strict=True))
        tables.append(Table("The most confident mistakes", columns, lines))
    else:
        words = (f"No row of the {report.split} set is taken for another class.",)
    return Part("Where it errs", words, tuple(tables), tuple(images))


def _class_table(report: RunReport) -> Table:
    """Return recall and precision of every class."""
    counts = report.confusion
    rows = []
    for k, name in enumerate(report.data.class_names):
        of_class, said = counts[k].sum(), counts[:, k].sum()
        recall = f"{counts[k, k] / of_class:.4f}" if of_class else "–"
        precision = f"{counts[k, k] / said:.4f}" if said else "–"
        rows.append((name, f"{of_class:,}", recall, precision))
    columns = ("class", "rows", "found (recall)", "right of those said (precision)")
    return Table("Classes", columns, tuple(rows))


def _layers_part(report: RunReport) -> Part:
    columns = (
        "layer", "units", "mean of activations", "standard deviation", "units never on",
        "‖∂J/∂W‖", "update relative to weight, at the highest rate",
    )  # fmt: skip
    widths = report.model.architecture.widths
    rows = tuple(
        (
            str(row.layer),
            str(widths[row.layer]),
            f"{row.mean:.3g}",
            f"{row.sd:.3g}",
            f"{row.never_on:.1%}",
            f"{row.gradient:.2e}",
            "–" if np.isnan(row.update) else f"{row.update:.2e}",
        )
        for row in report.layers()
    )
    note = f"On {SAMPLE} training rows, after the last update; the last layer's are its logits."
    table = Table("What the layers do", columns, rows, note=note)
    images: tuple[Image, ...] = ()
    if report.data.picture:
        title = "First-layer weights, each row of W₁ as the picture that its unit looks for"
        W = report.model.state.parameters.W[0][report.model.best]
        images = (Image(svg(draw_weights(W, report.data.picture, ""), "weights", title), title),)
    return Part("Inside", (), (table,), images)


def _settings_table(plan: Plan) -> Table:
    def word(value: Any) -> str:
        if isinstance(value, list):
            return ", ".join("He's" if each is None else str(each) for each in value) or "none"
        return str(value)

    rows = tuple((name, word(value)) for name, value in plan.to_dict().items() if value is not None)
    return Table("The plan", ("setting", "value"), rows)
