"""The model file: safetensors, which cannot carry code.

Parameters and moving statistics are its arrays. Everything else (architecture, labels, names,
encoding, standardisation) is one canonical JSON string in its header, under "klayer": keys sorted,
no spaces, floats by their shortest digits that give the same bits. So the same model gives the
same bytes. A file of format f is read by every klayer that knows f, and refused by earlier ones.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Architecture, Array
from klayer.data.encoding import Encoding
from klayer.errors import InputError
from klayer.models.model import Model
from klayer.state import State, initial_state

FORMAT = 2  # 1 had the standardisation among its arrays, and no encoding
MODEL_FILE = "model.safetensors"
"""The model's file in a run directory."""

DTYPES = ("float32", "float64")


def model_bytes(model: Model) -> bytes:
    """Return the content of a model's file."""
    from safetensors.numpy import save

    header = {
        "format": FORMAT,
        "architecture": asdict(model.architecture),
        "networks": model.state.networks,
        "steps": model.state.steps,
        "dtype": str(model.state.theta.dtype),
        "labels": model.labels.tolist(),
        "class_names": model.class_names,
        "lam": [float(lam) for lam in model.lam],
        "best": int(model.best),
        "feature_names": model.feature_names,
        "picture": model.picture,
        "standardisation": {
            "mean": model.mean.tolist(),
            "inverse_std": model.inverse_std.tolist(),
        },
        "encoding": model.encoding and model.encoding.to_list(),
    }
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False)
    arrays = {name: np.ascontiguousarray(array) for name, array in _named(model.state)}
    return save(arrays, {"klayer": text})


def load_model(path: str | Path) -> Model:
    """Return the model of a run directory or a model file.

    Args:
        path: a run directory, or a file that `Model.save` wrote.

    Raises:
        InputError: there is no such file, it is damaged, or a later version wrote it.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from klayer import Plan, fit, load_data
        >>> data = load_data("digits")
        >>> model = fit(data, Plan(hidden=(10,), steps=20, step_size=10), threads=1).model
        >>> with TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/digits.safetensors")
        ...     again = load_model(f"{folder}/digits.safetensors")
        >>> X = data.samples.X[data.test]
        >>> bool((again.predict(X) == model.predict(X)).all())
        True
    """
    file = Path(path)
    file = file / MODEL_FILE if file.is_dir() else file
    if not file.is_file():
        if (file.parent / "plan.json").is_file():
            raise InputError(
                f"a run must have ended for its model, but {path} holds none yet; go on by "
                f"`resume` of fit (on the command line `klayer train --resume --out {path}`)"
            )
        there = "which is neither" if Path(path).exists() else "which does not exist"
        raise InputError(
            f"a model must be a run directory or a model file, but got {path}, {there}"
        )
    return model_from_bytes(file.read_bytes(), str(path))


def model_from_bytes(content: bytes, name: str) -> Model:
    """Return the model of a file's content.

    Args:
        content: of the file.
        name: of the file, for the sentence.

    Raises:
        InputError: it is damaged, not klayer's, or of a later version.
    """
    header, arrays = _read(content, name)
    version = header.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise InputError(
            f"a model file must have format {FORMAT} or earlier, but {name} has {version}; "
            "use a later klayer"
        )
    try:
        return _model(header, arrays)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        missing = f"{error} is missing" if isinstance(error, KeyError) else error
        raise InputError(
            f"a model file must be one that klayer wrote, but {name}: {missing}"
        ) from error


def _read(content: bytes, name: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the header and the arrays of a model file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
        size = int.from_bytes(content[:8], "little")
        header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["klayer"])
        if not isinstance(header, dict):
            raise TypeError("its header is no object")
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"a model file must be whole and written by klayer, but {name} is not ({error})"
        ) from error
    return header, arrays


