"""Models: what is saved is what is loaded, and a file that is not right is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save

from klayer.architecture import Architecture
from klayer.data import Data
from klayer.errors import InputError
from klayer.initializers import initialise
from klayer.models import Model, load_model
from klayer.training import Plan, fit


@pytest.fixture
def model(clusters: Data) -> Model:
    plan = Plan(hidden=(5,), batch_norm=True, networks=2, steps=20, batch_size=16)
    return fit(clusters, plan, engine="reference").model


def test_it_predicts_the_labels_of_the_data(clusters: Data) -> None:
    fitted = fit(clusters, Plan(hidden=(8,), steps=200, step_size=100), engine="reference")
    X = clusters.samples.X[clusters.test]
    truth = clusters.labels[clusters.samples.y[clusters.test]]
    assert fitted.test is not None
    assert (fitted.model.predict(X) == truth).mean() == pytest.approx(fitted.test.accuracy[0])


def test_probabilities_are_the_mean_over_the_networks(model: Model, clusters: Data) -> None:
    X = clusters.samples.X[:7]
    each = model.predict_proba(X, per_network=True)
    assert each.shape == (2, 7, 3)
    assert model.predict_proba(X) == pytest.approx(each.mean(axis=0))
    assert each.sum(axis=-1) == pytest.approx(np.ones((2, 7)))


@given(
    hidden=st.lists(st.integers(1, 9), max_size=3).map(tuple),
    batch_norm=st.booleans(),
    networks=st.integers(1, 3),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_a_model_comes_back_from_its_file_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory,
    hidden: tuple[int, ...], batch_norm: bool, networks: int, dtype: str,
) -> None:  # fmt: skip
    architecture = Architecture(4, hidden, 3, batch_norm)
    state = initialise(architecture, 0, range(networks), [None] * networks, dtype)
    model = Model(
        state, np.array([3, 5, 9]), ("3", "5", "9"), np.arange(4.0), np.ones(4), (0.1,) * networks
    )
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    model.save(path)
    again = load_model(path)
    assert again.to_bytes() == model.to_bytes() == path.read_bytes()
    X = np.random.default_rng(0).standard_normal((5, 4))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        (np.zeros((2, 5)), r"X must have shape \(n, 6\), but got \(2, 5\)"),
        (np.zeros(6), r"X must have shape \(n, 6\), but got \(6,\)"),
        (np.full((1, 6), np.nan), "X must be finite"),
        (np.full((1, 6), "a"), "X must hold numbers"),
    ],
)
def test_rows_that_do_not_fit_are_refused(model: Model, X: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        model.predict(X)


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


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 2}, "has 2; use a later klayer"),
        ({"networks": 3}, "array W1 must be float32 .*3, 5, 6.*, but is float32 .*2, 5, 6"),
        ({"architecture": {"inputs": 6}}, "must be one that klayer wrote"),
        ({"dtype": "float64"}, "array W1 must be float64"),
    ],
)
def test_a_header_that_is_not_ours_is_refused(
    model: Model, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    content = model.to_bytes()
    header = header_of(content) | change
    (tmp_path / "m.safetensors").write_bytes(save(load(content), {"klayer": json.dumps(header)}))
    with pytest.raises(InputError, match=sentence):
        load_model(tmp_path / "m.safetensors")


def test_numbers_that_are_not_finite_are_refused(model: Model, tmp_path: Path) -> None:
    content = model.to_bytes()
    arrays = load(content)
    arrays["W1"] = arrays["W1"].copy()
    arrays["W1"][0, 0, 0] = np.nan
    (tmp_path / "m.safetensors").write_bytes(
        save(arrays, {"klayer": json.dumps(header_of(content))})
    )
    with pytest.raises(InputError, match="array W1 holds NaN"):
        load_model(tmp_path / "m.safetensors")


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be a run directory or a model file, but got"):
        load_model(tmp_path)


def test_data_of_another_shape_or_other_labels_is_refused(model: Model, data_of: Any) -> None:
    engine: Any = None  # refused before anything is computed
    other = data_of(inputs=4)
    with pytest.raises(InputError, match="must have the model's 6 features, but clusters has 4"):
        model.evaluate(other, other.test, engine)
    more = data_of(classes=4)
    with pytest.raises(InputError, match=r"labels must be among .* but clusters has 'd'"):
        model.evaluate(more, more.test, engine)
