"""A search's answer: a table of all trials, pictures, the best plan."""

from typing import Any

import numpy as np

from klayer.search.record import TARGET, TIE_BREAK
from klayer.search.running import Found, Trial, rank
from klayer.studies.answer import SHARE, Answer, Points, Section, Table

NAMES = {"lam": "λ", "sigma": "σ", "rate_min": "rate_min η", "rate_max": "rate_max η"}
METRICS = (TARGET, TIE_BREAK, "final_training_accuracy", "test_accuracy")


def answer_of(found: Found) -> Answer:
    """Return the answer of a search."""
    best, settings = found.best, found.spaces["coarse"].settings
    values = ", ".join(f"{_name(name)} = {value:g}" for name, value in best.values.items())
    sentence = (
        f"The best of {len(found.trials)} trials is {best.phase} trial {best.place}, {values}: "
        f"validation accuracy {best.figures[TARGET]:.4f}, training accuracy "
        f"{best.figures['final_training_accuracy']:.4f}{_ties(found)}."
    )
    pictures = tuple(_picture(found, own.name, own.log) for own in settings)
    words = tuple(
        f"{phase.capitalize()}: "
        + ", ".join(f"{_name(own.name)} from {own.low:g} to {own.high:g}" for own in space.settings)
        for phase, space in found.spaces.items()
    )
    return Answer(
        title="Random search",
        question="Which settings give the highest validation accuracy after the last update?",
        sentence=sentence,
        sections=(Section("Trials", words, (_table(found),), pictures),),
        payload={
            "best": _row(best),
            "trials": [_row(trial) for trial in found.trials],
            "plan": found.plan.to_dict(),
            "seconds": sum(cost["seconds"] for cost in found.costs),
        },
    )


def _ties(found: Found) -> str:
    """Return how the best of several trials of equal accuracy was chosen, in words."""
    best = found.best
    alike = [trial for trial in found.trials if rank(trial)[0] == rank(best)[0]]
    equal = [trial for trial in alike if rank(trial) == rank(best) and trial is not best]
    if len(alike) == 1:
        return ""
    if not equal:
        return f"; of {len(alike)} of this validation accuracy its cross-entropy is the lowest"
    named = ", ".join(f"{trial.phase} trial {trial.place}" for trial in equal)
    return f"; nothing that is known tells it from {named}"


def _row(trial: Trial) -> dict[str, Any]:
    """Return a trial in JSON's own types; figures are null where it diverged."""
    figures = {metric: trial.figures.get(metric) for metric in METRICS}
    where = {"phase": trial.phase, "trial": trial.place, "run": trial.run, "network": trial.network}
    return {**trial.values, **figures, **where}


def _table(found: Found) -> Table:
    """Return all trials, the best first."""
    trials = sorted(found.trials, key=rank)
    names = [own.name for own in found.spaces["coarse"].settings]
    rows = []
    for trial in trials:
        absent = "–" if trial.figures else "diverged"
        cells = [f"{trial.figures[m]:.4f}" if m in trial.figures else absent for m in METRICS]
        if trial is not found.best:
            cells[METRICS.index("test_accuracy")] = ""
        rows.append(
            (f"{trial.phase} {trial.place}", *(f"{trial.values[n]:g}" for n in names), *cells)
        )
    columns = ("trial", *map(_name, names), *(metric.replace("_", " ") for metric in METRICS))
    note = "The test set judges the best trial alone: chosen by it, its accuracy would be too high."
    return Table("All trials, the best first", columns, tuple(rows), frozenset({0}), note)


def _picture(found: Found, name: str, log: bool) -> Points:
    """Describe accuracy against one setting, every trial a point."""
    series = {}
    for phase in found.spaces:
        whole = [trial for trial in found.trials if trial.phase == phase and trial.figures]
        for kind in ("validation", "training"):
            x = np.array([trial.values[name] for trial in whole])
            y = np.array([[trial.figures[f"final_{kind}_accuracy"] for trial in whole]])
            series[f"{phase}, {kind}"] = (x, y)
    return Points(
        name=f"search-{name.replace('_', '-')}",
        title=f"Accuracy of every trial against {_name(name)}",
        x_label=_name(name),
        y_label="accuracy after the last update",
        series=series,
        log_x=log,
        lines=False,
        within=SHARE,
    )


def _name(name: str) -> str:
    return NAMES.get(name, name)
