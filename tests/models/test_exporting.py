"""A model exported is the model: computed by onnxruntime, whatever its shape and input."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klayer.architecture import Architecture
from klayer.errors import InputError
from klayer.models import Model, exporting, load_model
from klayer.models.exporting import export_onnx, onnx_graph
from klayer.models.file import model_from_bytes
from klayer.models.folding import folded_state
from tests.models.made import architectures, dtypes, made_model, rows

onnx = pytest.importorskip("onnx", reason="needs klayer[onnx]")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs klayer[onnx]")

WIDE = Architecture(4, (6, 5), 3, batch_norm=True)


def computed(content: bytes, X: Any) -> tuple[Any, Any]:
    """Return what onnxruntime makes of rows: labels and probabilities."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    labels, P = session.run(["label", "probabilities"], {"X": X})
    return labels, P


@settings(deadline=None, max_examples=40)
@given(
    architecture=architectures,
    networks=st.integers(1, 3),
    dtype=dtypes,
    raw=st.sampled_from(exporting.RAW),
    seed=st.integers(0, 99),
)
def test_saved_loaded_folded_and_exported_models_predict_the_same(
    architecture: Architecture, networks: int, dtype: str, raw: str, seed: int
) -> None:
    model = made_model(architecture, networks, dtype, seed)
    X = np.clip(np.rint(rows(20, seed)), 0, 255).astype(raw)
    P = model.predict_proba(X)
    assert np.array_equal(model_from_bytes(model.to_bytes(), "it").predict_proba(X), P)
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    assert np.abs(model.folded().predict_proba(X) - P).max() <= tolerance
    labels, found = computed(onnx_graph(model, raw).SerializeToString(), X)
    assert np.abs(found - P).max() <= tolerance
    top = np.sort(P, axis=1)
    clear = top[:, -1] - top[:, -2] > 2 * tolerance
    assert labels[clear].tolist() == model.predict(X)[clear].tolist()


@pytest.mark.parametrize("labels", [[3, -5, 9], ["x", "ü", "z"]])
def test_labels_come_back_as_they_were(labels: list[Any]) -> None:
    model = replace(made_model(WIDE), labels=np.array(labels))
    found, _ = computed(onnx_graph(model, "float64").SerializeToString(), rows())
    assert found.tolist() == model.predict(rows()).tolist()
    assert set(found.tolist()) <= set(labels)


def test_the_largest_difference_is_told_and_the_file_is_the_same_each_time(tmp_path: Path) -> None:
    model = made_model(WIDE, networks=2)
    told = model.export_onnx(tmp_path / "a.onnx")
    assert 0 <= told < 1e-6
    export_onnx(model, tmp_path / "b.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_metadata_hold_the_names(tmp_path: Path) -> None:
    model = replace(made_model(WIDE), feature_names=("a", "b", "c", "d"))
    export_onnx(model, tmp_path / "a.onnx")
    (found,) = onnx.load(tmp_path / "a.onnx").metadata_props
    assert found.key == "klayer"
    assert json.loads(found.value)["feature_names"] == ["a", "b", "c", "d"]
    assert json.loads(found.value)["class_names"] == ["a", "b", "c"]


def test_metadata_say_how_a_picture_becomes_a_row(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 2, 4, 3), dtype=np.uint8)
    model = replace(made_model(Architecture(24, (6,), 3)), picture=(2, 4, 3))
    export_onnx(model, tmp_path / "a.onnx")
    (words,) = onnx.load(tmp_path / "a.onnx").metadata_props
    said = json.loads(words.value)["picture_order"]
    assert said == {"order": ["colour", "row", "column"], "shape": [3, 2, 4], "range": [0, 255]}
    axes = [("row", "column", "colour").index(name) + 1 for name in said["order"]]
    ordered = pictures.transpose(0, *axes)
    assert list(ordered.shape[1:]) == said["shape"]
    _, found = computed((tmp_path / "a.onnx").read_bytes(), ordered.reshape(5, -1))
    assert found == pytest.approx(model.predict_proba(pictures), abs=1e-5)
    assert exporting.order_of(made_model(WIDE)) is None


def test_a_graph_that_is_not_the_model_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def badly_folded(model: Model) -> Model:
        other = replace(model.architecture, epsilon=0.5)
        return replace(model, state=folded_state(replace(model.state, architecture=other)))

    monkeypatch.setattr(Model, "folded", badly_folded)
    with pytest.raises(InputError, match="model's probabilities to 1e-05, but they differ by 0"):
        export_onnx(made_model(WIDE), tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


def test_what_is_needed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="must be of type uint8, float32, float64, but got 'int'"):
        export_onnx(made_model(WIDE), tmp_path / "a.onnx", "int")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match=r"the extra klayer\[onnx\], but onnxruntime is not"):
        export_onnx(made_model(WIDE), tmp_path / "a.onnx")


def test_the_command_exports_the_stack_or_its_best(klayer: Any, tmp_path: Path) -> None:
    model = replace(made_model(WIDE, networks=3), best=1)
    model.save(tmp_path / "m.safetensors")
    said = klayer.json(
        "export", tmp_path / "m.safetensors", tmp_path / "a.onnx", "--input", "float64"
    )
    assert said["networks"] == 3
    assert said["bytes"] == (tmp_path / "a.onnx").stat().st_size
    _, found = computed((tmp_path / "a.onnx").read_bytes(), rows())
    assert found == pytest.approx(
        load_model(tmp_path / "m.safetensors").predict_proba(rows()), abs=1e-5
    )
    arguments = ["--best", "--input", "float64"]
    assert klayer("export", tmp_path / "m.safetensors", tmp_path / "b.onnx", *arguments) == 0
    _, found = computed((tmp_path / "b.onnx").read_bytes(), rows())
    assert found == pytest.approx(model.network(1).predict_proba(rows()), abs=1e-5)
    assert "differ from the model's by at most" in klayer.error


def test_the_command_says_what_is_wrong(klayer: Any, tmp_path: Path) -> None:
    made_model(WIDE).save(tmp_path / "m.safetensors")
    assert klayer("export", tmp_path / "m.safetensors", tmp_path / "a.pb") == 2
    assert "`FILE` must end in .onnx" in klayer.error
    assert klayer("export", tmp_path / "m.safetensors", tmp_path / "no" / "a.onnx") == 2
    assert "must be written, but cannot be" in klayer.error
    assert klayer("export", "--help") == 0
    assert "Example: klayer export" in klayer.out
