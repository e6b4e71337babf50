"""What is said of a table's columns: what was done with each."""

from typing import TYPE_CHECKING, Any

from klayer.cli.console import words

if TYPE_CHECKING:
    from klayer.data.encoding import Encoding

MOST = 20  # sentences


def say_columns(encoding: "Encoding | None") -> None:
    """Say on standard error what was done with columns that were not read as plain numbers."""
    if encoding is None:
        return
    from klayer.data.measuring import words_of

    sentences = words_of(encoding)
    for sentence in sentences[:MOST]:
        words().print(sentence)
    if len(sentences) > MOST:
        words().print(f"and {len(sentences) - MOST} more columns; `klayer data info` lists all")


def columns_of(encoding: "Encoding | None") -> list[dict[str, Any]] | None:
    """Return what ``--json`` prints of the columns: each with its kind, settings and features."""
    if encoding is None:
        return None
    return [
        {**settings, "features": list(column.features)}
        for settings, column in zip(encoding.to_list(), encoding.columns, strict=True)
    ]
