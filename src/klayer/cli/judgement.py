"""What `klayer evaluate` shows of a judgement: JSON, or tables."""

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.models import Model
from klayer.models.judgement import Judgement

if TYPE_CHECKING:
    from rich.table import Table

HEAD = 8  # characters of a column's name
MOST_CLASSES = 20  # in tables; `--json` and the picture have all


def payload_of(judgement: Judgement, model: Model) -> dict[str, Any]:
    """Return what ``--json`` prints of it."""
    return {
        "balanced_accuracy": judgement.balanced_accuracy,
        "roc_auc": judgement.roc_auc,
        "top_k": judgement.top,
        "calibration_error": judgement.calibration_error,
        "confusion": judgement.confusion,
        "classes": [
            {
                "label": model.labels[k].item(),
                "name": name,
                "n": int(judgement.confusion[k].sum()),
                "precision": float(judgement.precision[k]),
                "recall": float(judgement.recall[k]),
                "f1": float(judgement.f1[k]),
            }
            for k, name in enumerate(model.class_names)
        ],
    }


def words_of(judgement: Judgement) -> str:
    """Return accuracies beside the first, the area under the ROC curve and calibration in words."""
    top = "".join(f"top-{k} accuracy {share:.4f}, " for k, share in judgement.top.items())
    largest = judgement.confusion.sum(axis=1).max() / judgement.n
    area = judgement.roc_auc
    ranked = "" if isnan(area) else f"area under the ROC curve {area:.4f}, "
    return (
        f"balanced accuracy {judgement.balanced_accuracy:.4f}, {ranked}{top}"
        f"expected calibration error {judgement.calibration_error:.4f}; "
        f"the largest class alone would be right for {largest:.4f} of the rows"
    )


def class_table(judgement: Judgement, model: Model) -> "Table":
    """Return precision, recall and F1 of every class."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title="classes", title_justify="left")
    table.add_column("class", overflow="fold")
    for column in ("rows", "precision", "recall", "F1"):
        table.add_column(column, justify="right")
    for k, name in list(enumerate(model.class_names))[:MOST_CLASSES]:
        figures = (judgement.precision[k], judgement.recall[k], judgement.f1[k])
        cells = ["–" if np.isnan(value) else f"{value:.4f}" for value in figures]
        table.add_row(Text(name), f"{judgement.confusion[k].sum():,}", *cells)
    if len(model.class_names) > MOST_CLASSES:
        table.caption = f"and {len(model.class_names) - MOST_CLASSES} more; --json has all"
    return table


def _heads(names: Sequence[str]) -> list[str]:
    """Return short names of columns: cut where none becomes another's, and else numbered.

    Example:
        >>> _heads(["automobile", "cat"]), _heads(["category_low", "category_high"])
        (['automobi', 'cat'], ['1 catego', '2 catego'])
    """
    cut = [name[:HEAD] for name in names]
    if len(set(cut)) == len(set(names)):
        return cut
    return [f"{place} {name}"[:HEAD] for place, name in enumerate(names, 1)]


def confusion_table(judgement: Judgement, model: Model) -> "Table | None":
    """Return which class was taken for which; None where there are too many for a table."""
    from rich.table import Table
    from rich.text import Text

    if len(model.class_names) > MOST_CLASSES:
        return None
    table = Table(title="rows of a class (down) taken for a class (across)", title_justify="left")
    table.add_column("")
    for name in _heads(model.class_names):
        table.add_column(Text(name), justify="right")
    for name, counts in zip(model.class_names, judgement.confusion, strict=True):
        table.add_row(Text(name), *(f"{count}" if count else "·" for count in counts))
    return table
