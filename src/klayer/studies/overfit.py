"""overfit: the sanity check that a small subset can be fitted to zero cost."""

from dataclasses import replace
from typing import Any

import numpy as np

from klayer.data import Data
from klayer.errors import InputError
from klayer.randomness import Stream, generator
from klayer.studies.answer import Answer, Curves, Section, Table
from klayer.studies.question import Question, payload_of, spread
from klayer.studies.results import Results
from klayer.studies.sets import Sets
from klayer.studies.stack import Stack

ZERO = 0.01  # a mean cross-entropy of so little counts as fitted
EVALUATIONS = 60  # an epoch of so few rows is too short for one each
METRICS = ("final_training_accuracy", "final_training_cost", "final_validation_accuracy")
NETWORKS = {"without batch norm": False, "with batch norm": True}


class Subset(Sets):
    """A source of which only some training rows are used, other ones for every seed."""

    def __init__(self, rows: int, **where: Any) -> None:
        super().__init__(**where)
        self.rows = rows

    def of(self, seed: int) -> Data:
        """Return the sets of one replicate.

        Raises:
            InputError: there are fewer training rows than asked for.
        """
        data = super().of(seed)
        if self.rows > len(data.training):
            raise InputError(
                f"`rows` must be at most the {len(data.training)} training rows of {data.name}, "
                f"but got {self.rows}"
            )
        rows = generator(seed, Stream.SAMPLE).choice(data.training, self.rows, replace=False)
        origin = {**data.origin, "rows": self.rows}
        return replace(data, training=np.sort(rows), origin=origin)


class Overfit(Question):
    """A network without penalty on a small subset; where it fails, something is wrong."""

    name = "overfit"
    asks = "Can the network fit a small subset of the training rows to zero cost?"

    def stacks(self) -> list[Stack]:
        """Return the network without λ, without and with batch normalisation."""
        rows = self.asked.rows
        settings = {"lam": 0.0, "batch_size": min(rows, self.asked.plan.batch_size)}
        plan = self.plan(**settings)
        epochs = plan.total_steps(rows) // plan.updates_per_epoch(rows)
        settings["evaluate_every"] = max(1, epochs // EVALUATIONS)
        return [
            Stack(name, self.plan(**settings, batch_norm=norm), (name,))
            for name, norm in NETWORKS.items()
        ]

    def sets(self, **where: Any) -> Sets:
        """Return the source with so many training rows."""
        return Subset(self.asked.rows, **where)

    def answer(self, results: Results) -> Answer:
        """Say whether every replicate fitted its subset."""
        said = []
        for name in NETWORKS:
            cost = results.values(name, "final_training_cost")
            accuracy = results.values(name, "final_training_accuracy")
            fitted = int(((cost < ZERO) & (accuracy == 1)).sum())
            word = "yes" if fitted == len(cost) else "no" if fitted == 0 else "not always"
            if fitted < len(cost) and (accuracy == 1).all():
                word = "not yet"  # more updates will
            said.append(
                f"{name} {word}: {fitted} of {len(cost)} replicates end with all {self.asked.rows} "
                f"rows right and a cost below {ZERO:g} (cost {spread(cost)})"
            )
        table = Table(
            "After the last update, mean ± sd",
            ("network", *(metric.replace("_", " ") for metric in METRICS)),
            tuple(
                (name, *(spread(results.values(name, metric)) for metric in METRICS))
                for name in NETWORKS
            ),
        )
        curves = Curves(
            "overfit", f"Training cost on {self.asked.rows} rows", "cost J",
            {name: results.curves(name, "training_cost") for name in NETWORKS}, log_y=True,
        )  # fmt: skip
        sentence = "; ".join(said)
        return Answer(
            title="Fitting a small subset",
            question=self.asks,
            sentence=sentence[0].upper() + sentence[1:] + ".",
            sections=(Section("Figures", (), (table,), (curves,)),),
            payload=payload_of(results, METRICS),
        )
