"""What is said of a table's columns: what was done with each."""

import warnings
from shlex import quote
from typing import TYPE_CHECKING, Any

from klayer.cli.console import words

if TYPE_CHECKING:
    from rich.table import Table

    from klayer.architecture import Array
    from klayer.data import Data
    from klayer.data.encoding import Encoding

MOST = 20  # sentences


def load_quietly(**where: Any) -> "Data":
    """Return data, and say of columns nothing that `say_columns` or a table says of each."""
    from klayer.data import load_data
    from klayer.data.remarks import label_remark
    from klayer.errors import DataWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        data = load_data(**where)
    if remark := label_remark(data):
        words().print(remark)
    return data


def say_columns(data: "Data") -> None:
    """Say on standard error what was done with columns that were not read as plain numbers."""
    if data.encoding is None:
        return
    from klayer.data.measuring import numbered, words_of

    sentences = [f"column {name!r}: {done}" for name, done in words_of(data.encoding).items()]
    for sentence in sentences[:MOST]:
        words().print(sentence)
    if len(sentences) > MOST:
        words().print(f"and {len(sentences) - MOST} more columns; `klayer data info` lists all")
    for name in numbered(data.encoding, data.samples.X):
        words().print(
            f"column {name!r} seems to number the rows, yet is used as a feature; "
            f"--ignore {quote(name)} leaves it out"
        )


def column_table(encoding: "Encoding", X: "Array", most: int) -> "Table":
    """Return a table of all columns: what each holds, and what is done with it.

    Args:
        encoding: of the columns.
        X: the features (n, d).
        most: how many lines it has at most.
    """
    from rich.table import Table
    from rich.text import Text

    from klayer.data.measuring import numbered, words_of

    done = words_of(encoding)
    done |= {
        name: f"numbers that seem to number the rows: --ignore {quote(name)}?"
        for name in numbered(encoding, X)
    }
    table = Table(title="columns", title_justify="left")
    table.add_column("column", overflow="fold")
    table.add_column("features", justify="right")
    table.add_column("what is done", overflow="fold")
    for column in encoding.columns[:most]:
        said = done.get(column.name, "numbers as they are")
        table.add_row(Text(column.name), str(len(column.features)), Text(said))
    if len(encoding.columns) > most:
        table.caption = f"and {len(encoding.columns) - most} more; --json has all"
    return table


def columns_of(encoding: "Encoding | None") -> list[dict[str, Any]] | None:
    """Return what ``--json`` prints of the columns: each with its kind, settings and features."""
    if encoding is None:
        return None
    return [
        {**settings, "features": list(column.features)}
        for settings, column in zip(encoding.to_list(), encoding.columns, strict=True)
    ]
