"""Somebody's own forward and backward, with their parameters laid flat by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.errors import InputError
from klayer.gradcheck.function import Values

Own = Callable[..., Any]


def flatten(parameters: Mapping[str, Any], what: str) -> dict[str, Array]:
    """Return arrays by name; the arrays of a list W are named W[0], W[1], …

    Args:
        parameters: numbers, arrays, or lists of arrays, by name.
        what: what they are, for the message of an error.

    Returns:
        Copies, float64.

    Raises:
        InputError: there are none, one is empty, or one is not made of finite float64 numbers.

    Example:
        >>> flatten({"W": [np.ones((2, 2)), np.ones((1, 2))], "b": 0.5}, "parameters").keys()
        dict_keys(['W[0]', 'W[1]', 'b'])
    """
    if not isinstance(parameters, Mapping) or not parameters:
        raise InputError(f"{what} must be a dict of arrays by name, but got {parameters!r:.80}")
    flat: dict[str, Array] = {}
    for name, value in parameters.items():
        if _is_list(value):
            flat |= {f"{name}[{i}]": np.asarray(array) for i, array in enumerate(value)}
        else:
            flat[name] = np.asarray(value)
    for name, array in flat.items():
        if array.dtype.kind not in "iuf" or (array.dtype.kind == "f" and array.dtype.itemsize < 8):
            raise InputError(f"{what} must be float64, but {name} is {array.dtype}")
        if array.size == 0:
            raise InputError(f"{what} must not be empty, but {name} has shape {array.shape}")
    return {name: np.array(array, np.float64) for name, array in flat.items()}


class OwnCost:
    """A forward as a cost of its parameters: the number it returns, or Σ R ∘ (out − out₀).

    R is a fixed random direction and out₀ the output at the given parameters; taking it away
    changes no derivative, and outputs that do not move leave no rounding behind.

    Args:
        forward: ``forward(**parameters)``.
        parameters: as the user gave them.
        draws: the generator R is drawn from.

    Raises:
        InputError: the output is not float64, not finite, or not the same in a second call.
    """

    def __init__(
        self, forward: Own, parameters: Mapping[str, Any], draws: np.random.Generator
    ) -> None:
        self._forward = forward
        self._lists = {n: len(value) for n, value in parameters.items() if _is_list(value)}
        self.flat = flatten(parameters, "`parameters`")
        for name, array in self.flat.items():
            if not np.isfinite(array).all():
                raise InputError(f"`parameters` must be finite, but {name} is not")
        self._out = np.asarray(forward(**self.arguments(self.flat)))
        if self._out.dtype != np.float64:
            raise InputError(f"`forward` must return float64, but returned {self._out.dtype}")
        if not np.isfinite(self._out).all():
            raise InputError("`forward` must return finite numbers, but returned nan or infinity")
        if not np.array_equal(self._out, forward(**self.arguments(self.flat))):
            raise InputError("`forward` must be deterministic, but two calls returned other values")
        self.scalar = self._out.ndim == 0
        self.R = np.ones(()) if self.scalar else draws.standard_normal(self._out.shape)
        scale = np.abs(self.R * self._out).max(initial=0.0) * np.sqrt(self._out.size)
        self.noise = float(np.finfo(np.float64).eps * scale)

    def arguments(self, flat: Mapping[str, Array]) -> dict[str, Any]:
        """Return the parameters as `forward` takes them: read-only, lists where lists were."""
        found: dict[str, Any] = {}
        for name, array in flat.items():
            view = array.view()
            view.flags.writeable = False
            stem = name.split("[")[0]
            if stem in self._lists:
                found.setdefault(stem, []).append(view)
            else:
                found[name] = view
        return found

    def moved(self, name: str, entries: NDArray[np.int64], step: complex) -> Values:
        """Return the cost with each of the entries of one parameter moved in turn."""
        dtype = np.result_type(step, np.float64)
        flat = {own: array.astype(dtype) for own, array in self.flat.items()}
        target = flat[name].reshape(-1)
        J = np.empty(len(entries), dtype)
        for e, entry in enumerate(entries):
            before = target[entry]
            target[entry] += step
            out = np.asarray(self._forward(**self.arguments(flat)))
            target[entry] = before
            if isinstance(step, complex) and out.dtype.kind != "c":
                raise TypeError(f"`forward` returned {out.dtype} for complex parameters")
            J[e] = (self.R * (out - self._out)).sum()
        return Values(J, noise=self.noise)

    def gradients(self, backward: Own) -> dict[str, Array]:
        """Return the written gradients of all parameters, by flat name.

        Raises:
            InputError: `backward` returned no dict of float64 arrays, or not of every parameter.
        """
        arguments = self.arguments(self.flat)
        given = backward(1.0 if self.scalar else self.R.copy(), **arguments)
        written = flatten(given, "the gradients returned by `backward`")
        missing = [name for name in self.flat if name not in written]
        if missing:
            raise InputError(
                f"`backward` must return a gradient of every parameter, but returned only "
                f"{', '.join(written)}; missing: {', '.join(missing)}"
            )
        return {name: written[name] for name in self.flat}


def _is_list(value: Any) -> bool:
    """Return whether the value is a non-empty list or tuple of arrays."""
    is_sequence = isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
    return is_sequence and all(isinstance(item, np.ndarray) for item in value)
