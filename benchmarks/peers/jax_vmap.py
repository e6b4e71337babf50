"""JAX stacks: the update of one network mapped over P by vmap, scanned and jitted as one."""

from functools import partial

import jax

from benchmarks.contender import Contender, Run
from benchmarks.peers.jax_scan import make_carry, make_run, update
from benchmarks.peers.words import READY
from benchmarks.tasks import Task


def build(task: Task) -> Run:
    """Return the run of a stack whose networks share the mini-batches."""
    step = jax.vmap(partial(update, task=task), in_axes=(0, None, None, None))
    return make_run(task, step, make_carry(task), raw=False)


CONTENDERS = (Contender("JAX vmap + scan", "jax", READY, build),)
