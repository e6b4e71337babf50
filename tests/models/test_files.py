"""Model files: what is saved is what is loaded, and a file that is not right is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from klayer.architecture import Architecture
from klayer.data.encoding import Categories, Encoding, LeftOut, Number
from klayer.errors import InputError
from klayer.models import Model, load_model
from tests.models.made import architectures, dtypes, made_model, rows

ENCODING = Encoding(
    (
        Number("age", 0.1 + 0.2, indicator=True),
        LeftOut("name", "it is long"),
        Categories("kind", ("ä", None)),
    )
)


@pytest.fixture
def model() -> Model:
    made = made_model(Architecture(4, (5,), 3, batch_norm=True), networks=2)
    return replace(made, encoding=ENCODING, feature_names=ENCODING.feature_names)


@settings(deadline=None, max_examples=50)
@given(
    architecture=architectures, networks=st.integers(1, 3), dtype=dtypes, seed=st.integers(0, 99)
)
def test_a_model_comes_back_from_its_file_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory,
    architecture: Architecture, networks: int, dtype: str, seed: int,
) -> None:  # fmt: skip
    model = made_model(architecture, networks, dtype, seed)
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    model.save(path)
    again = load_model(path)
    assert again.to_bytes() == model.to_bytes() == path.read_bytes()
    assert np.array_equal(again.mean, model.mean)
    assert np.array_equal(again.inverse_std, model.inverse_std)
    assert np.array_equal(again.predict_proba(rows()), model.predict_proba(rows()))


@pytest.mark.parametrize("labels", [[3, 5, 9], ["x", "ü", "z"]])
def test_everything_of_a_model_comes_back(model: Model, tmp_path: Path, labels: list[Any]) -> None:
    model = replace(model, labels=np.array(labels), picture=(2, 2, 1), best=1)
    model.save(tmp_path / "m.safetensors")
    again = load_model(tmp_path / "m.safetensors")
    for name in ("class_names", "lam", "best", "feature_names", "picture", "encoding"):
        assert getattr(again, name) == getattr(model, name), name
    assert again.labels.tolist() == labels
    assert again.architecture == model.architecture


def test_all_but_the_arrays_is_one_canonical_json_string(model: Model) -> None:
    size = int.from_bytes(model.to_bytes()[:8], "little")
    outer = json.loads(model.to_bytes()[8 : 8 + size])["__metadata__"]
    assert set(outer) == {"klayer"}
    header = json.loads(outer["klayer"])
    assert outer["klayer"] == json.dumps(header, sort_keys=True, separators=(",", ":"))
    assert header["standardisation"]["mean"] == model.mean.tolist()
    assert header["encoding"][0]["median"] == 0.1 + 0.2


def test_a_file_of_the_first_format_is_read(model: Model, tmp_path: Path) -> None:
    plain = replace(model, encoding=None, feature_names=None)
    header = header_of(plain.to_bytes()) | {"format": 1}
    del header["encoding"], header["standardisation"]
    arrays = load(plain.to_bytes()) | {"mean": plain.mean, "inverse_std": plain.inverse_std}
    (tmp_path / "m.safetensors").write_bytes(save(arrays, {"klayer": json.dumps(header)}))
    assert load_model(tmp_path / "m.safetensors").to_bytes() == plain.to_bytes()


def test_a_file_cut_anywhere_is_refused(model: Model, tmp_path: Path) -> None:
    content = model.to_bytes()
    path = tmp_path / "m.safetensors"
    for size in [0, 4, 8, 20, len(content) // 2, len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(InputError, match="whole and written by klayer"):
            load_model(path)


def header_of(content: bytes) -> dict[str, Any]:
    size = int.from_bytes(content[:8], "little")
    found: dict[str, Any] = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["klayer"])
    return found


OURS = "must be one that klayer wrote"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 3}, "has 3; use a later klayer"),
        ({"networks": 3}, "array W1 must be float32 .*3, 5, 4.*, but is float32 .*2, 5, 4"),
        ({"networks": 10**12}, "array W1 must be float32"),
        ({"networks": "2"}, "there must be networks"),
        ({"architecture": {"inputs": 4}}, OURS),
        ({"architecture": 7}, OURS),
        ({"dtype": "float64"}, "array W1 must be float64"),
        ({"dtype": "object"}, "dtype must be one of float32, float64"),
        ({"labels": ["a", "b"]}, "labels must be a list of 3"),
        ({"labels": ["a", "b", "b"]}, "labels must be different"),
        ({"labels": [[1], [2], [3]]}, "labels must be different"),
        ({"class_names": ["a", "b", 3]}, "class_names must be texts"),
        ({"lam": [0.1]}, "lam must be a list of 2"),
        ({"lam": [0.1, float("nan")]}, "lam holds NaN"),
        ({"best": 2}, "best must be one of 2 networks, but is 2"),
        ({"picture": [2, 2, 3]}, "must have the 4 features"),
        ({"feature_names": ["a"]}, "feature_names must be a list of 4"),
        ({"standardisation": {"mean": [0.0] * 4}}, "'inverse_std' is missing"),
        ({"standardisation": {"mean": [0.0] * 3, "inverse_std": []}}, "mean must be a list of 4"),
        ({"encoding": [{"name": "a", "kind": "number", "median": 0, "indicator": False}]},
         "the encoding must give the features"),
        ({"encoding": [{"name": "a", "kind": "tree"}]}, "unknown kind 'tree'"),
        ({"encoding": [{"name": "a", "kind": "number", "median": float("inf"), "indicator": True}]},
         "a finite median"),
        ({"encoding": [{"name": "a", "kind": "categories", "known": ["x", "x"]}]},
         "different texts"),
    ],
)  # fmt: skip
def test_a_header_that_is_not_ours_is_refused(
    model: Model, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    content = model.to_bytes()
    header = header_of(content) | change
    (tmp_path / "m.safetensors").write_bytes(save(load(content), {"klayer": json.dumps(header)}))
    with pytest.raises(InputError, match=sentence) as caught:
        load_model(tmp_path / "m.safetensors")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[1]", "7", "{", "{}", '{"format":"new"}', "[" * 100_000])
def test_a_foreign_header_is_refused(model: Model, tmp_path: Path, text: str) -> None:
    (tmp_path / "m.safetensors").write_bytes(save(load(model.to_bytes()), {"klayer": text}))
    with pytest.raises(InputError, match=r"written by klayer|klayer wrote"):
        load_model(tmp_path / "m.safetensors")


def test_another_programs_file_is_refused(model: Model, tmp_path: Path) -> None:
    for header in (None, {"format": "pt"}):
        (tmp_path / "m.safetensors").write_bytes(save(load(model.to_bytes()), header))
        with pytest.raises(InputError, match="whole and written by klayer"):
            load_model(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("W1", np.nan, "array W1 holds NaN"),
        ("beta1", np.inf, "array beta1 holds NaN or infinite"),
        ("moving_mean1", np.nan, "array moving_mean1 holds NaN"),
        ("moving_variance1", -1, "array moving_variance1 holds negative values"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    model: Model, tmp_path: Path, name: str, value: float, sentence: str
) -> None:
    content = model.to_bytes()
    arrays = load(content)
    arrays[name] = arrays[name].copy()
    arrays[name].flat[0] = value
    header = json.dumps(header_of(content))
    (tmp_path / "m.safetensors").write_bytes(save(arrays, {"klayer": header}))
    with pytest.raises(InputError, match=sentence):
        load_model(tmp_path / "m.safetensors")


@pytest.mark.parametrize("name", ["W1", "b2", "gamma1", "moving_variance1"])
def test_an_array_that_is_missing_or_of_another_shape_is_refused(
    model: Model, tmp_path: Path, name: str
) -> None:
    content = model.to_bytes()
    header, path = {"klayer": json.dumps(header_of(content))}, tmp_path / "m.safetensors"
    arrays = load(content)
    path.write_bytes(save(arrays | {name: arrays[name].ravel()}, header))
    with pytest.raises(InputError, match=f"array {name} must be float32"):
        load_model(path)
    del arrays[name]
    path.write_bytes(save(arrays, header))
    with pytest.raises(InputError, match=f"array {name}.* is missing"):
        load_model(path)


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be a run directory or a model file, but got"):
        load_model(tmp_path)
