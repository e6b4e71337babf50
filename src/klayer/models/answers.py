"""A model's answers as a table: labels, how sure each is, how far networks agree."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.architecture import Array
from klayer.data.cells import numbers
from klayer.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from klayer.models.model import Model

CHUNK_BYTES = 16 << 20  # of a chunk's features, or of its probabilities


def chunk_rows(model: "Model") -> int:
    """Return how many rows to answer at a time, so that memory stays at some tens of MiB."""
    architecture, networks = model.architecture, model.state.networks
    widest = max(architecture.inputs, networks * architecture.classes)
    return max(1, CHUNK_BYTES // (8 * widest))


def answers(model: "Model", X: Any, probabilities: bool = False) -> "pl.DataFrame":
    """Return a table of answers.

    Args:
        model: who answers; of a stack, the mean over its networks.
        X: what `Model.predict_proba` takes.
        probabilities: add a column for each class.

    Returns:
        `prediction`, the label; `probability`, of that label; of several networks `spread`, the
        standard deviation over them of that probability; where asked for, `p_NAME` for each class.

    Raises:
        InputError: X does not fit the model.
    """
    import polars as pl

    each = model.predict_proba(X, per_network=True)  # (P, n, K)
    P = each.mean(axis=0)
    n, chosen = np.arange(len(P)), P.argmax(axis=1)
    columns = {"prediction": model.labels[chosen], "probability": P[n, chosen]}
    if len(each) > 1:
        columns["spread"] = each[:, n, chosen].std(axis=0)
    if probabilities:
        columns |= {f"p_{name}": P[:, k] for k, name in enumerate(model.class_names)}
    return pl.DataFrame(columns)


def features_of(model: "Model", table: "pl.DataFrame", where: str, first: int) -> Iterator[Array]:
    """Yield the features of a table's rows, so many rows at a time as `chunk_rows` says.

    Args:
        model: whose encoding is used; without one, the columns named as its features or, where
            they have no names, all columns in order.
        table: the rows.
        where: what it is, for the sentence.
        first: the number of the first row, for the sentence.

    Raises:
        InputError: the table does not fit the model.
    """
    step = chunk_rows(model)
    for start in range(0, table.height, step):
        part = table.slice(start, step)
        if model.encoding is not None:
            yield model.encoding.encode(part, where, first + start)
        else:
            yield _plain_features(model, part, where, first + start)


def _plain_features(model: "Model", table: "pl.DataFrame", where: str, first: int) -> Array:
    """Return the columns as numbers, one feature each; none may be empty."""
    inputs = model.architecture.inputs
    if model.feature_names is not None:
        absent = [name for name in model.feature_names if name not in table.columns]
        if absent:
            raise InputError(
                f"a table must have the model's columns, but {where} lacks {absent[0]!r}"
            )
        table = table.select(model.feature_names)
    if table.width != inputs:
        raise InputError(
            f"a table for this model must have a column for each of its {inputs} features, "
            f"but {where} has {table.width}"
        )
    X = np.empty((table.height, inputs))
    for place, column in enumerate(table.iter_columns()):
        cells = numbers(column, where, first)
        if cells.null_count():
            row = int(cells.is_null().arg_max() or 0)
            raise InputError(
                f"features must be numbers, but column {column.name!r}, row {first + row} of "
                f"{where} is empty"
            )
        X[:, place] = cells.to_numpy()
    return X
