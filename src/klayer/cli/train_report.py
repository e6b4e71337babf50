"""The figures of a training: one JSON object, or a table."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from klayer.data import Data
from klayer.models import judge
from klayer.training import Fitted

if TYPE_CHECKING:
    from rich.table import Table

KINDS = ("validation_accuracy", "training_accuracy", "validation_cost", "training_cost")


def payload_of(
    fitted: Fitted, path: Path, ensemble: dict[str, float] | None = None
) -> dict[str, Any]:
    """Return what ``--json`` prints: the best network's figures, those of a stack, and those of
    the mean of its networks' probabilities.
    """
    networks = [_network(fitted, network) for network in range(fitted.plan.stack_size)]
    payload = {
        **networks[fitted.model.best],
        "steps": fitted.steps,
        "seconds": fitted.seconds,
        "engine": fitted.engine,
        "seed": fitted.plan.seed,
        "reason": fitted.reason,
        "run": str(path),
    }
    if len(networks) > 1:
        payload["networks"] = networks
    if ensemble is not None:
        payload["ensemble"] = ensemble
    return payload


def _network(fitted: Fitted, network: int) -> dict[str, Any]:
    """Return one network's settings and figures."""
    plan, history, test = fitted.plan, fitted.history, fitted.test
    figures: dict[str, Any] = {"network": network, "lam": plan.per_network("lam")[network]}
    figures["sigma"] = plan.per_network("sigma")[network]
    figures["weight_seed"] = plan.per_network("weight_seeds")[network]
    for kind in KINDS:
        figures[f"best_{kind}"] = _number(history.best(kind, network))
        figures[f"final_{kind}"] = _number(history.final(kind, network))
    if test is not None:
        penalty = figures["lam"] * float(test.penalty[network])
        figures["test_accuracy"] = float(test.accuracy[network])
        figures["test_cross_entropy"] = float(test.cross_entropy[network])
        figures["test_cost"] = figures["test_cross_entropy"] + penalty
    return figures


def _number(value: float) -> float | None:
    """Return the number, or None where there is none, such as without a validation set."""
    return value if value == value else None


def ensemble_of(fitted: Fitted, data: Data) -> dict[str, float] | None:
    """Return what the mean of the networks' probabilities reaches; None for a single network."""
    if fitted.plan.stack_size == 1:
        return None
    figures = {}
    for name, rows in {"validation": data.validation, "test": data.test}.items():
        if len(rows):
            found = judge(fitted.model, data, rows)
            figures[f"{name}_accuracy"] = found.accuracy
            figures[f"{name}_cross_entropy"] = found.cross_entropy
    return figures


def table_of(fitted: Fitted, data: Data, ensemble: dict[str, float] | None = None) -> "Table":
    """Return a table of the best and final figures of every network, and its test accuracy.

    The last row of a stack is what the mean of its networks' probabilities reaches.
    """
    from rich.table import Table

    table = Table(title=f"{data.name}: best over the run (after the last update)")
    columns = ("network", "λ", "train acc", "valid acc", "train cost", "valid cost", "test acc")
    for column in columns:
        table.add_column(column, justify="right")
    for network in range(fitted.plan.stack_size):
        figures = _network(fitted, network)
        cells = [
            f"{_cell(figures[f'best_{kind}'])} ({_cell(figures[f'final_{kind}'])})"
            for kind in (KINDS[1], KINDS[0], KINDS[3], KINDS[2])
        ]
        test = _cell(figures.get("test_accuracy"))
        table.add_row(str(network), f"{figures['lam']:g}", *cells, test)
    if ensemble is not None:
        table.add_section()
        accuracies = (_cell(ensemble.get(f"{name}_accuracy")) for name in ("validation", "test"))
        validation, test = accuracies
        table.add_row("all", "", "", f"({validation})", "", "", test)
    return table


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
