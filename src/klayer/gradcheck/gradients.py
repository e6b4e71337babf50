"""The check of anybody's own forward and backward, such as a student's layer or whole network."""

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.errors import InputError
from klayer.gradcheck.compare import FLOOR, index_of, largest, relative_errors
from klayer.gradcheck.diagnosis import Evidence
from klayer.gradcheck.entries import choose_entries
from klayer.gradcheck.function import Estimate
from klayer.gradcheck.methods import CENTRAL, COMPLEX, FORWARD, Method
from klayer.gradcheck.own_code import Own, OwnCost
from klayer.gradcheck.report import Report, index_words, set_aside_mistakes
from klayer.gradcheck.witnesses import compare_all, mistake_in, shape_mistakes
from klayer.randomness import Stream, generator

# Limits are relative: nothing is known of how large an unknown function's derivatives are.
OWN_METHODS = {
    "forward": replace(FORWARD, limit=1e-4, absolute=False),
    "central": CENTRAL,
    "complex": replace(COMPLEX, limit=1e-9),
}

# Complex steps that differ from central differences by more than this are not to be trusted.
TRUST = 1e-3

Entries = Mapping[str, NDArray[np.int64]]


def check_gradients(
    forward: Own,
    backward: Own,
    parameters: Mapping[str, Any],
    *,
    lam: float = 0.0,
    samples: int | None = None,
    entries: int | None = None,
    methods: Sequence[str] | None = None,
    seed: int = 0,
) -> Report:
    """Check a backward against numerical derivatives of its forward.

    An entry is wrong where |a − n| / max(|a| + |n|, floor) exceeds the method's limit, a the
    written and n the numerical derivative, floor = 1e-3 · the largest |n|, or what differences can
    resolve beside the rounding of the output, if that is more.

    Args:
        forward: ``forward(**parameters)`` returns a number, the cost, or an array of any shape.
        backward: ``backward(dout, **parameters)`` returns a dict with the gradient of every
            parameter; dout is the gradient of the cost with respect to what forward returned: 1.0
            for a number, a random array for an array.
        parameters: numbers, float64 arrays, or lists of arrays, by name. Inputs whose gradient is
            wanted are parameters too.
        lam: λ of a penalty λ‖W‖² within the cost, for naming a mistake in its derivative.
        samples: n, for naming a mistake with 1/n.
        entries: how many entries to compare, some of every parameter; None for all.
        methods: of "forward", "central" and "complex"; by default complex steps (limit 1e-9), or
            central differences (5e-6) where forward cannot take complex numbers, which `notes` say.
        seed: of the random dout, and of the choice of entries.

    Returns:
        The report: `passed`, `rows`, `mistakes` with parameter, entry and kind, and its words as
        `str`.

    Raises:
        InputError: the rules above are broken, `forward` is not deterministic, or no method can
            tell its derivatives from rounding.

    Example:
        >>> W = np.array([[1.0, -2.0], [0.5, 3.0]])
        >>> H = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> report = check_gradients(
        ...     lambda W: W @ H,
        ...     lambda dout, W: {"W": dout @ H.T / 3},
        ...     {"W": W},
        ...     samples=3,
        ... )
        >>> report.passed, report.mistakes[0].kind
        (False, 'factor')
        >>> print(report.mistakes[0])
        the gradient of W is 1/3 of what is right, and n = 3: it is divided by n once too often;
        at W[0, 0] it is 1.44246 where 4.32739 is right
    """
    began = time.perf_counter()
    _validate(lam, samples, entries, methods)
    cost = OwnCost(forward, parameters, generator(seed, Stream.SAMPLE, 2))
    written = cost.gradients(backward)
    sizes = {name: array.size for name, array in cost.flat.items()}
    chosen = choose_entries(sizes, entries, generator(seed, Stream.SAMPLE, 1))
    estimates, notes = _estimates(cost, chosen, methods)
    mistakes = shape_mistakes(written, cost.flat)
    for mistake in mistakes:
        del written[mistake.parameter]
    resolution = {name: _resolution(cost, OWN_METHODS[name]) for name in estimates}
    _require_resolution(written, estimates, resolution)
    rows = compare_all(written, chosen, estimates, OWN_METHODS, resolution)
    failed = {row.parameter: row for row in rows if not row.passed and row.set_aside < row.entries}
    for name, row in failed.items():
        theta, right = cost.flat[name], estimates[row.method][name].derivative
        is_weight = theta.ndim >= 2 and min(theta.shape) > 1
        evidence = Evidence(written[name], chosen[name], right, theta, lam, samples, is_weight)
        mistakes.append(mistake_in(row, evidence))
    mistakes += set_aside_mistakes(rows)
    seconds = time.perf_counter() - began
    return Report("your gradients", tuple(rows), tuple(mistakes), tuple(notes), seconds)


