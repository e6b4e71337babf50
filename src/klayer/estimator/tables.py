"""What is wrong with a table whose columns a classifier cannot take as numbers."""

from typing import Any

from klayer.data.cells import short
from klayer.data.frames import as_frame
from klayer.errors import InputError

REMEDY = (
    "put scikit-learn's encoders before the classifier in a pipeline, or train on the file, "
    "klayer.fit(klayer.load_data(…)), which encodes texts and empty cells"
)


def fault_of(X: Any) -> str | None:
    """Return which column of a table is not of numbers, or has an empty cell, in a sentence.

    Args:
        X: what a classifier was given; None is returned of all but tables.

    Example:
        >>> import pandas as pd
        >>> fault_of(pd.DataFrame({"age": [3, None]})).partition(";")[0]
        "features must be numbers, but column 'age' is empty in row 2"
    """
    if not hasattr(X, "columns"):
        return None
    import polars as pl

    try:
        frame = as_frame(X)
    except InputError:
        return None
    for column in frame.iter_columns():
        cells = column.fill_nan(None) if column.dtype.is_float() else column
        rule = f"features must be numbers, but column {column.name!r}"
        if not (cells.dtype.is_numeric() or cells.dtype == pl.Boolean or cells.is_null().all()):
            value = next(cell for cell in cells if cell is not None)
            return f"{rule} has {short(str(value))}, of type {cells.dtype}; {REMEDY}"
        if cells.null_count():
            row = int(cells.is_null().arg_max() or 0) + 1
            return f"{rule} is empty in row {row}; {REMEDY}"
    return None