def _model(header: dict[str, Any], arrays: dict[str, Array]) -> Model:
    """Return the model that header and arrays describe; refuse what does not fit together."""
    settings = header["architecture"]
    architecture = Architecture(**{**settings, "hidden": tuple(settings["hidden"])})
    if not isinstance(architecture.batch_norm, bool):
        raise ValueError(f"batch_norm must be true or false, but is {architecture.batch_norm!r}")
    state = _state(architecture, header, arrays)
    inputs, classes, networks = architecture.inputs, architecture.classes, state.networks
    labels = np.array(_list(header, "labels", classes))
    if labels.ndim != 1 or labels.dtype.kind not in "biuU" or len(set(labels.tolist())) < classes:
        raise ValueError("labels must be different whole numbers or texts")
    names, picture = header["feature_names"], header["picture"]
    if names is not None:
        names = _texts(header, "feature_names", inputs)
    if picture is not None:
        height, width, channels = (int(side) for side in _list(header, "picture", 3))
        picture = (height, width, channels)
        if min(picture) < 1 or height * width * channels != inputs:
            raise ValueError(f"a picture of {picture} must have the {inputs} features")
    best = header["best"]
    if not (isinstance(best, int) and 0 <= best < networks):
        raise ValueError(f"best must be one of {networks} networks, but is {best!r}")
    mean, inverse_std = _standardisation(header, arrays, inputs)
    encoding = header.get("encoding")
    if encoding is not None:
        encoding = Encoding.from_list(encoding)
        if encoding.feature_names != names:
            raise ValueError("the encoding must give the features")
    return Model(
        state=state,
        labels=labels,
        class_names=_texts(header, "class_names", classes),
        mean=mean,
        inverse_std=inverse_std,
        lam=tuple(_finite(_list(header, "lam", networks), "lam").tolist()),
        best=best,
        feature_names=names,
        picture=picture,
        encoding=encoding,
    )


def _state(architecture: Architecture, header: dict[str, Any], arrays: dict[str, Array]) -> State:
    """Return the stack; no array of it is made before the file is known to hold it."""
    networks, steps, dtype = header["networks"], header["steps"], header["dtype"]
    if not (isinstance(networks, int) and networks > 0 and isinstance(steps, int) and steps >= 0):
        raise ValueError(f"there must be networks and steps, but got {networks!r} and {steps!r}")
    if dtype not in DTYPES:
        raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, but is {dtype!r}")
    shapes = dict(architecture.shapes)
    for layer, width in enumerate(architecture.hidden if architecture.batch_norm else (), 1):
        shapes |= {f"moving_mean{layer}": (width, 1), f"moving_variance{layer}": (width, 1)}
    found = {
        name: _checked(arrays, name, (networks, *shape), dtype) for name, shape in shapes.items()
    }
    state = initial_state(architecture, networks, dtype)
    for name, target in _named(state):
        target[...] = found[name]
    for layer, statistics in enumerate(state.statistics, 1):
        if (statistics.variance < 0).any():
            raise ValueError(f"array moving_variance{layer} holds negative values")
    return replace(state, steps=steps)


def _named(state: State) -> list[tuple[str, Array]]:
    """Return the arrays of a stack that a model file keeps, by name."""
    found = list(state.parameters.named())
    for layer, statistics in enumerate(state.statistics, 1):
        found.append((f"moving_mean{layer}", statistics.mean))
        found.append((f"moving_variance{layer}", statistics.variance))
    return found


def _standardisation(
    header: dict[str, Any], arrays: dict[str, Array], inputs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and inverse_std, from the header or, of format 1, from the arrays."""
    if header["format"] == 1:
        return (
            _checked(arrays, "mean", (inputs,), "float64"),
            _checked(arrays, "inverse_std", (inputs,), "float64"),
        )
    kept = header["standardisation"]
    return (
        _finite(_list(kept, "mean", inputs), "mean"),
        _finite(_list(kept, "inverse_std", inputs), "inverse_std"),
    )


def _checked(arrays: dict[str, Array], name: str, shape: tuple[int, ...], dtype: str) -> Array:
    """Return one array of the file, which must be finite and of that shape and type."""
    if name not in arrays:
        raise KeyError(f"array {name}")
    source = arrays[name]
    if source.shape != shape or source.dtype != dtype:
        raise ValueError(
            f"array {name} must be {dtype} {shape}, but is {source.dtype} {source.shape}"
        )
    return _finite(source, f"array {name}")


def _finite(values: Any, name: str) -> Array:
    """Return numbers as an array; refuse what is not finite."""
    array = values if isinstance(values, np.ndarray) else np.array(values, np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite values")
    return array


def _list(header: dict[str, Any], name: str, length: int) -> list[Any]:
    """Return a list of the header, which must have so many members."""
    found = header[name]
    if not isinstance(found, list) or len(found) != length:
        raise ValueError(f"{name} must be a list of {length}")
    return found


def _texts(header: dict[str, Any], name: str, length: int) -> tuple[str, ...]:
    """Return a list of texts of the header."""
    found = _list(header, name, length)
    if not all(isinstance(each, str) for each in found):
        raise ValueError(f"{name} must be texts")
    return tuple(found)
