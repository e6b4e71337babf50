"""From estimates by several methods to rows and mistakes: the part common to every check."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from klayer.architecture import Array
from klayer.gradcheck.compare import FLOOR, Row, compare, largest
from klayer.gradcheck.diagnosis import Evidence, diagnose
from klayer.gradcheck.function import Estimate
from klayer.gradcheck.methods import Method
from klayer.gradcheck.report import Mistake, index_words

Estimates = Mapping[str, Estimate]


def compare_all(
    written: Mapping[str, Array],
    entries: Mapping[str, NDArray[np.int64]],
    estimates: Mapping[str, Estimates],
    methods: Mapping[str, Method],
    resolution: Mapping[str, float] | None = None,
) -> list[Row]:
    """Return a row per parameter and method.

    Args:
        written: the gradients as the code has them, by parameter.
        entries: flat indices of the compared entries, by parameter.
        estimates: by method and parameter.
        methods: by name.
        resolution: by method, the smallest derivative that it can tell to its limit.

    Returns:
        The rows, parameter after parameter.
    """
    floors = {
        name: max(FLOOR * largest(list(found.values())), (resolution or {}).get(name, 0.0))
        for name, found in estimates.items()
    }
    return [
        compare(name, a, entries[name], found[name], methods[method], floors[method])
        for name, a in written.items()
        for method, found in estimates.items()
    ]


def mistake_in(row: Row, evidence: Evidence) -> Mistake:
    """Return the mistake that a failed row shows, in one sentence."""
    kind = diagnose(evidence)
    where = index_words(row.worst) if row.worst else ""
    words = (
        f"the gradient of {row.parameter} {kind.words}; at {row.parameter}{where} it is "
        f"{row.written:.6g} where {row.numerical:.6g} is right"
    )
    return Mistake(row.parameter, row.worst, row.written, row.numerical, kind.name, words)


def shape_mistakes(written: Mapping[str, Array], theta: Mapping[str, Array]) -> list[Mistake]:
    """Return a mistake for every gradient that has not the shape of its parameter."""
    found = []
    for name, a in written.items():
        if a.shape == theta[name].shape:
            continue
        words = f"the gradient of {name} must have shape {theta[name].shape}, but has {a.shape}"
        transposed = a.shape == theta[name].shape[::-1]
        kind, hint = ("transposed", ": it is transposed") if transposed else ("shape", "")
        nothing = float("nan")
        found.append(Mistake(name, None, nothing, nothing, kind, words + hint))
    return found
