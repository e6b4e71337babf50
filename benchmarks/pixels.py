"""Rows to train on: real CIFAR-10 pixels where they lie beside the checkout, else random ones."""

from pathlib import Path

import numpy as np

from benchmarks.tasks import Array
from klayer.data import load_data
from klayer.samples import standardisation

CIFAR10 = Path("../shared/data/cifar10-jpeg.zip")
TRAINING_ROWS, VALIDATION_ROWS = 45_000, 5_000


def prepare_pictures(folder: Path) -> str:
    """Write 3072-input rows into `folder` and return what they are, in words."""
    if CIFAR10.exists():
        data = load_data(CIFAR10, validation=VALIDATION_ROWS)
        rows = data.training
        write_rows(folder, data.samples.X[rows], data.samples.y[rows])
        return "CIFAR-10 (its images re-encoded as JPEG), 45,000 training rows"
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (TRAINING_ROWS, 3072), dtype=np.uint8)
    write_rows(folder, X, rng.integers(0, 10, TRAINING_ROWS))
    return "random uint8 pixels, 45,000 rows"


def prepare_digits(folder: Path) -> str:
    """Write scikit-learn's digits, 64 inputs, into `folder` and return what they are, in words."""
    data = load_data("digits", validation=0, test=0)
    write_rows(folder, data.samples.X[data.training], data.samples.y[data.training])
    return f"digits, {len(data.training):,} rows"


def write_rows(folder: Path, X: Array, y: Array) -> None:
    """Write the raw rows, their standardised float32 twins, and the classes."""
    folder.mkdir(parents=True, exist_ok=True)
    mean, inverse_std = (array.astype("f4") for array in standardisation(X, np.arange(len(X))))
    ready = np.lib.format.open_memmap(folder / "X32.npy", "w+", np.float32, X.shape)
    for start in range(0, len(X), 5000):
        ready[start : start + 5000] = (X[start : start + 5000] - mean) * inverse_std
    arrays = {"X": X, "y": y.astype(np.int64), "mean": mean, "inverse_std": inverse_std}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
