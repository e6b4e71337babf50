"""Whatever polars raises while it reads, as one sentence."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from klayer.data.parquet_reader import words_of
from klayer.errors import InputError

ENCODED = (
    "; write it in UTF-8, such as by: iconv -f latin1 -t utf-8 a.csv > b.csv (utf-16 where every "
    "other byte is zero)"
)


@contextmanager
def readable(where: str, kind: str) -> Iterator[None]:
    """Turn whatever polars raises while it reads into one sentence.

    Args:
        where: what is read, for the sentence.
        kind: what it must be, for the sentence.

    Raises:
        InputError: polars raised something.

    Example:
        >>> with readable("a.csv", "table"):
        ...     raise OSError("it is cut short")
        Traceback (most recent call last):
        ...
        klayer.errors.InputError: a.csv must be a whole table, but it is cut short
    """
    try:
        with _panics_unheard():
            yield
    except InputError:
        raise
    except BaseException as error:  # a panic of polars is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        said = words_of(error)
        hint = ENCODED if "invalid utf-8" in said else ""
        raise InputError(f"{where} must be a whole {kind}, but {said}{hint}") from error


@contextmanager
def _panics_unheard() -> Iterator[None]:
    """Keep off standard error what polars writes there before a panic comes to us as an error."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
