"""Whether a training fits in memory: what stack and mini-batch take, told before it starts."""

from typing import NamedTuple

from klayer.architecture import Architecture
from klayer.errors import InputError
from klayer.memory import available_bytes, in_gibibytes
from klayer.training.job import Job


class Copies(NamedTuple):
    """How often an engine holds what it works on, as measured (tests/faults/test_memory.py).

    Attributes:
        stacks: the numbers of the stack: before and after a call, the engine's own, the gradient.
        values: a value of every unit and sample: S, Ŝ, H, sums, gradients on their way.
        inputs: a mini-batch's rows, while they are converted and standardised.
    """

    stacks: int
    values: int
    inputs: int


COPIES = {"reference": Copies(stacks=5, values=5, inputs=4), "native": Copies(3, 3, 0)}
OF_PATIENCE = 2  # more of the stack: the best numbers so far, and as they are written
OF_A_SLOT = 3  # more of the stack for each thing that the update rule remembers


def check_room(job: Job) -> None:
    """Refuse a training that needs more memory than there is.

    Raises:
        InputError: with what the stack and a mini-batch need, and what there is.
    """
    plan, architecture = job.plan, job.architecture
    rows = min(plan.batch_size, len(job.data.training))
    stack, batch = needed_bytes(job)
    available = available_bytes()
    if available is not None and stack + batch > available:
        raise InputError(
            f"a training must fit in memory, but this one needs about "
            f"{in_gibibytes(stack + batch)} ({plan.stack_size} networks of {architecture.size} "
            f"numbers: {in_gibibytes(stack)}; a mini-batch of {rows} rows: {in_gibibytes(batch)}) "
            f"and there are {in_gibibytes(available)}; use fewer `networks`, narrower `hidden` or "
            "a smaller `batch_size`"
        )


def needed_bytes(job: Job) -> tuple[int, int]:
    """Return about how many bytes the stack takes, and a mini-batch on its way through it."""
    plan, copies = job.plan, COPIES[job.engine.name]
    itemsize = 4 if plan.dtype == "float32" else 8
    patience = OF_PATIENCE if plan.patience else 0
    clipped = job.engine.name == "native" and plan.clip_norm is not None  # as a slot, until it is
    stacks = copies.stacks + OF_A_SLOT * (len(job.update.slots) + clipped) + patience
    rows = min(plan.batch_size, len(job.data.training))
    stack = stacks * stack_bytes(job.architecture, plan.stack_size, itemsize)
    return stack, batch_bytes(job.architecture, plan.stack_size, rows, itemsize, copies)


def stack_bytes(architecture: Architecture, networks: int, itemsize: int) -> int:
    """Return the bytes of the numbers of a stack.

    Example:
        >>> stack_bytes(Architecture(64, (50, 50), 10), networks=8, itemsize=4)
        201920
    """
    return networks * (architecture.size + architecture.statistics_size) * itemsize


def batch_bytes(
    architecture: Architecture, networks: int, rows: int, itemsize: int, copies: Copies
) -> int:
    """Return the bytes that a mini-batch takes on its way through the layers and back.

    Example:
        >>> batch_bytes(Architecture(64, (50, 50), 10), 8, 100, 4, Copies(3, 4, inputs=0))
        1408000
    """
    units = networks * sum(architecture.widths[1:])
    return rows * itemsize * (copies.values * units + copies.inputs * architecture.inputs)
