"""The data of a study: one source, split anew by every replicate's seed."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from klayer.data import Data, load_data
from klayer.data.held import name_of
from klayer.errors import DataWarning


class Sets:
    """Loads a source, split by a seed, and keeps the last one that was asked for.

    Args:
        **where: the arguments of `load_data` but for the seed.

    Example:
        >>> sets = Sets(source="digits", validation=300)
        >>> len(sets.of(seed=1).validation), sets.of(seed=1) is sets.of(seed=1)
        (300, True)
    """

    def __init__(self, **where: Any) -> None:
        self._given: Mapping[str, Any] = where
        self._last: tuple[int, Data] | None = None
        self._is_said = False  # what is rarely meant, of the split that was first

    @property
    def where(self) -> dict[str, Any]:
        """The arguments in JSON's own types; of a source that is held, what it is.

        The columns that were not named are null, so that those of another study differ from it.
        """
        source = name_of(self._given.get("source", "digits"))
        paths = {name: str(given) for name, given in self._given.items() if isinstance(given, Path)}
        columns = {"ignore": None, "categorical": None}
        return {**columns, **self._given, **paths, "source": source}

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        return (self._last[1] if self._last else self.of(0)).classes

    @property
    def largest_class(self) -> float:
        """The share of rows of the largest class: what answering it always reaches."""
        y = (self._last[1] if self._last else self.of(0)).samples.y
        return float(np.bincount(y).max() / len(y))

    @property
    def words(self) -> str:
        """The source's name and the beginning of its fingerprint."""
        data = self._last[1] if self._last else self.of(0)
        name = str(self.where["source"]).rpartition("/")[2]
        return f"{name}, {len(data.samples.y):,} rows, fingerprint {data.fingerprint[:12]}"

    def of(self, seed: int) -> Data:
        """Return the sets of one replicate.

        Raises:
            InputError: as `load_data` does.
        """
        if self._last is not None and self._last[0] == seed:
            return self._last[1]
        self._last = None  # only one data set is in memory at a time
        with warnings.catch_warnings():
            if self._is_said:
                warnings.simplefilter("ignore", DataWarning)
            data = load_data(**self._given, seed=seed)
        self._is_said = True
        self._last = (seed, data)
        return data

    def __getstate__(self) -> dict[str, Any]:
        """Return what travels to another process: the source, not the arrays."""
        return self.__dict__ | {"_last": None}
