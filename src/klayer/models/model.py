"""A stack of networks with what is needed to use it on rows that it has not seen."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from klayer import network
from klayer.architecture import Architecture, Array
from klayer.data import Data
from klayer.data.encoding import Encoding
from klayer.engines import Engine, Evaluation, choose_engine
from klayer.errors import InputError
from klayer.layers import softmax
from klayer.models.folding import folded_state
from klayer.models.rows import samples_of
from klayer.samples import Samples
from klayer.state import State
from klayer.storage import write_whole

if TYPE_CHECKING:
    import polars as pl

    Rows = ArrayLike | pl.DataFrame

ALONE = 10_000_000  # products of a row and a weight below which one thread does not wait for others


@dataclass(frozen=True, eq=False)
class Model:
    """A stack of networks with what is needed to use it on new rows.

    Wherever it takes X: raw rows (n, d) as the data had them, not standardised; where these are
    pictures, one colour's plane after another, or pictures of bytes (n, height, width, channels);
    or, where the model was trained on a table, a table (polars or pandas) with the columns of that
    one by name, in any order and with text and empty cells as they are.

    Attributes:
        state: the stack's numbers.
        labels: the label of each class as it was in the data, (K,).
        class_names: a word for each class.
        mean: of every feature over the training rows, (d,).
        inverse_std: 1/standard deviation of every feature, (d,); 0 for a constant one.
        lam: λ of every network, (P,); the cost of an evaluation needs it.
        best: position of the network with the highest validation accuracy.
        feature_names: of the features, where the data had them.
        picture: (height, width, channels) where rows are pictures.
        encoding: how a table's columns become features; None where the data were no table.
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
    encoding: Encoding | None = None

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
            encoding=data.encoding,
        )

    def __repr__(self) -> str:
        return f"Model({self.state.networks} × {self.architecture}; {self.state.theta.dtype})"

    @property
    def architecture(self) -> Architecture:
        """The shape of every network."""
        return self.state.architecture

    def predict(self, X: "Rows") -> NDArray[Any]:
        """Return the most probable label of every row of X, as it was in the data, (n,)."""
        return cast(NDArray[Any], self.labels[self.predict_proba(X).argmax(axis=1)])

    def predict_proba(self, X: "Rows", per_network: bool = False) -> Array:
        """Return the probability of every class.

        Args:
            X: raw rows, or a table.
            per_network: do not average over the stack.

        Returns:
            (n, K), the mean over the networks; or (P, n, K).

        Raises:
            InputError: X does not fit the model, or holds NaN or infinite features, or such large
                ones that the logits overflow.
        """
        S = self._logits(X)
        P = softmax(S.swapaxes(-1, -2)).swapaxes(-1, -2)
        return P if per_network else cast(Array, P.mean(axis=0))

    def decision_function(self, X: "Rows") -> Array:
        """Return the logarithms of `predict_proba`, (n, K).

            log (1/P) Σ_p softmax(S_p)

        They stay finite and ordered where the probabilities themselves are rounded to 0 and 1. Of
        a single network they are the logits S_k less one number for each row.

        Args:
            X: raw rows, or a table.

        Raises:
            InputError: as `predict_proba` does.
        """
        from scipy.special import log_softmax, logsumexp

        each = log_softmax(self._logits(X), axis=-1)
        return cast(Array, logsumexp(each, axis=0) - np.log(len(each)))

    def layers(self, X: "Rows") -> tuple[Array, ...]:
        """Return what every layer gives: H_1 … H_{k−1} after the ReLU, then the logits S_k.

        Args:
            X: raw rows, or a table.

        Returns:
            k arrays, (P, n, m_l) for l = 1 … k: samples are rows.

        Raises:
            InputError: as `predict_proba` does.
        """
        samples = samples_of(self, X)
        H = samples.gather(slice(None), self.state.theta.dtype).T
        epsilon, statistics = self.architecture.epsilon, self.state.statistics
        done = network.forward(self.state.parameters, H, epsilon, statistics)
        return tuple(layer.swapaxes(-1, -2) for layer in (*done.hidden, done.S))

    def network(self, position: int) -> "Model":
        """Return one network of the stack as a model of its own.

        Args:
            position: in the stack, 0 … P − 1; `model.best` is that of the best one.

        Raises:
            InputError: there is no such network.
        """
        if not 0 <= position < self.state.networks:
            raise InputError(
                f"a network of the stack must be one of 0 … {self.state.networks - 1}, "
                f"but got {position}"
            )
        lam = (self.lam[position],)
        return replace(self, state=self.state.network(position), lam=lam, best=0)

    def folded(self) -> "Model":
        """Return the same model without batch normalisation, which becomes part of W and b.

            W' = γ/√(v + ε) W        b' = γ/√(v + ε) (b − μ) + β

        It predicts the same to rounding: logits to 1e-5 of the largest (float32), to 1e-13
        (float64). Its weights are no longer those that λ measured, so its cost is another.
        """
        return replace(self, state=folded_state(self.state))

    def evaluate(
        self, data: Data, rows: NDArray[np.int64], engine: Engine | None = None
    ) -> Evaluation:
        """Return every network's figures on rows of some data, standardised as the model was.

        Args:
            data: of the model's features and labels.
            rows: indices, such as `data.test`.
            engine: who computes; by default the native engine where it was built.

        Raises:
            InputError: the data's features or labels are not the model's.
        """
        samples = self.aligned(data)
        return (engine or choose_engine()).evaluate(self.state, samples, rows)

    def aligned(self, data: Data) -> Samples:
        """Return the data's rows with this model's classes and standardisation.

        Raises:
            InputError: the data's features or labels are not the model's.
        """
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

    def save(self, path: str | Path) -> None:
        """Write the model file, whole or not at all; `load_model` reads it."""
        write_whole(Path(path), self.to_bytes())

    def export_onnx(self, path: str | Path, raw: str | None = None) -> float:
        """Write the model as an ONNX graph; see `klayer.models.exporting.export_onnx`.

        Args:
            path: of the file.
            raw: type of the input, "uint8", "float32" or "float64".

        Returns:
            The largest difference of a probability from the model's own, on random rows.

        Raises:
            InputError: the extra klayer[onnx] is not installed, or the graph is not the model.
        """
        from klayer.models.exporting import export_onnx

        return export_onnx(self, Path(path), raw)

    def to_bytes(self) -> bytes:
        """Return the model file's content, the same for the same model."""
        from klayer.models.file import model_bytes

        return model_bytes(self)

    def _logits(self, X: "Rows") -> Array:
        """Return S_k of every network, (P, n, K) float64."""
        samples = samples_of(self, X)
        numbers = len(samples.y) * self.state.theta.size
        threads = 1 if numbers < ALONE else None
        S = choose_engine(threads=threads).logits(self.state, samples, np.arange(len(samples.y)))
        if not (finite := np.isfinite(S).all(axis=(0, 2))).all():
            raise InputError(
                f"logits must be finite, but those of row {int(finite.argmin())} are not: its "
                "features are too far from those of the training rows, or the model is damaged"
            )
        return S.astype(np.float64)
