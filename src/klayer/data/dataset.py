"""A data set ready to train on: one array of rows, three sets of indices into it, and its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.encoding import Encoding
from klayer.samples import Samples


@dataclass(frozen=True, eq=False)
class Source:
    """What a reader found, before it is split.

    Attributes:
        X: raw features, (n, d), uint8, float32 or float64; of a table its columns (polars), which
            become features once it is known which rows are for training.
        labels: as they were, (n,): integers or strings.
        test: indices of rows that the source itself sets aside for testing; maybe empty.
        class_names: names for the sorted labels, where the source has names beside its labels.
        picture: (height, width, channels) where rows are pictures, stored plane after plane.
        files: what each row was read from, (n,), where each had a file of its own.
    """

    X: Any
    labels: NDArray[Any]
    test: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    class_names: tuple[str, ...] | None = None
    picture: tuple[int, int, int] | None = None
    files: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Data:
    """Training, validation and test sets: one array of rows and indices into it.

    Attributes:
        name: the source as it was asked for.
        samples: raw rows, classes 0 … K − 1, and the training set's standardisation.
        training: row indices, int64.
        validation: row indices, maybe empty.
        test: row indices, maybe empty.
        labels: the label of each class as it was in the source, (K,).
        class_names: a word for each class.
        feature_names: of the features, where the source is a table.
        picture: (height, width, channels) where rows are pictures, stored plane after plane.
        fingerprint: SHA-256 over shape, dtype, features and labels as read, in hexadecimal.
        origin: the arguments of `load_data` that make the same sets again.
        encoding: how a table's columns became features; None where the source is no table.
        files: what each row was read from, (n,), where each had a file of its own.
    """

    name: str
    samples: Samples
    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    labels: NDArray[Any]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] | None
    picture: tuple[int, int, int] | None
    fingerprint: str
    origin: Mapping[str, Any] = field(default_factory=dict)
    encoding: Encoding | None = None
    files: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return (
            f"Data({self.name!r}: {len(self.training):,} training, {len(self.validation):,} "
            f"validation and {len(self.test):,} test rows; {self.inputs:,} features, "
            f"{self.classes} classes)"
        )

    @property
    def inputs(self) -> int:
        """d, the number of features that a network reads."""
        return self.samples.mean.size

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        return len(self.labels)

    def rows(self, split: str) -> NDArray[np.int64]:
        """Return the row indices of "training", "validation" or "test", or of "all" of them."""
        if split == "all":
            return np.sort(np.concatenate([self.training, self.validation, self.test]))
        found: NDArray[np.int64] = getattr(self, split)
        return found
