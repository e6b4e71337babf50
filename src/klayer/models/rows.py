"""What a model is given, as rows that an engine reads: tables, pictures and arrays that fit it."""

from typing import TYPE_CHECKING, Any
from warnings import warn

import numpy as np

from klayer.architecture import Array
from klayer.data.planes import planes
from klayer.errors import InputError
from klayer.samples import Samples

if TYPE_CHECKING:
    from klayer.models.model import Model, Rows


def samples_of(model: "Model", X: "Rows") -> Samples:
    """Return rows ready to be gathered by a model's standardisation.

    Args:
        model: who is to read them.
        X: what `Model.predict` takes.

    Raises:
        InputError: they do not fit the model.
    """
    rows = model.encoding.encode(X) if model.encoding and _is_table(X) else np.asarray(X)
    inputs = model.architecture.inputs
    if rows.ndim == 0 and hasattr(X, "toarray"):
        raise InputError(
            f"X must be dense, but got a {type(X).__name__}; give X.toarray(), or some rows at "
            "a time"
        )
    if model.picture is not None:
        rows = _pictures(model, rows)
    if rows.ndim != 2 or rows.shape[1] != inputs:
        raise InputError(f"X must have shape (n, {inputs}){_order(model)}, but got {rows.shape}")
    if rows.dtype.kind not in "biuf":
        raise InputError(f"X must hold numbers, but got dtype {rows.dtype}")
    if rows.dtype not in (np.uint8, np.float32, np.float64):
        rows = rows.astype(np.float64)
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        raise InputError("X must be finite, but holds NaN or infinite values")
    y = np.zeros(len(rows), np.int64)
    return Samples(np.ascontiguousarray(rows), y, model.mean, model.inverse_std)


def _pictures(model: "Model", rows: Array) -> Array:
    """Return pictures as rows; warn where their numbers are not of 0 … 255."""
    assert model.picture is not None
    if rows.shape[1:] in (model.picture, model.picture[:2] if model.picture[2] == 1 else ()):
        rows = planes(rows)
    if rows.dtype.kind == "f" and rows.size and rows.max() <= 1 < model.mean.max() / 2:
        warn(
            "pictures should be of 0 … 255, as in training, but all numbers of X are at most 1",
            stacklevel=5,
        )
    return rows


def _order(model: "Model") -> str:
    """Return how the features are ordered, or what else X may be, for a sentence."""
    if model.encoding is not None:
        names = [column.name for column in model.encoding.used]
        shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        return f", or be a table with the columns {shown}"
    if model.picture is None:
        return ""
    height, width, channels = model.picture
    order = ", one colour's plane after another" if channels > 1 else ""
    return f"{order}, or be pictures of bytes (n, {height}, {width}, {channels})"


def _is_table(X: Any) -> bool:
    """Return whether X has columns with names."""
    return hasattr(X, "columns")
