"""JAX: one jitted function does a whole slice of updates by lax.scan, its buffers donated.

`network` is one network as a function of its parameters; `benchmarks.peers.jax_vmap` maps it over
a stack. Compiling is not timed.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.contender import Contender, Run
from benchmarks.peers.words import RAW, READY
from benchmarks.tasks import Task

Tree = Any


def make_carry(task: Task) -> tuple[Tree, Tree]:
    """Return parameters and moving statistics of the stack, lists of layers with an axis P."""
    P, widths = task.networks, task.hidden
    parameters = []
    for layer, W in enumerate(task.weights()):
        row = {"W": jnp.asarray(W), "b": jnp.zeros((P, W.shape[1]))}
        if task.batch_norm and layer < len(widths):
            row |= {"gamma": jnp.ones((P, W.shape[1])), "beta": jnp.zeros((P, W.shape[1]))}
        parameters.append(row)
    moving = [(jnp.zeros((P, width)), jnp.ones((P, width))) for width in widths]
    return parameters, moving if task.batch_norm else []


def network(parameters: Tree, X: jax.Array, task: Task) -> tuple[jax.Array, Tree]:
    """Return logits (n, K) and the batch's statistics of every hidden layer."""
    H, statistics = X, []
    for layer in parameters[:-1]:
        S = H @ layer["W"].T + layer["b"]
        if task.batch_norm:
            mean = S.mean(axis=0)
            variance = jnp.square(S - mean).mean(axis=0)
            statistics.append((mean, variance))
            S = (S - mean) * jax.lax.rsqrt(variance + task.epsilon)
            S = S * layer["gamma"] + layer["beta"]
        H = jax.nn.relu(S)
    return H @ parameters[-1]["W"].T + parameters[-1]["b"], statistics


def update(carry: Tree, X: jax.Array, y: jax.Array, rate: jax.Array, task: Task) -> Tree:
    """Return one network after one update, and its cross-entropy before it."""

    def objective(parameters: Tree) -> tuple[jax.Array, tuple[jax.Array, Tree]]:
        S, statistics = network(parameters, X, task)
        picked = jnp.take_along_axis(S, y[:, None], axis=1)[:, 0]
        loss = (jax.nn.logsumexp(S, axis=1) - picked).mean()
        penalty = sum(jnp.square(layer["W"]).sum() for layer in parameters)
        return loss + task.lam * penalty, (loss, statistics)

    parameters, moving = carry
    gradient, (loss, batch) = jax.grad(objective, has_aux=True)(parameters)
    parameters = jax.tree.map(lambda theta, d: theta - rate * d, parameters, gradient)
    decay = task.moving_decay
    moving = jax.tree.map(lambda old, new: decay * old + (1 - decay) * new, moving, batch)
    return (parameters, moving), loss


def make_run(task: Task, step: Any, carry: Tree, raw: bool) -> Run:
    """Return the run of `step(carry, X, y, rate)`, scanned over the updates of a slice."""
    X, y = jnp.asarray(task.array("X" if raw else "X32")), jnp.asarray(task.array("y"))
    mean, inverse_std = jnp.asarray(task.array("mean")), jnp.asarray(task.array("inverse_std"))

    def one(carry: Tree, batch: Tree, X: jax.Array, y: jax.Array) -> Tree:
        rows, rate = batch
        found = X[rows]
        if raw:
            found = (found.astype(jnp.float32) - mean) * inverse_std
        return step(carry, found, y[rows], rate)

    @partial(jax.jit, donate_argnums=0)
    def many(carry: Tree, X: jax.Array, y: jax.Array, batches: Tree) -> Tree:
        return jax.lax.scan(partial(one, X=X, y=y), carry, batches)

    kept = [carry]

    def run(start: int, steps: int) -> NDArray[np.float64]:
        batches = jnp.asarray(task.order(start, steps)), jnp.asarray(task.rates(start, steps))
        kept[0], losses = many(kept[0], X, y, batches)
        jax.tree.map(lambda leaf: leaf.block_until_ready(), kept[0])
        found: NDArray[np.float64] = np.asarray(losses, np.float64).reshape(steps, -1)
        return np.asarray(found.mean(axis=0))

    return run


def build(task: Task, raw: bool) -> Run:
    """Return the run of one network."""
    carry = jax.tree.map(lambda leaf: leaf[0], make_carry(task))
    return make_run(task, partial(update, task=task), carry, raw)


CONTENDERS = (
    Contender("JAX jit + scan", "jax", READY, partial(build, raw=False)),
    Contender("JAX jit + scan", "jax", RAW, partial(build, raw=True)),
)
