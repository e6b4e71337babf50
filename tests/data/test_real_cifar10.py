"""The real CIFAR-10 of the shared folder, by both ways; needs ../shared."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from klayer.data import load_data
from klayer.data.sources import read_source
from tests.data.makers import NAMES


@pytest.fixture(scope="module")
def batches_folder(tmp_path_factory: pytest.TempPathFactory, cifar_zip: Path) -> Path:
    """The official layout of 1,000 + 200 of the same pictures, written by the shared script."""
    out = tmp_path_factory.mktemp("cifar10")
    script = cifar_zip.parent / "make_cifar10_batches.py"
    subprocess.run([sys.executable, str(script), str(out), "--limit", "1000"], check=True)
    return out


def test_the_zip_and_the_batches_hold_the_same_pictures(
    cifar_zip: Path, batches_folder: Path
) -> None:
    data = load_data(cifar_zip, validation=5000, seed=1)
    X, y = data.samples.X, data.samples.y
    assert X.shape == (60_000, 3072)
    assert [len(rows) for rows in (data.training, data.validation, data.test)] == [
        45_000, 5_000, 10_000,
    ]  # fmt: skip
    assert list(data.class_names) == NAMES
    assert np.bincount(y[data.test]).tolist() == [1000] * 10
    batches = read_source(batches_folder)
    assert batches.class_names == tuple(NAMES)
    for part, total in (("train", 50_000), ("test", 10_000)):
        order = np.random.default_rng(10).permutation(total)[: 1000 if part == "train" else 200]
        rows = order if part == "train" else 50_000 + order
        found = slice(0, 1000) if part == "train" else slice(1000, 1200)
        assert np.array_equal(X[rows], batches.X[found])
        assert np.array_equal(y[rows], batches.labels[found])
