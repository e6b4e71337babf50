"""A trained stack ready to use: predict, evaluate, save and load.

A model file is safetensors: arrays that cannot carry code, and one canonical JSON string in the
header with everything else (architecture, labels, feature names, picture shape). The same model
gives the same bytes.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer.architecture import Architecture, Array
from klayer.data import Data
from klayer.engines import Engine, Evaluation, choose_engine
from klayer.errors import InputError
from klayer.layers import softmax
from klayer.samples import Samples
from klayer.state import State, initial_state
from klayer.storage import write_whole

FORMAT = 1
MODEL_FILE = "model.safetensors"


@dataclass(frozen=True, eq=False)
class Model:
    """A stack of networks with what is needed to use it on new rows.

    Attributes:
        state: the stack's numbers.
        labels: the label of each class as it was in the data, (K,).
        class_names: a word for each class.
        mean: of every feature over the training rows, (d,).
        inverse_std: 1/standard deviation of every feature, (d,); 0 for a constant one.
        lam: λ of every network, (P,); the cost of an evaluation needs it.
        best: position of the network with the highest validation accuracy.
        feature_names: of the columns, where the data had them.
        picture: (height, width, channels) where rows are pictures.
    """

    state: State
    labels: NDArray[Any]
    class_names: tuple[str, ...]
    mean: NDArray[np.float64]
    inverse_std: NDArray[np.float64]
    lam: tuple[float, ...]
    best: int = 0
    feature_names: tuple[str, ...] | None = None
    picture: tuple[int, int, int] | None = None

    @classmethod
    def of(cls, data: Data, state: State, lam: tuple[float, ...], best: int = 0) -> "Model":
        """Return the model of a stack trained on some data."""
        return cls(
            state=replace(state, slots={}, active=np.ones(state.networks, bool)),
            labels=data.labels,
            class_names=data.class_names,
            mean=data.samples.mean,
            inverse_std=data.samples.inverse_std,
            lam=lam,
            best=best,
            feature_names=data.feature_names,
            picture=data.picture,
        )

    @property
    def architecture(self) -> Architecture:
        """The shape of every network."""
        return self.state.architecture

    def predict_proba(self, X: ArrayLike, per_network: bool = False) -> Array:
        """Return the probability of every class.

        Args:
            X: raw rows, (n, d).
            per_network: do not average over the stack.

        Returns:
            (n, K), the mean over the networks; or (P, n, K).

        Raises:
            InputError: X does not fit the model, or holds NaN or infinite features.
        """
        S = self._logits(X)
        P = softmax(S.swapaxes(-1, -2).astype(np.float64)).swapaxes(-1, -2)
        return P if per_network else cast(Array, P.mean(axis=0))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of every row of X (n, d), as it was in the data."""
        return cast(NDArray[Any], self.labels[self.predict_proba(X).argmax(axis=1)])

    def evaluate(self, data: Data, rows: NDArray[np.int64], engine: Engine) -> Evaluation:
        """Return every network's figures on rows of some data, standardised as the model was.

        Raises:
            InputError: the data's features or labels are not the model's.
        """
        samples = self._aligned(data)
        return engine.evaluate(self.state, samples, rows)

    def save(self, path: str | Path) -> None:
        """Write the model file, whole or not at all."""
        write_whole(Path(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the model file's content."""
        from safetensors.numpy import save

        arrays = dict(self.state.parameters.named())
        for layer, statistics in enumerate(self.state.statistics, 1):
            arrays[f"moving_mean{layer}"] = statistics.mean
            arrays[f"moving_variance{layer}"] = statistics.variance
        arrays |= {"mean": self.mean, "inverse_std": self.inverse_std}
        header = {
            "format": FORMAT,
            "architecture": asdict(self.architecture),
            "networks": self.state.networks,
            "steps": self.state.steps,
            "dtype": str(self.state.theta.dtype),
            "labels": self.labels.tolist(),
            "class_names": self.class_names,
            "lam": self.lam,
            "best": self.best,
            "feature_names": self.feature_names,
            "picture": self.picture,
        }
        text = json.dumps(header, sort_keys=True, separators=(",", ":"))
        return save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, {"klayer": text})

    def _logits(self, X: ArrayLike) -> Array:
        rows = np.asarray(X)
        inputs = self.architecture.inputs
        if rows.ndim != 2 or rows.shape[1] != inputs:
            raise InputError(f"X must have shape (n, {inputs}), but got {rows.shape}")
        if rows.dtype.kind not in "biuf":
            raise InputError(f"X must hold numbers, but got dtype {rows.dtype}")
        if rows.dtype not in (np.uint8, np.float32, np.float64):
            rows = rows.astype(np.float64)
        if rows.dtype.kind == "f" and not np.isfinite(rows).all():
            raise InputError("X must be finite, but holds NaN or infinite values")
        samples = Samples(
            np.ascontiguousarray(rows), np.zeros(len(rows), np.int64), self.mean, self.inverse_std
        )
        return choose_engine().logits(self.state, samples, np.arange(len(rows)))

    def _aligned(self, data: Data) -> Samples:
        """Return the data's rows with this model's classes and standardisation."""
        if data.inputs != self.architecture.inputs:
            raise InputError(
                f"the data must have the model's {self.architecture.inputs} features, "
                f"but {data.name} has {data.inputs}"
            )
        position = {label: index for index, label in enumerate(self.labels.tolist())}
        unknown = [label for label in data.labels.tolist() if label not in position]
        if unknown:
            raise InputError(
                f"labels must be among the model's {self.labels.tolist()}, "
                f"but {data.name} has {unknown[0]!r}"
            )
        classes = np.array([position[label] for label in data.labels.tolist()], np.int64)
        y = classes[data.samples.y]
        return replace(data.samples, y=y, mean=self.mean, inverse_std=self.inverse_std)


def load_model(path: str | Path) -> Model:
    """Return the model of a run directory or a model file.

    Args:
        path: a run directory, or a file that `Model.save` wrote.

    Raises:
        InputError: there is no such file, it is damaged, or a later version wrote it.
    """
    file = Path(path)
    file = file / MODEL_FILE if file.is_dir() else file
    if not file.is_file():
        raise InputError(f"a model must be a run directory or a model file, but got {path}")
    return _from_bytes(file.read_bytes(), str(path))


def _from_bytes(content: bytes, name: str) -> Model:
    header, arrays = _read(content, name)
    if header.get("format", 0) > FORMAT:
        raise InputError(
            f"a model file must have format {FORMAT} or earlier, but {name} has "
            f"{header['format']}; use a later klayer"
        )
    try:
        settings = header["architecture"]
        architecture = Architecture(**{**settings, "hidden": tuple(settings["hidden"])})
        state = initial_state(architecture, header["networks"], np.dtype(header["dtype"]))
        for parameter, target in state.parameters.named():
            _copy(arrays, parameter, target)
        for layer, statistics in enumerate(state.statistics, 1):
            _copy(arrays, f"moving_mean{layer}", statistics.mean)
            _copy(arrays, f"moving_variance{layer}", statistics.variance)
        mean, inverse_std = np.zeros(architecture.inputs), np.zeros(architecture.inputs)
        _copy(arrays, "mean", mean)
        _copy(arrays, "inverse_std", inverse_std)
        picture = header["picture"]
        names = header["feature_names"]
        return Model(
            state=replace(state, steps=header["steps"]),
            labels=np.array(header["labels"]),
            class_names=tuple(header["class_names"]),
            mean=mean,
            inverse_std=inverse_std,
            lam=tuple(header["lam"]),
            best=header["best"],
            feature_names=None if names is None else tuple(names),
            picture=None if picture is None else (picture[0], picture[1], picture[2]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"a model file must be one that klayer wrote, but {name}: {error}"
        ) from error


def _read(content: bytes, name: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the header and the arrays of a model file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
        size = int.from_bytes(content[:8], "little")
        header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["klayer"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"a model file must be whole and written by klayer, but {name} is not ({error})"
        ) from error
    return header, arrays


def _copy(arrays: dict[str, Array], name: str, target: Array) -> None:
    """Copy one array of the file to its place; its shape and numbers must be right."""
    if name not in arrays:
        raise KeyError(f"array {name} is missing")
    source = arrays[name]
    if source.shape != target.shape or source.dtype != target.dtype:
        raise ValueError(
            f"array {name} must be {target.dtype} {target.shape}, "
            f"but is {source.dtype} {source.shape}"
        )
    if not np.isfinite(source).all():
        raise ValueError(f"array {name} holds NaN or infinite values")
    target[...] = source
