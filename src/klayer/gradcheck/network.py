"""The check of a whole network: every W, b, γ, β against differences and complex steps."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from klayer.architecture import Architecture, Array, Parameters
from klayer.errors import InputError
from klayer.gradcheck.batch import Batch, draw_parameters, synthetic_batch
from klayer.gradcheck.compare import FLOOR, Row, known_zero, largest
from klayer.gradcheck.diagnosis import Evidence
from klayer.gradcheck.entries import choose_entries
from klayer.gradcheck.function import Estimate
from klayer.gradcheck.location import locate, nearest_output
from klayer.gradcheck.methods import KNOWN_ZERO_LIMIT, Method, methods_for
from klayer.gradcheck.network_cost import NetworkCost
from klayer.gradcheck.report import Mistake, Report, set_aside_mistakes
from klayer.gradcheck.witnesses import compare_all, mistake_in, shape_mistakes
from klayer.randomness import Stream, generator

Gradient = Callable[[Parameters, Batch, float, float], Parameters]


def written_gradient(
    parameters: Parameters, batch: Batch, lam: float, epsilon: float
) -> Parameters:
    """Return ∂J/∂ of all parameters as klayer's formulas have it."""
    return batch.cost(parameters, lam, epsilon).gradient()


def check_network(
    architecture: Architecture,
    batch: Batch | None = None,
    lam: float = 0.0,
    entries: int | None = None,
    seed: int = 0,
    methods: Sequence[Method] | None = None,
    gradient: Gradient = written_gradient,
) -> Report:
    """Check a network's gradient, in float64, at randomly drawn parameters.

    Args:
        architecture: of the network.
        batch: samples, H (d, n) and y (n,); by default five of standard normal inputs;
            weights, label smoothing and dropout are the batch's own, see `noisy`.
        lam: λ.
        entries: how many entries to compare, some of every parameter; None for all.
        seed: of the parameters, of the default batch and of the choice of entries.
        methods: from the least to the most exact; by default forward and central differences and
            complex steps with the limits of `methods_for`.
        gradient: what to check, (parameters, batch, λ, ε) → gradients; klayer's own by default.

    Returns:
        The report, its mistakes in the order in which the backward pass meets them.

    Raises:
        InputError: the batch does not fit the architecture, λ is negative or not finite, `entries`
            is less than 1, or there are fewer than two samples to normalise.

    Example:
        >>> report = check_network(Architecture(20, (50,), 10), lam=0.01, entries=100)
        >>> report.passed, {row.parameter for row in report.rows} == {"W1", "b1", "W2", "b2"}
        (True, True)
    """
    began = time.perf_counter()
    if batch is None:
        batch = synthetic_batch(architecture.inputs, 5, architecture.classes, seed)
    _validate(architecture, batch, lam, entries)
    methods = methods or methods_for(architecture.depth, architecture.batch_norm)
    title = ", ".join(filter(None, (describe(architecture, lam), batch.words)))
    parameters = draw_parameters(architecture, seed)
    theta = dict(parameters.named())
    try:
        written = dict(gradient(parameters, batch, lam, architecture.epsilon).named())
    except (ValueError, IndexError, TypeError) as error:
        return Report(title, (), (_raised(theta, error),), seconds=time.perf_counter() - began)
    sizes = {name: array.size for name, array in theta.items()}
    chosen = choose_entries(sizes, entries, generator(seed, Stream.SAMPLE, 1))
    cost = NetworkCost(parameters, batch, lam, architecture.epsilon)
    estimates = {
        method.name: {name: cost.estimate(method, name, chosen[name]) for name in theta}
        for method in methods
    }
    misshapen = shape_mistakes(written, theta)
    for mistake in misshapen:
        del written[mistake.parameter]
    best = estimates[methods[-1].name]
    rows = compare_all(written, chosen, estimates, {method.name: method for method in methods})
    rows += _known_zeros(architecture, written, best)
    evidence = {
        name: Evidence(
            a, chosen[name], best[name].derivative, theta[name], lam, batch.y.size, name[0] == "W"
        )
        for name, a in written.items()
    }
    mistakes = misshapen + _mistakes(architecture, rows, evidence, bool(batch.factors))
    return Report(title, tuple(rows), tuple(mistakes), seconds=time.perf_counter() - began)


def describe(architecture: Architecture, lam: float) -> str:
    """Return a network in words.

    Example:
        >>> describe(Architecture(20, (50, 50), 10), lam=0)
        '3-layer network, hidden [50, 50], λ = 0'
    """
    norm = " with batch normalisation" if architecture.batch_norm else ""
    hidden = list(architecture.hidden)
    return f"{architecture.depth}-layer network{norm}, hidden {hidden}, λ = {lam:g}"


def _known_zeros(
    architecture: Architecture, written: Mapping[str, Array], best: Mapping[str, Estimate]
) -> list[Row]:
    """Return a row for every bias before batch normalisation, whose gradient is zero."""
    if not architecture.batch_norm:
        return []
    size = largest(list(best.values()))
    limit = KNOWN_ZERO_LIMIT * max(1.0, size)
    names = [f"b{layer}" for layer in range(1, architecture.depth)]
    return [
        known_zero(name, written[name], limit, FLOOR * size) for name in names if name in written
    ]


def _mistakes(
    architecture: Architecture,
    rows: Sequence[Row],
    evidence: Mapping[str, Evidence],
    dropout: bool,
) -> list[Mistake]:
    """Return what is wrong, nearest the output first, and where the first of it came in."""
    compared = [row for row in rows if row.set_aside < row.entries]
    # The last failed row of a parameter is by the most exact method.
    failed = {row.parameter: row for row in compared if not row.passed}
    found = [mistake_in(failed[name], evidence[name]) for name in nearest_output(failed)]
    if found:
        first = found[0]
        sampled = any(known.entries.size < known.theta.size for known in evidence.values())
        place = locate(
            failed, architecture.depth, architecture.batch_norm, first.kind, sampled, dropout
        )
        words = f"{first.words}; look at {place}"
        found[0] = Mistake(
            first.parameter, first.entry, first.written, first.right, first.kind, words
        )
    return found + set_aside_mistakes(rows)


def _raised(names: Iterable[str], error: Exception) -> Mistake:
    """Return the mistake of a backward pass that raised an error."""
    words = (
        f"no gradient of {', '.join(names)} could be computed: the backward pass raised "
        f"{type(error).__name__}: {error}"
    )
    return Mistake("all", None, np.nan, np.nan, "raised", words)


def _validate(architecture: Architecture, batch: Batch, lam: float, entries: int | None) -> None:
    """Raise an InputError where the arguments of `check_network` break a rule."""
    if batch.H.ndim != 2 or batch.H.shape != (architecture.inputs, batch.y.size):
        raise InputError(
            f"the batch must have shape (inputs, samples) = "
            f"{(architecture.inputs, batch.y.size)}, but got {batch.H.shape}"
        )
    if batch.y.min() < 0 or batch.y.max() >= architecture.classes:
        raise InputError(
            f"classes must be in 0 … {architecture.classes - 1}, "
            f"but got {batch.y.min()} … {batch.y.max()}"
        )
    if architecture.batch_norm and batch.y.size < 2:
        raise InputError(f"batch normalisation needs at least two samples, but got {batch.y.size}")
    if not (np.isfinite(lam) and lam >= 0):
        raise InputError(f"`lam` must be finite and not negative, but got {lam}")
    if entries is not None and entries < 1:
        raise InputError(f"`entries` must be at least 1, but got {entries}")
