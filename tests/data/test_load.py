"""`load_data`: what it gives for the default source, and what it promises for every source."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from klayer.data import load_data
from klayer.errors import InputError
from tests.data.makers import cifar10_files, class_folders, write_folder, write_zip


def test_digits_are_those_of_scikit_learn() -> None:
    data, known = load_data(), load_digits()
    assert data.samples.X.dtype == np.uint8
    assert np.array_equal(data.samples.X, known.data)
    assert np.array_equal(data.samples.y, known.target)
    assert data.class_names == tuple("0123456789")
    assert data.picture == (8, 8, 1)


def test_the_mean_is_that_of_the_training_rows_alone() -> None:
    data = load_data("digits", seed=3)
    X = data.samples.X[data.training].astype(np.float64)
    assert data.samples.mean == pytest.approx(X.mean(axis=0), rel=1e-12)
    constant = X.max(axis=0) == X.min(axis=0)
    assert constant.any()
    assert (data.samples.inverse_std[constant] == 0).all()
    batch = data.samples.gather(data.training, np.float64)
    assert batch.mean(axis=0) == pytest.approx(np.zeros(64), abs=1e-12)
    assert batch.std(axis=0)[~constant] == pytest.approx(1, rel=1e-12)


def test_the_split_belongs_to_the_seed_and_the_fingerprint_does_not() -> None:
    first, again, other = (load_data("digits", seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.training, again.training)
    assert not np.array_equal(first.training, other.training)
    assert first.fingerprint == again.fingerprint == other.fingerprint


def test_the_fingerprint_tells_other_pixels_and_other_labels(tmp_path: Path) -> None:
    files = class_folders()
    # the same rows in the same order, one with another label
    moved = {name.replace("dog/0", "cat/9"): content for name, content in files.items()}
    changed = files | {"dog/3.png": files["dog/2.png"]}  # the same labels, another row
    found = [
        load_data(write_zip(tmp_path / f"{k}.zip", content)).fingerprint
        for k, content in enumerate((files, files, moved, changed))
    ]
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_the_origin_makes_the_same_sets_again(tmp_path: Path) -> None:
    path = write_folder(tmp_path, cifar10_files())
    data = load_data(path, validation=0.3, seed=9, stratify=True)
    again = load_data(**data.origin)
    for split in ("training", "validation", "test"):
        assert np.array_equal(data.rows(split), again.rows(split))


@pytest.mark.parametrize(
    ("source", "hint"), [("cifar-10", "cifar10"), ("Digits", "digits"), ("digit", "digits")]
)
def test_an_unknown_name_gets_the_closest_one(source: str, hint: str) -> None:
    with pytest.raises(InputError, match=f"but got '{source}'; did you mean {hint}"):
        load_data(source)


@pytest.mark.parametrize("name", ["notes.txt", "model.npy", "a.rar"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"words")
    with pytest.raises(InputError, match=r"SOURCE must be a folder, a \.zip"):
        load_data(tmp_path / name)


def test_a_reader_is_loaded_only_for_its_own_source() -> None:
    code = (
        "import sys; from klayer import load_data; load_data('digits'); "
        "print(*[n for n in ('sklearn', 'PIL', 'polars', 'pooch', 'rich') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
