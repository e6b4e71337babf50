"""`load_data`: from a name or a path to training, validation and test sets."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.data.dataset import Data, Source
from klayer.data.features import kept_features
from klayer.data.labels import encode_labels
from klayer.data.sources import read_source
from klayer.data.split import Size, draw_split
from klayer.errors import InputError
from klayer.samples import Samples, standardisation


def load_data(
    source: str | Path = "digits",
    *,
    validation: Size = None,
    test: Size = None,
    seed: int = 0,
    stratify: bool = False,
    target: str | None = None,
    data_dir: str | Path | None = None,
) -> Data:
    """Load a data set, split it, and measure the training set's mean and standard deviation.

    Features stay as they are: uint8 pictures are one uint8 array, floats keep their precision;
    rows are standardised when they are gathered into a batch, x ↦ (x − mean)/std, a constant
    feature becoming 0.

    Args:
        source: "digits", "cifar10", or a path: a CIFAR-10 folder or .tar.gz (python or binary
            version), a folder or zip of class folders with pictures, a .npz with X and y, a
            .csv or .parquet table.
        validation: rows of the validation set, or a share in [0, 1) of those not for testing;
            by default a fifth of them, at most 5,000: 5,000 for CIFAR-10.
        test: rows of the test set, or a share in [0, 1) of all, where the source has no test
            set of its own; by default a fifth, at most 5,000.
        seed: of the split.
        stratify: keep the shares of the classes in every set.
        target: the column of labels in a table.
        data_dir: where "cifar10" lies; by default $KLAYER_DATA, else the per-user cache.

    Returns:
        The three sets, as one array of rows and indices into it.

    Raises:
        InputError: there is no such source, its content breaks a rule, or a size does not fit.

    Example:
        >>> data = load_data("digits", validation=300)
        >>> len(data.training), len(data.validation), len(data.test), data.inputs, data.classes
        (1138, 300, 359, 64, 10)
    """
    found = read_source(source, target=target, data_dir=data_dir)
    X, y, labels = _checked(found, str(source))
    with ThreadPoolExecutor(1) as beside:
        fingerprint = beside.submit(fingerprint_of, X, y, labels)
        split = draw_split(
            y, found.test, validation=validation, test=test, seed=seed, stratify=stratify
        )
        samples = Samples(X, y, *standardisation(X, split.training))
    return Data(
        name=str(source),
        samples=samples,
        training=split.training,
        validation=split.validation,
        test=split.test,
        labels=labels,
        class_names=found.class_names or tuple(str(label) for label in labels.tolist()),
        feature_names=found.feature_names,
        picture=found.picture,
        fingerprint=fingerprint.result(),
        origin={
            "source": str(source),
            "validation": validation,
            "test": test,
            "seed": seed,
            "stratify": stratify,
            "target": target,
            "data_dir": None if data_dir is None else str(data_dir),
        },
    )


def _checked(found: Source, name: str) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[Any]]:
    """Return the features as they are kept, the classes, and the label of each class."""
    X = kept_features(found.X, found.feature_names)
    if len(found.labels) != len(X):
        raise InputError(
            f"there must be a label for each row, but {name} has {len(X)} rows "
            f"and {len(found.labels)} labels"
        )
    return X, *encode_labels(found.labels)


def fingerprint_of(X: NDArray[Any], y: NDArray[np.int64], labels: NDArray[Any]) -> str:
    """Return SHA-256 over shape, dtype, features and labels, in hexadecimal.

    Example:
        >>> len(fingerprint_of(np.zeros((2, 1)), np.array([0, 1]), np.array(["a", "b"])))
        64
    """
    digest = hashlib.sha256(repr((X.shape, X.dtype.str, labels.tolist())).encode())
    digest.update(X.data.cast("B"))
    digest.update(y.data.cast("B"))
    return digest.hexdigest()
