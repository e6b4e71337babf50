"""Whether a training fits in memory: what stack and mini-batch take, told before it starts."""

from klayer.architecture import Architecture
from klayer.errors import InputError
from klayer.memory import available_bytes, in_gibibytes
from klayer.training.job import Job

STACKS = 4  # before a call and after it, the engine's own, and the gradient or a file's content
VALUES = 6  # of every unit and sample: S, Ŝ, H, the engine's sums, and two gradients on their way
INPUTS = 3  # copies of a mini-batch's rows, while they are converted and standardised


def check_room(job: Job) -> None:
    """Refuse a training that needs more memory than there is.

    Raises:
        InputError: with what the stack and a mini-batch need, and what there is.
    """
    architecture, plan = job.architecture, job.plan
    itemsize = 4 if plan.dtype == "float32" else 8
    copies = STACKS + len(job.update.slots) * 3 + (1 if plan.patience else 0)
    rows = min(plan.batch_size, len(job.data.training))
    stack = copies * stack_bytes(architecture, plan.stack_size, itemsize)
    batch = batch_bytes(architecture, plan.stack_size, rows, itemsize)
    available = available_bytes()
    if available is not None and stack + batch > available:
        needed = in_gibibytes(stack + batch)
        raise InputError(
            f"a training must fit in memory, but this one needs about {needed} "
            f"({plan.stack_size} networks of {architecture.size} numbers: {in_gibibytes(stack)}; "
            f"a mini-batch of {rows} rows: {in_gibibytes(batch)}) and there are "
            f"{in_gibibytes(available)}; use fewer `networks`, narrower `hidden` or a smaller "
            "`batch_size`"
        )


def stack_bytes(architecture: Architecture, networks: int, itemsize: int) -> int:
    """Return the bytes of the numbers of a stack.

    Example:
        >>> stack_bytes(Architecture(64, (50, 50), 10), networks=8, itemsize=4)
        201920
    """
    return networks * (architecture.size + architecture.statistics_size) * itemsize


def batch_bytes(architecture: Architecture, networks: int, rows: int, itemsize: int) -> int:
    """Return the bytes that a mini-batch takes on its way through the layers and back.

    Example:
        >>> batch_bytes(Architecture(64, (50, 50), 10), networks=8, rows=100, itemsize=4)
        2188800
    """
    units = networks * sum(architecture.widths[1:])
    return rows * itemsize * (VALUES * units + INPUTS * architecture.inputs)
