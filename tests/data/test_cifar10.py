"""CIFAR-10 in every form in which it is published; small files that the tests write."""

import functools
import io
import operator
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer.data import load_data
from klayer.data.cifar10 import PIXELS
from klayer.data.sources import read_source
from klayer.errors import InputError
from tests.data.makers import NAMES, batches, cifar10_files, python_batch, write_folder, write_tar

VERSIONS = ("python", "python2", "binary")


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_data(path)
    return str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["folder", "parent", "tar.gz"])
def test_every_version_and_form_gives_the_same_rows_labels_and_sets(
    tmp_path: Path, version: str, form: str
) -> None:
    files = cifar10_files(version)
    official = "cifar-10-batches-bin" if version == "binary" else "cifar-10-batches-py"
    match form:
        case "folder":
            path = write_folder(tmp_path / "any", files)
        case "parent":
            path = write_folder(tmp_path / official, files).parent
        case _:
            path = write_tar(tmp_path / "cifar.tar.gz", files, top=official)
    found = read_source(path)
    assert found.X.dtype == np.uint8
    assert np.array_equal(found.X, np.concatenate([X for X, _ in batches()]))
    assert found.labels.tolist() == functools.reduce(operator.iadd, (y for _, y in batches()), [])
    assert found.test.tolist() == list(range(100, 120))
    assert found.class_names == tuple(NAMES)
    assert found.picture == (32, 32, 3)


def test_batches_of_unequal_length_lie_one_after_another(tmp_path: Path) -> None:
    files = cifar10_files()
    X, y = batches()[1]
    files["data_batch_2"] = python_batch(X[:3], y[:3])
    found = read_source(write_folder(tmp_path, files))
    assert len(found.X) == len(found.labels) == 103
    assert np.array_equal(found.X[20:26], np.concatenate([X[:3], batches()[2][0][:3]]))
    assert found.test.tolist() == list(range(83, 103))


def test_the_name_finds_what_lies_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "a" / "cifar-10-batches-py", cifar10_files())
    (tmp_path / "b").mkdir()
    write_tar(tmp_path / "b" / "cifar-10-python.tar.gz", cifar10_files())
    given = load_data("cifar10", data_dir=tmp_path / "a")
    monkeypatch.setenv("KLAYER_DATA", str(tmp_path / "b"))
    assert load_data("cifar10").fingerprint == given.fingerprint
    assert given.name == "cifar10"
    with pytest.raises(InputError, match="run `klayer data get cifar10"):
        load_data("cifar10", data_dir=tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["data_batch_3", "test_batch", "batches.meta"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    files = cifar10_files()
    del files[name]
    assert f"lacks {name}" in refused(write_folder(tmp_path / "a", files))
    assert f"lacks {name}" in refused(write_tar(tmp_path / "b.tar.gz", files))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_batch_cut_short_is_refused(tmp_path: Path, version: str) -> None:
    files = cifar10_files(version)
    name = next(iter(files))
    for end in (0, 1, 100, len(files[name]) - 1):
        cut = {**files, name: files[name][:end]}
        assert name in refused(write_folder(tmp_path, cut))


def test_a_tar_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar.gz", cifar10_files())
    content = path.read_bytes()
    for end in (0, 10, 1000, len(content) // 2, len(content) - 500):
        path.write_bytes(content[:end])
        assert "tar archive" in refused(path) or "lacks" in refused(path)
    path.write_bytes(b"no archive at all" * 100)
    assert "must be a whole tar archive" in refused(path)


def test_a_hostile_batch_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    files = cifar10_files()
    files["data_batch_1"] = b"cos\nsystem\n(S'touch " + str(mark).encode() + b"'\ntR."
    path = write_folder(tmp_path / "a", files)
    assert "names 'os.system'; it was refused, and nothing of it was run" in refused(path)
    assert not mark.exists()
    pickle.loads(files["data_batch_1"])
    assert mark.exists(), "the pickle was not hostile"


@pytest.mark.parametrize(
    ("batch", "sentence"),
    [
        ({b"data": np.zeros((2, 5), np.uint8), b"labels": [0, 1]}, "3072 columns"),
        ({b"data": np.zeros((2, PIXELS), np.uint8), b"labels": [0]}, "2 rows, but .* has 1 labels"),
        ({b"data": np.zeros((2, PIXELS), np.uint8)}, "no list of labels"),
        ({b"data": np.zeros((1, PIXELS), np.uint8), b"labels": [-1]}, "0 to 255"),
        ({b"data": np.zeros((1, PIXELS), np.uint8), b"labels": ["cat"]}, "0 to 255"),
        ({b"data": np.zeros((1, PIXELS), np.uint8), b"labels": [77]}, "below 10, .* a label 77"),
        ({b"data": np.zeros((0, PIXELS), np.uint8), b"labels": []}, "1 to 10000 rows"),
        ({b"labels": [0]}, "'data' must be an array"),
        ([1, 2], "'data' must be an array"),
    ],
)
def test_a_batch_that_is_not_what_it_must_be_is_refused(
    tmp_path: Path, batch: Any, sentence: str
) -> None:
    files = cifar10_files() | {"data_batch_4": pickle.dumps(batch, 2)}
    with pytest.raises(InputError, match=sentence):
        load_data(write_folder(tmp_path, files))


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("../../etc/evil", tarfile.REGTYPE, "must stay in its folder"),
        ("/etc/evil", tarfile.REGTYPE, "must stay in its folder"),
        ("cifar-10-batches-py/data_batch_1", tarfile.SYMTYPE, "plain files and folders only"),
        ("cifar-10-batches-py/data_batch_1", tarfile.LNKTYPE, "plain files and folders only"),
        ("cifar-10-batches-py/data_batch_1", tarfile.CHRTYPE, "plain files and folders only"),
    ],
)
def test_a_tar_member_that_leaves_its_folder_or_is_no_file_is_refused(
    tmp_path: Path, name: str, kind: bytes, sentence: str
) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info, io.BytesIO())
    assert sentence in refused(path)


def test_a_tar_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        info = tarfile.TarInfo("cifar-10-batches-py/readme.html")
        info.size = 80 << 20
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    assert "must unpack to at most 200 times its size" in refused(path)