def _estimates(
    cost: OwnCost, chosen: Entries, methods: Sequence[str] | None
) -> tuple[dict[str, dict[str, Estimate]], list[str]]:
    """Return the estimates by method and parameter, and what there is to note about them."""
    if methods is not None:
        return {name: _estimate(cost, chosen, name) for name in methods}, []
    central = _estimate(cost, chosen, "central")
    try:
        with warnings.catch_warnings(action="error", category=np.exceptions.ComplexWarning):
            by_complex = _estimate(cost, chosen, "complex")
    except Exception as error:  # whatever somebody's code makes of a complex number
        why = f"`forward` cannot take complex numbers ({type(error).__name__}: {error})"
        return {"central": central}, [f"central differences were used: {why}"]
    doubtful = _disagreement(cost, chosen, central, by_complex)
    if doubtful:
        why = (
            f"complex steps differ from them at {doubtful}, as where np.abs, np.var, "
            f"np.linalg.norm or .real in `forward` drops the imaginary part"
        )
        return {"central": central}, [f"central differences were used: {why}"]
    return {"complex": by_complex}, []


def _estimate(cost: OwnCost, chosen: Entries, method: str) -> dict[str, Estimate]:
    """Return a method's estimates of the chosen entries by parameter."""
    return {
        name: OWN_METHODS[method].derivative(partial(cost.moved, name), entries)
        for name, entries in chosen.items()
    }


def _disagreement(
    cost: OwnCost,
    chosen: Entries,
    central: Mapping[str, Estimate],
    by_complex: Mapping[str, Estimate],
) -> str:
    """Return the first entry at which complex steps and central differences differ, or ""."""
    method = OWN_METHODS["central"]
    floor = max(FLOOR * largest(list(central.values())), _resolution(cost, method))
    for name, entries in chosen.items():
        a, n = by_complex[name].derivative, central[name].derivative
        differ = (relative_errors(a, n, np.abs(a - n), floor) > TRUST) & ~central[name].set_aside
        if differ.any():
            index = index_of(int(entries[differ.argmax()]), cost.flat[name].shape)
            return f"{name}{index_words(index)}"
    return ""


def _resolution(cost: OwnCost, method: Method) -> float:
    """Return the smallest derivative that a method can tell to its limit beside rounding."""
    return 0.0 if method.name == "complex" else 4 * cost.noise / (method.step * method.limit)


def _require_resolution(
    written: Mapping[str, Array],
    estimates: Mapping[str, Mapping[str, Estimate]],
    resolution: Mapping[str, float],
) -> None:
    """Raise an InputError where rounding drowns even the largest derivative."""
    size = max((float(np.abs(a).max()) for a in written.values()), default=0.0)
    for method, found in estimates.items():
        size = max(size, largest(list(found.values())))
        if 0 < size < resolution[method]:
            raise InputError(
                f"{method} differences need derivatives of at least {resolution[method]:.1g} "
                f"beside an output of this size, but the largest is {size:.1g}: scale the cost, "
                f"or let `forward` take complex numbers"
            )


def _validate(
    lam: float, samples: int | None, entries: int | None, methods: Sequence[str] | None
) -> None:
    """Raise an InputError where the settings of `check_gradients` break a rule."""
    if not (np.isfinite(lam) and lam >= 0):
        raise InputError(f"`lam` must be finite and not negative, but got {lam}")
    for name, value in (("samples", samples), ("entries", entries)):
        if value is not None and value < 1:
            raise InputError(f"`{name}` must be at least 1, but got {value}")
    unknown = [name for name in methods or () if name not in OWN_METHODS]
    if unknown or (methods is not None and not methods):
        raise InputError(f"`methods` must be some of {list(OWN_METHODS)}, but got {methods!r}")
