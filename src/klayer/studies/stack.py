"""One training of a study: a stack of networks whose treatments are named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from klayer.training import Plan

ROWS = 50_000  # of a training set whose size is not known yet


@dataclass(frozen=True)
class Stack:
    """Some treatments that train together under one plan and one seed.

    Attributes:
        name: such as "3-layer"; the stacks of one name are replicates of each other.
        plan: of all networks; its seed is the replicate's, for split, order and weights.
        treatments: a name for each of the P networks, unlike those of any other stack's name.

    Example:
        >>> stack = Stack("3-layer", Plan(lam=[0, 0.01], seed=4), ("no penalty", "λ = 0.01"))
        >>> stack.folder
        '3-layer-seed-4'
    """

    name: str
    plan: Plan
    treatments: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The name of its run directory."""
        return f"{slug(self.name)}-seed-{self.plan.seed}"

    @property
    def work(self) -> int:
        """A measure of how long the training takes: updates · networks · hidden units."""
        updates = self.plan.total_steps(ROWS)
        return updates * self.plan.stack_size * max(sum(self.plan.hidden), 10)


def slug(name: str) -> str:
    """Return a name as that of a file.

    Example:
        >>> slug("3-layer, batch norm")
        '3-layer-batch-norm'
    """
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")


def replicate(stacks: Iterable[Stack], replicates: int) -> list[Stack]:
    """Return the stacks under the seeds 0 … replicates − 1, seed after seed.

    Example:
        >>> [stack.plan.seed for stack in replicate([Stack("a", Plan(), ("a",))], 3)]
        [0, 1, 2]
    """
    stacks = list(stacks)
    return [
        replace(stack, plan=replace(stack.plan, seed=seed))
        for seed in range(replicates)
        for stack in stacks
    ]
