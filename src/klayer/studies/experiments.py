"""The stacks of the reference experiments, and what each experiment needs of them."""

from typing import Any

import numpy as np

from klayer.errors import InputError
from klayer.randomness import Stream, generator
from klayer.studies.reference import COARSE, FINE
from klayer.studies.stack import Stack
from klayer.training import Plan
from klayer.training.rules import did_you_mean

EXPERIMENTS = ("gradients", "networks", "lambda", "init")
NETWORKS = {
    "2-layer": (50,),
    "3-layer": (50, 50),
    "9-layer": (50, 30, 20, 20, 10, 10, 10, 10),
    "3-layer, batch norm": (50, 50),
    "9-layer, batch norm": (50, 30, 20, 20, 10, 10, 10),
}
SIGMAS = (1e-1, 1e-3, 1e-4)
FRESH = 8  # λ drawn anew by every replicate, log-uniform in the range of the coarse search
LAM_RANGE = (1e-5, 1e-1)
STEP_SIZE = 2250
QUICK_STEP_SIZE = 50
SETTINGS: dict[str, Any] = {
    "lam": 0.005,
    "epsilon": 1e-15,
    "batch_size": 100,
    "rate_min": 1e-5,
    "rate_max": 1e-1,
    "cycles": 2,
}


def reference_stacks(experiments: tuple[str, ...], seed: int, quick: bool = False) -> list[Stack]:
    """Return the stacks that some of the experiments need, for one replicate.

    The 3-layer networks train beside those of other initial weights, so that "networks" and
    "init" share their stacks.

    Args:
        experiments: some of `EXPERIMENTS`.
        seed: of the replicate.
        quick: 200 updates in place of 9,000.

    Example:
        >>> [stack.name for stack in reference_stacks(("init",), seed=0)]
        ['3-layer', '3-layer, batch norm']
    """
    needs = {
        "networks": set(NETWORKS),
        "init": {"3-layer", "3-layer, batch norm"},
        "lambda": {"lambda"},
    }
    asked = set().union(*(needs.get(name, set()) for name in experiments))
    settings = {**SETTINGS, "seed": seed, "step_size": QUICK_STEP_SIZE if quick else STEP_SIZE}
    found = [_network(name, settings) for name in NETWORKS if name in asked]
    return found + ([_lambda_stack(settings)] if "lambda" in asked else [])


def require_experiments(asked: list[str]) -> tuple[str, ...]:
    """Return the experiments asked for in their order; all where none is named.

    Raises:
        InputError: one of the names is unknown.

    Example:
        >>> require_experiments(["init", "gradients"])
        ('gradients', 'init')
    """
    for name in asked:
        if name not in EXPERIMENTS:
            raise InputError(
                f"`only` must name some of {', '.join(EXPERIMENTS)}, but got {name!r}"
                f"{did_you_mean(name, EXPERIMENTS)}"
            )
    return tuple(name for name in EXPERIMENTS if name in asked or not asked)


def init_treatment(network: str, sigma: float) -> str:
    """Return the name of a treatment with Gaussian initial weights.

    Example:
        >>> init_treatment("3-layer", 0.001)
        '3-layer, σ = 0.001'
    """
    return f"{network}, σ = {sigma:g}"


def lam_treatment(lam: float) -> str:
    """Return the name of a treatment of the λ search.

    Example:
        >>> lam_treatment(0.0014)
        'λ = 0.0014'
    """
    return f"λ = {lam:.7g}"


def fresh_treatment(lam: float) -> str:
    """Return the name of a treatment that one replicate drew.

    Example:
        >>> fresh_treatment(0.0014)
        'fresh λ = 0.0014'
    """
    return f"fresh {lam_treatment(lam)}"


def fresh_lams(seed: int) -> tuple[float, ...]:
    """Return the λ that one replicate draws, log-uniform in `LAM_RANGE`."""
    low, high = np.log10(LAM_RANGE)
    drawn = 10 ** generator(seed, Stream.SAMPLE).uniform(low, high, FRESH)
    return tuple(float(f"{lam:.4g}") for lam in drawn)


def _network(name: str, settings: dict[str, Any]) -> Stack:
    """Return the stack of one network; a 3-layer network's has the other initial weights too."""
    sigmas = SIGMAS if name.startswith("3-layer") else ()
    plan = Plan(
        **settings, hidden=NETWORKS[name], batch_norm="batch norm" in name, sigma=[None, *sigmas]
    )
    return Stack(name, plan, (name, *(init_treatment(name, sigma) for sigma in sigmas)))


def _lambda_stack(settings: dict[str, Any]) -> Stack:
    """Return the λ search: the reference's values and fresh ones, in one stack."""
    fresh = fresh_lams(settings["seed"])
    lams = [*(row.lam for row in (*COARSE, *FINE)), *fresh]
    plan = Plan(
        **{**settings, "lam": lams}, hidden=NETWORKS["3-layer, batch norm"], batch_norm=True
    )
    names = [lam_treatment(lam) for lam in lams[: -len(fresh)]]
    names += [fresh_treatment(lam) for lam in fresh]
    return Stack("lambda", plan, tuple(names))
