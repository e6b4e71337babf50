"""A second witness: klayer's gradients are those of JAX's automatic differentiation."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from klayer import network
from klayer.architecture import Architecture, Array, Parameters, Statistics
from klayer.gradcheck import Batch, draw_parameters, noisy
from klayer.gradcheck.batch import from_names
from klayer.layers import softmax_cross_entropy

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

ARCHITECTURES = st.builds(
    Architecture,
    inputs=st.integers(1, 6),
    hidden=st.lists(st.integers(1, 6), max_size=4).map(tuple),
    classes=st.integers(2, 5),
    batch_norm=st.booleans(),
    epsilon=st.sampled_from([1e-5, 1e-3]),
)
SEEDS = st.integers(0, 10_000)
quick = settings(max_examples=8, deadline=None)

Named = dict[str, Any]


def jax_cost(
    named: Named,
    H: Any,
    y: Array,
    lam: Any,
    epsilon: float,
    given: tuple[Statistics, ...] = (),
    factors: tuple[Any, ...] = (),
    smoothing: float = 0.0,
    weights: Any = 1.0,
) -> Any:
    """The formulas once more, in JAX's words: J of one network."""
    depth = sum(name.startswith("W") for name in named)
    for layer in range(1, depth + 1):
        S = named[f"W{layer}"] @ H + named[f"b{layer}"]
        if f"gamma{layer}" in named:
            mean = given[layer - 1].mean if given else S.mean(axis=1, keepdims=True)
            variance = given[layer - 1].variance if given else S.var(axis=1, keepdims=True)
            S_hat = (S - mean) / jnp.sqrt(variance + epsilon)
            S = named[f"gamma{layer}"] * S_hat + named[f"beta{layer}"]
        H = jax.nn.relu(S)
        if factors and layer < depth:
            H = H * factors[layer - 1]
    log_P = jax.nn.log_softmax(S, axis=0)
    T = jax.nn.one_hot(y, S.shape[0], axis=0) * (1 - smoothing) + smoothing / S.shape[0]
    cross_entropy = (-(T * log_P).sum(axis=0) * weights).mean()
    return cross_entropy + lam * sum((named[f"W{i}"] ** 2).sum() for i in range(1, depth + 1))


def assert_agree(gradient: Parameters, witness: Named) -> None:
    """To 1e-9 of each entry, or of a thousandth of the network's largest."""
    floor = 1e-3 * max(float(np.abs(array).max()) for array in witness.values())
    for name, a in gradient.named():
        n = np.asarray(witness[name])
        assert a.shape == n.shape
        relative = np.abs(a - n) / np.maximum(np.abs(a) + np.abs(n), floor)
        assert relative.max() < 1e-9, name


def draw_batch(architecture: Architecture, samples: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    H = rng.standard_normal((architecture.inputs, samples))
    return H, rng.integers(architecture.classes, size=samples)


def witness_of(cost: Callable[..., Any], named: Named, *arguments: Any) -> tuple[Any, Named]:
    value, gradient = jax.jit(jax.value_and_grad(cost))(named, *arguments)
    return value, gradient


@given(ARCHITECTURES, st.integers(2, 8), st.sampled_from([0.0, 0.01, 1.0]), SEEDS)
@quick
def test_cost_and_gradient_of_a_network_agree_with_jax(
    architecture: Architecture, samples: int, lam: float, seed: int
) -> None:
    H, y = draw_batch(architecture, samples, seed)
    parameters = draw_parameters(architecture, seed)
    done = network.cost(parameters, H, y, lam, architecture.epsilon)
    value, witness = witness_of(jax_cost, dict(parameters.named()), H, y, lam, architecture.epsilon)
    np.testing.assert_allclose(done.J, value, rtol=1e-12)
    assert_agree(done.gradient(), witness)


@given(ARCHITECTURES, st.integers(1, 3), SEEDS)
@quick
def test_gradients_of_every_network_of_a_stack_agree_with_jax(
    architecture: Architecture, networks: int, seed: int
) -> None:
    H, y = draw_batch(architecture, 5, seed)
    alone = [dict(draw_parameters(architecture, seed + p).named()) for p in range(networks)]
    stack = {name: np.stack([one[name] for one in alone]) for name in alone[0]}
    lam = np.linspace(0, 0.1, networks)
    done = network.cost(from_names(stack), H, y, lam, architecture.epsilon)

    def total(named: Named, lam: Any) -> Any:
        def one(own: Named, own_lam: Any) -> Any:
            return jax_cost(own, H, y, own_lam, architecture.epsilon)

        return jax.vmap(one)(named, lam).sum()

    _, witness = witness_of(total, stack, lam)
    assert_agree(done.gradient(), witness)


@given(ARCHITECTURES, st.integers(2, 8), SEEDS)
@quick
def test_dropout_label_smoothing_and_weights_agree_with_jax(
    architecture: Architecture, samples: int, seed: int
) -> None:
    H, y = draw_batch(architecture, samples, seed)
    parameters = draw_parameters(architecture, seed)
    batch = noisy(Batch(H, y), architecture.hidden, dropout=0.3, smoothing=0.2, seed=seed)
    done = batch.cost(parameters, 0.01, architecture.epsilon)
    value, witness = witness_of(
        jax_cost, dict(parameters.named()), H, y, 0.01, architecture.epsilon,
        (), batch.factors, batch.smoothing, batch.weights,
    )  # fmt: skip
    np.testing.assert_allclose(done.J, value, rtol=1e-12)
    assert_agree(done.gradient(), witness)


@given(ARCHITECTURES.filter(lambda a: a.batch_norm), st.integers(1, 8), SEEDS)
@quick
def test_gradients_by_given_statistics_agree_with_jax(
    architecture: Architecture, samples: int, seed: int
) -> None:
    H, y = draw_batch(architecture, samples, seed)
    parameters = draw_parameters(architecture, seed)
    rng = np.random.default_rng(seed)
    fixed = tuple(
        Statistics(rng.standard_normal((m, 1)), rng.uniform(0.5, 2, (m, 1)))
        for m in architecture.hidden
    )
    done = network.forward(parameters, H, architecture.epsilon, fixed)
    _, loss_back = softmax_cross_entropy(done.S, y)
    named = dict(parameters.named())
    _, witness = witness_of(jax_cost, named, H, y, 0.0, architecture.epsilon, fixed)
    assert_agree(done.backward(loss_back()), witness)
