"""A model as an ONNX graph, which other runtimes compute without klayer.

Batch normalisation is folded, the standardisation is inside, and a stack is one graph whose
arrays keep their leading axis and whose probabilities are averaged at the end.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from klayer.architecture import Array
from klayer.errors import InputError
from klayer.storage import write_whole

if TYPE_CHECKING:
    import onnx

    from klayer.models.model import Model

RAW = ("uint8", "float32", "float64")
OPSET, IR_VERSION = 17, 8  # of 2022: what all runtimes read
TOLERANCE = 1e-5
ROWS = 64  # that the graph is checked on
MOST_BYTES = (1 << 31) - (1 << 20)  # of a file of this kind


def export_onnx(model: "Model", path: Path, raw: str | None = None) -> float:
    """Write a model as an ONNX graph, once onnxruntime has computed the same with it.

    Its input is `X` (n, d), raw rows as the data had them; its outputs are `label` (n,) and
    `probabilities` (n, K). Its metadata hold the names of classes and features under "klayer", and
    how pictures become rows: see `order_of`. Of a table's model, d are the encoded features.

    Args:
        model: of a stack, the mean over its networks is exported.
        path: of the file.
        raw: type of the input, "uint8", "float32" or "float64"; by default uint8 for pictures and
            float32 else.

    Returns:
        The largest difference of a probability from the model's own, on 64 random rows.

    Raises:
        InputError: the extra klayer[onnx] is not installed, `raw` is unknown, or the graph gives
            other probabilities than the model, by more than 1e-5.
        StorageError: the file cannot be written.
    """
    raw = raw or ("uint8" if model.picture else "float32")
    if raw not in RAW:
        raise InputError(f"the input must be of type {', '.join(RAW)}, but got {raw!r}")
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"to export needs the extra klayer[onnx], but {error.name} is not installed"
        ) from error
    if model.state.theta.nbytes > MOST_BYTES:
        raise InputError(
            f"an ONNX file must have less than 2 GiB, but the model has "
            f"{model.state.theta.nbytes / (1 << 30):.1f} GiB"
        )
    content = onnx_graph(model, raw).SerializeToString(deterministic=True)
    difference = largest_difference(model, content, raw)
    if not difference <= TOLERANCE:
        raise InputError(
            f"the graph must give the model's probabilities to {TOLERANCE:g}, but they differ by "
            f"{difference:.2g}, so nothing is written; train in float64, or export with another "
            "type of input"
        )
    write_whole(path, content)
    return difference


def onnx_graph(model: "Model", raw: str) -> "onnx.ModelProto":
    """Return the graph of a model.

        H_0 = (X − mean) inverse_std    H_l = max(0, H_{l−1} W'_l^T + b'_l)    P = mean_p softmax

    Args:
        model: with or without batch normalisation.
        raw: type of the input.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    folded = model.folded()
    dtype = folded.state.theta.dtype
    wide = np.result_type(dtype, raw) if raw.startswith("float") else dtype  # as rows are gathered
    nodes: list[Any] = []
    constants: list[Any] = []

    def node(kind: str, inputs: list[str], output: str, **settings: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **settings))
        return output

    def constant(name: str, array: Array) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    kind_of = helper.np_dtype_to_tensor_dtype
    H = node("Cast", ["X"], "raw", to=kind_of(wide))
    H = node("Sub", [H, constant("mean", model.mean.astype(wide))], "centred")
    H = node("Mul", [H, constant("inverse_std", model.inverse_std.astype(wide))], "scaled")
    H = node("Cast", [H], "H0", to=kind_of(dtype))
    parameters = folded.state.parameters
    for layer, (W, b) in enumerate(zip(parameters.W, parameters.b, strict=True), 1):
        rows_W, rows_b = W.swapaxes(-1, -2), b.swapaxes(-1, -2)  # (P, m_{l−1}, m_l), (P, 1, m_l)
        H = node("MatMul", [H, constant(f"W{layer}", rows_W)], f"WH{layer}")
        H = node("Add", [H, constant(f"b{layer}", rows_b)], f"S{layer}")
        if layer < len(parameters.W):
            H = node("Relu", [H], f"H{layer}")
    H = node("Softmax", [H], "each", axis=-1)
    H = node("ReduceMean", [H], "probabilities", axes=[0], keepdims=0)
    H = node("ArgMax", [H], "class", axis=1, keepdims=0)
    node("Gather", [constant("labels", _labels(model)), H], "label")
    graph = helper.make_graph(
        nodes,
        "klayer",
        [helper.make_tensor_value_info("X", kind_of(np.dtype(raw)), ["n", folded.mean.size])],
        [
            helper.make_tensor_value_info(
                "label", TensorProto.STRING if _is_text(model) else TensorProto.INT64, ["n"]
            ),
            helper.make_tensor_value_info(
                "probabilities", kind_of(dtype), ["n", len(model.labels)]
            ),
        ],
        initializer=constants,
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="klayer",
    )
    helper.set_model_props(made, {"klayer": _words(model)})
    checker.check_model(made, full_check=True)
    return made


def largest_difference(model: "Model", content: bytes, raw: str) -> float:
    """Return how far onnxruntime's probabilities are from the model's, on random rows.

    Args:
        model: what was exported.
        content: of the file.
        raw: type of the input.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    X = _rows(model, raw)
    found = session.run(["probabilities"], {"X": X})[0]
    return float(np.abs(found - model.predict_proba(X)).max())


def _rows(model: "Model", raw: str) -> Array:
    """Return random rows about the training mean, as far from it as training rows are and twice."""
    rng = np.random.default_rng(0)
    spread = np.divide(
        2, model.inverse_std, out=np.zeros_like(model.mean), where=model.inverse_std > 0
    )
    X = model.mean + spread * rng.standard_normal((ROWS, model.mean.size))
    return np.clip(np.rint(X), 0, 255).astype(raw) if raw == "uint8" else X.astype(raw)


def _is_text(model: "Model") -> bool:
    return bool(model.labels.dtype.kind == "U")


def _labels(model: "Model") -> Array:
    """Return the labels as ONNX keeps them: texts or whole numbers."""
    return model.labels.astype(object if _is_text(model) else np.int64)


def order_of(model: "Model") -> dict[str, Any] | None:
    """Return how a picture becomes a row of the graph's input; None where rows are no pictures.

    A row is the picture's array of `shape` in the `order` of its axes, the last changing fastest.
    Its numbers are bytes as the training pictures had them, within `range`, not divided by 255.

    Example:
        >>> from klayer import Plan, fit, load_data
        >>> order_of(fit(load_data("digits"), Plan(hidden=(), step_size=1, cycles=1)).model)
        {'order': ['colour', 'row', 'column'], 'shape': [1, 8, 8], 'range': [0, 255]}
    """
    if model.picture is None:
        return None
    height, width, channels = model.picture
    return {
        "order": ["colour", "row", "column"],
        "shape": [channels, height, width],
        "range": [0, 255],
    }


def _words(model: "Model") -> str:
    """Return the names that belong to the graph, as canonical JSON."""
    words = {
        "class_names": model.class_names,
        "feature_names": model.feature_names,
        "picture": model.picture,
        "picture_order": order_of(model),
        "encoding": model.encoding and model.encoding.to_list(),
    }
    return json.dumps(words, sort_keys=True, separators=(",", ":"))
