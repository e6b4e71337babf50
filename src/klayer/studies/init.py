"""init: initial weights of several σ, with and without batch normalisation; why some fail."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from klayer.architecture import Array
from klayer.data import Data
from klayer.studies.answer import SHARE, Answer, Bar, Curves, Intervals, Picture, Section, Table
from klayer.studies.diagnostics import Diagnostics, LayerRow
from klayer.studies.question import Asked, Question, payload_of, spread
from klayer.studies.results import Results
from klayer.studies.stack import Stack
from klayer.studies.statistics import mean_interval, summary
from klayer.studies.verdict import CHANCE_ROOM, least_learned
from klayer.training import Consumer

METRICS = ("test_accuracy", "final_training_accuracy", "final_training_cost")
ALIKE = 0.1  # standard deviation of the logits below which the softmax hardly tells classes apart
CERTAIN = 10.0  # above which it is sure of one class, whichever
NORMS = {False: "without batch norm", True: "with batch norm"}
SHOWN = {
    "sd": "standard deviation of activations",
    "gradient": "gradient's norm ‖∂J/∂W‖",
    "update": "update relative to weight, at the highest rate",
    "never_on": "share of units never on",
}


def treatment(sigma: float | None, batch_norm: bool) -> str:
    """Return the name of a network.

    Example:
        >>> treatment(None, False), treatment(0.001, True)
        ('He without batch norm', 'σ = 0.001 with batch norm')
    """
    return f"{'He' if sigma is None else f'σ = {sigma:g}'} {NORMS[batch_norm]}"


@dataclass(frozen=True)
class Start:
    """One network at its first evaluation, the mean over the replicates, layer by layer, (k,)."""

    sd: Array
    gradient: Array
    update: Array
    never_on: Array


class Init(Question):
    """One network from He's and from Gaussian initial weights."""

    name = "init"
    asks = "Which initial weights can a network learn from, and why do the others fail?"

    def __init__(self, asked: Asked, out: Path | None = None) -> None:
        super().__init__(asked, out)
        self.diagnostics = Diagnostics(out)

    def stacks(self) -> list[Stack]:
        """Return a stack of all σ, without and one with batch normalisation."""
        sigmas = list(dict.fromkeys(self.asked.sigmas))
        return [
            Stack(
                f"init {word}",
                self.plan(sigma=sigmas, batch_norm=norm),
                tuple(treatment(sigma, norm) for sigma in sigmas),
            )
            for norm, word in NORMS.items()
        ]

    def witness(self, stack: Stack, data: Data, run: Path | None) -> list[Consumer]:
        """Return who looks into the layers."""
        return [self.diagnostics.witness(stack, data, run)]

    def answer(self, results: Results) -> Answer:
        """Say which networks learned, and what was wrong in the others at their start."""
        names = [
            treatment(sigma, norm) for norm in NORMS for sigma in dict.fromkeys(self.asked.sigmas)
        ]
        accuracy = {name: results.values(name, "test_accuracy") for name in names}
        table = Table(
            "After the last update, mean ± sd",
            ("initial weights", *(metric.replace("_", " ") for metric in METRICS)),
            tuple((name, *(spread(results.values(name, m)) for m in METRICS)) for name in names),
        )
        bars = tuple(
            Bar(
                name,
                summary(accuracy[name]).mean,
                *mean_interval(accuracy[name]),
                values=tuple(accuracy[name].tolist()),
            )
            for name in names
        )
        picture = Intervals(
            "init", "Test accuracy by initial weights", "accuracy", bars, within=SHARE
        )
        starts = {name: self._start(results, name) for name in names}
        unlearned = self._unlearned(results, names)
        learning = self._learning(results, names, least_learned(max(unlearned)))
        learned = [name for name in names if learning[name].all()]
        partly = [name for name in names if learning[name].any() and name not in learned]
        failed = [name for name in names if not learning[name].any()]
        sentence = f"{len(learned)} of {len(names)} learn: {', '.join(learned) or 'none'}"
        if partly:
            counts = (
                f"{name} ({learning[name].sum()} of {len(learning[name])})" for name in partly
            )
            sentence += f"; in some replicates only learn {', '.join(counts)}"
        if failed:
            chance, largest = unlearned
            alone = f"no better than the largest class alone ({largest:.4f}) are"
            stay = alone if largest > chance + CHANCE_ROOM else "at chance stay"
            sentence += f"; {stay} {', '.join(failed)}"
        why = tuple(_why(name, starts[name]) for name in (*partly, *failed))
        return Answer(
            title="Initial weights",
            question=self.asks,
            sentence=sentence + ".",
            sections=(
                Section("Figures", (), (table,), (picture,)),
                Section(
                    "Why some fail" if why else "What goes on inside",
                    why,
                    (_start_table(starts),),
                    self._pictures(results, names),
                ),
            ),
            payload=payload_of(results, METRICS) | {"why": list(why)},
        )

    def _unlearned(self, results: Results, names: list[str]) -> tuple[float, float]:
        """Return which training accuracies need no learning: by chance, and by the largest class.

        One untrained network may reach less than chance; all of them together reach about that.
        """
        untrained = [
            outcome.history.of(n)[0].training_accuracy
            for name in names
            for outcome, n in results.places(name)
        ]
        return float(np.mean(untrained)), self.largest_class

    def _learning(self, results: Results, names: list[str], least: float) -> dict[str, Array]:
        """Return which replicates of a network end above an accuracy, (R,) each."""
        return {name: results.values(name, "final_training_accuracy") > least for name in names}

    def _layers(self, results: Results, name: str) -> list[list[LayerRow]]:
        """Return the rows of every replicate of a network."""
        return [
            [row for row in self.diagnostics.rows(outcome.stack) if row.network == network]
            for outcome, network in results.places(name)
        ]

    def _start(self, results: Results, name: str) -> Start:
        found: dict[str, Array] = {}
        for figure in SHOWN:
            lines = [
                [getattr(row, figure) for row in rows if row.step == 0]
                for rows in self._layers(results, name)
            ]
            found[figure] = np.mean(lines, axis=0)
        return Start(**found)

    def _pictures(self, results: Results, names: list[str]) -> tuple[Picture, ...]:
        """Describe the first hidden layer of every network over the training."""
        return tuple(
            Curves(
                f"init-{figure.replace('_', '-')}",
                f"Layer 1: {words}",
                words,
                {name: self._curve(results, name, figure) for name in names},
                log_y=figure != "never_on",
                within=SHARE if figure == "never_on" else None,
            )
            for figure, words in SHOWN.items()
        )

    def _curve(self, results: Results, name: str, figure: str) -> tuple[Array, Array]:
        lines = [
            [(row.step, getattr(row, figure)) for row in rows if row.layer == 1]
            for rows in self._layers(results, name)
        ]
        return np.array([step for step, _ in lines[0]]), np.array(
            [[v for _, v in x] for x in lines]
        )


