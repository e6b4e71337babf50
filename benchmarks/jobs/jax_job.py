"""The whole job in JAX: jit, lax.scan over an epoch, rows standardised before.

python -m benchmarks.jobs.jax_job FOLDER
"""

import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.jobs.common import CHUNK, EVERY, STEPS, TRAINING, read, tell
from benchmarks.peers.jax_scan import Tree, make_carry, update
from benchmarks.tasks import Task


def figures(carry: Tree, X: jax.Array, y: jax.Array, task: Task) -> tuple[jax.Array, jax.Array]:
    """Return summed cross-entropy and correct answers of a chunk, by moving statistics."""
    parameters, moving = carry
    H = X
    for layer, (mean, variance) in zip(parameters[:-1], moving, strict=True):
        S = H @ layer["W"].T + layer["b"]
        S_hat = (S - mean) * jax.lax.rsqrt(variance + task.epsilon)
        H = jax.nn.relu(S_hat * layer["gamma"] + layer["beta"])
    S = H @ parameters[-1]["W"].T + parameters[-1]["b"]
    picked = jnp.take_along_axis(S, y[:, None], axis=1)[:, 0]
    return (jax.nn.logsumexp(S, axis=1) - picked).sum(), (S.argmax(axis=1) == y).sum()


def main(folder: str) -> None:
    """Train and evaluate."""
    task, ready, classes = read(folder)
    X, y = jnp.asarray(ready), jnp.asarray(classes)
    carry = jax.tree.map(lambda leaf: leaf[0], make_carry(task))
    evaluate_chunk = jax.jit(partial(figures, task=task))

    def one(carry: Tree, batch: Tree, X: jax.Array, y: jax.Array) -> Tree:
        rows, rate = batch
        return update(carry, X[rows], y[rows], rate, task)

    @partial(jax.jit, donate_argnums=0)
    def epoch(carry: Tree, X: jax.Array, y: jax.Array, batches: Tree) -> Tree:
        return jax.lax.scan(partial(one, X=X, y=y), carry, batches)

    history: list[dict[str, Any]] = []

    def note() -> None:
        found = {}
        sets = {"training": (0, TRAINING), "validation": (TRAINING, len(ready))}
        for name, (start, stop) in sets.items():
            chunks = [slice(first, first + CHUNK) for first in range(start, stop, CHUNK)]
            sums = [evaluate_chunk(carry, X[chunk], y[chunk]) for chunk in chunks]
            found[f"{name}_cross_entropy"] = sum(float(loss) for loss, _ in sums) / (stop - start)
            found[f"{name}_accuracy"] = sum(int(right) for _, right in sums) / (stop - start)
        history.append(found)

    note()
    for start in range(0, STEPS, EVERY):
        batches = jnp.asarray(task.order(start, EVERY)), jnp.asarray(task.rates(start, EVERY))
        carry, _ = epoch(carry, X, y, batches)
        note()
    tell(history)


if __name__ == "__main__":
    main(sys.argv[1])
