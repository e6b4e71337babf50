"""What is allowed in a data set and yet rarely meant: a sentence for each, said when it is read."""

from klayer.data.dataset import Data
from klayer.data.encoding import Categories, Column, LeftOut
from klayer.data.measuring import SHOWN, numbered, words_of
from klayer.data.quantities import quantity_among

MOST_NUMBERED = 50  # whole numbers that may well be classes, however few the rows are
FEWEST_OF_A_CLASS = 5  # rows in the mean; where they are fewer, the numbers seem a quantity


def column_remark(data: Data) -> str:
    """Return what is to be said of columns that give no feature, or one for each quantity; or "".

    Nothing is said of a column that was to be ignored.

    Example:
        >>> import polars as pl
        >>> from klayer.data import load_data
        >>> born, a = ["2000-01-01", "2000-01-02"] * 20, [1, 2, 4, 8] * 10
        >>> table = pl.DataFrame({"born": born, "a": a, "kind": ["x", "y"] * 20})
        >>> column_remark(load_data(table, target="kind", ignore=["born"]))
        ''
    """
    if data.encoding is None:
        return ""
    ignored, words = data.origin.get("ignore", ()), words_of(data.encoding)
    odd = [c.name for c in data.encoding.columns if c.name not in ignored and _is_odd(c)]
    if not odd:
        return ""
    listed = "; ".join(f"{name!r} ({words[name].replace('; ', ', ')})" for name in odd[:SHOWN])
    more = f" and {len(odd) - SHOWN} more" if len(odd) > SHOWN else ""
    return (
        f"the columns of a table should be of numbers or of a few texts, but in {data.name} are "
        f"{listed}{more}; change them, or name in `ignore` (on the command line `--ignore`) those "
        "that are not to be used"
    )


def numbered_remark(data: Data) -> str:
    """Return what is to be said of columns that seem to number the rows; "" where there are none.

    Example:
        >>> import polars as pl
        >>> from klayer.data import load_data
        >>> table = pl.DataFrame({"id": range(40), "a": [1, 2] * 20, "kind": ["x", "y"] * 20})
        >>> numbered_remark(load_data(table, target="kind", ignore=["id"]))
        ''
    """
    if data.encoding is None:
        return ""
    found = [repr(name) for name in numbered(data.encoding, data.samples.X)]
    if not found:
        return ""
    return (
        f"features should say something of their rows, but in {data.name} {', '.join(found)} "
        f"seem{'s' if len(found) == 1 else ''} to number them; leave out by `ignore` (on the "
        "command line `--ignore`) what does"
    )


def label_remark(data: Data) -> str:
    """Return what is to be said of labels that seem to be a quantity; "" of others.

    Example:
        >>> from klayer.data import load_data
        >>> label_remark(load_data("digits"))
        ''
    """
    n, K = len(data.samples.y), data.classes
    most = max(MOST_NUMBERED, n / FEWEST_OF_A_CLASS)
    if data.labels.dtype.kind not in "iuf" or most >= K:
        return ""
    return (
        f"labels should be of few classes, but those of {data.name} are {K:,} different whole "
        f"numbers in {n:,} rows, as of a quantity, which a classifier does not answer; put them "
        "into ranges"
    )


def _is_odd(column: Column) -> bool:
    """Return whether a column gives no feature, or one for each text of a quantity."""
    if isinstance(column, Categories):
        return quantity_among([text for text in column.known if text is not None]) is not None
    return isinstance(column, LeftOut)