def _start_table(starts: dict[str, Start]) -> Table:
    """Return what goes on in the layers before the first update."""
    rows = []
    for name, start in starts.items():
        for layer in range(len(start.sd)):
            figures = (start.sd, start.gradient, start.update)
            cells = [f"{values[layer]:.2e}" for values in figures]
            rows.append((name, str(layer + 1), *cells, f"{start.never_on[layer]:.1%}"))
    columns = ("initial weights", "layer", *(SHOWN[name] for name in SHOWN))
    return Table("Before the first update, mean over the replicates", columns, tuple(rows))


def _why(name: str, start: Start) -> str:
    """Return what is wrong with a network that does not always learn, from its first evaluation."""
    said = (
        f"{name}: before the first update the activations' standard deviation is {start.sd[0]:.1e} "
        f"in layer 1 and {start.sd[-1]:.1e} in the logits{_logits_say(start.sd[-1])}, and "
        f"the gradient's norm in layer 1 is {start.gradient[0]:.1e}"
    )
    if start.never_on.max() > 0.5:
        said += f"; {start.never_on.max():.0%} of a layer's units are never on"
    return said + "."


def _logits_say(sd: float) -> str:
    """Return what logits of a standard deviation mean to the softmax, where it is far from one.

    Example:
        >>> _logits_say(1e-9), _logits_say(1e6), _logits_say(2.0)
        (', so that all classes look alike', ', so that one class takes it all, right or wrong', '')
    """
    if sd < ALIKE:
        return ", so that all classes look alike"
    return ", so that one class takes it all, right or wrong" if sd > CERTAIN else ""
