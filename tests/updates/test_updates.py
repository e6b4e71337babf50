"""Update rules and clipping: three updates agree with those of JAX, another library."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.example_libraries import optimizers

from klayer.architecture import Architecture
from klayer.updates import SGD, AdamW, Momentum, Update, clip

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

SHAPE = (2, 3, 4)
RATES = np.array([0.05, 0.2])[:, None, None]
PAIRS: dict[str, tuple[Update, Callable[[Any], Any]]] = {
    "sgd": (SGD(), optimizers.sgd),
    "momentum": (Momentum(0.8), lambda rate: optimizers.momentum(rate, 0.8)),
    "nesterov": (Momentum(0.8, nesterov=True), lambda rate: optimizers.nesterov(rate, 0.8)),
    "adamw": (AdamW(0.8, 0.95, 1e-6, 0), lambda rate: optimizers.adam(rate, 0.8, 0.95, 1e-6)),
}


def three_updates(rule: Update, weight: bool, gradients: Any) -> tuple[Any, Any]:
    """Return the parameters before and after three updates of klayer's."""
    before = np.random.default_rng(1).standard_normal(SHAPE)
    theta, slots = before.copy(), {name: np.zeros(SHAPE) for name in rule.slots}
    for step, gradient in enumerate(gradients):
        rule(theta, gradient.copy(), RATES, slots, step, weight)
    return before, theta


@pytest.mark.parametrize("name", PAIRS)
def test_three_updates_agree_with_jax(name: str) -> None:
    rule, make = PAIRS[name]
    gradients = np.random.default_rng(0).standard_normal((3, *SHAPE))
    theta, found = three_updates(rule, True, gradients)
    for network, rate in enumerate(RATES.ravel()):
        begin, update, parameters_of = make(float(rate))
        state = begin(jnp.asarray(theta[network]))
        for step, gradient in enumerate(gradients[:, network]):
            state = update(step, jnp.asarray(gradient), state)
        np.testing.assert_allclose(found[network], parameters_of(state), rtol=1e-12, atol=1e-14)
    assert rule.name == name


@pytest.mark.parametrize("weight", [True, False])
def test_adamw_decays_weights_alone_and_past_the_gradient(weight: bool) -> None:
    gradients = np.random.default_rng(0).standard_normal((1, *SHAPE))
    decayed = AdamW(weight_decay=0.3)
    theta, without = three_updates(AdamW(weight_decay=0.0), weight, gradients)
    _, found = three_updates(decayed, weight, gradients)
    np.testing.assert_allclose(without - found, RATES * 0.3 * theta * weight, atol=1e-15)


def test_a_rule_keeps_float32() -> None:
    rate = np.full((2, 1, 1), 0.1, np.float32)
    for rule, _ in PAIRS.values():
        theta, gradient = np.ones(SHAPE, np.float32), np.ones(SHAPE, np.float32)
        slots = {name: np.zeros(SHAPE, np.float32) for name in rule.slots}
        rule(theta, gradient, rate, slots, step=0)
        assert all(array.dtype == np.float32 for array in (theta, *slots.values()))
        assert (theta < 1).all()


@pytest.mark.parametrize("longest", [0.5, 1e9])
def test_clipping_agrees_with_jax_for_every_network(longest: float) -> None:
    architecture = Architecture(3, (4,), 2, batch_norm=True)
    rng = np.random.default_rng(0)
    gradient = architecture.views(rng.standard_normal(2 * architecture.size))
    before = {name: array.copy() for name, array in gradient.named()}
    clip(gradient, longest)
    for network in range(2):
        own = {name: array[network] for name, array in before.items()}
        true = optimizers.clip_grads(own, longest)  # type: ignore[no-untyped-call]
        for name, array in gradient.named():
            np.testing.assert_allclose(array[network], true[name], rtol=1e-12)


def test_a_gradient_that_is_not_a_number_is_not_hidden_by_clipping() -> None:
    architecture = Architecture(3, (), 2)
    gradient = architecture.views(np.full(architecture.size, np.nan))
    clip(gradient, 1.0)
    assert np.isnan(gradient.W[0]).all()
