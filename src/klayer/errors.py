"""The errors klayer raises, all at its boundary: the rule, then the offending value.

The commands turn an `InputError` into one sentence and exit code 2.
"""


class KlayerError(Exception):
    """Base of every error that klayer raises on purpose."""


class InputError(KlayerError, ValueError):
    """The input breaks a rule; the message states the rule, then the offending value."""


class PlanError(InputError):
    """The settings of a training are at fault; `faults` holds a sentence for each.

    Example:
        >>> str(PlanError(["`batch_size` must be at least 1, but got 0"]))
        '`batch_size` must be at least 1, but got 0'
    """

    def __init__(self, faults: list[str]) -> None:
        self.faults = list(faults)
        super().__init__("; ".join(self.faults))


class StorageError(KlayerError, OSError):
    """A file could not be written: the disk is full, or the folder is gone or not ours to write.

    What was written before is whole. `errno` is the system's number.

    Example:
        >>> str(StorageError("runs/a/history.csv", OSError(28, "No space left on device")))
        'runs/a/history.csv must be written, but cannot be: No space left on device'
    """

    def __init__(self, name: str, error: OSError) -> None:
        reason = error.strerror or str(error)
        super().__init__(f"{name} must be written, but cannot be: {reason}")
        self.errno = error.errno


class DivergenceError(KlayerError, ArithmeticError):
    """The cost stopped being a finite number.

    Attributes:
        step: the update at which the cost was first seen not to be finite, counted from 0.
        rate: the learning rate of that update.
        network: the position in the stack of the network concerned.
        layer: the first layer, 1 … k, whose numbers were not finite.
    """

    def __init__(self, step: int, rate: float, network: int, layer: int) -> None:
        self.step, self.rate, self.network, self.layer = step, rate, network, layer
        super().__init__(
            f"the cost must stay finite, but network {network} diverged at step {step} in layer "
            f"{layer} with learning rate {rate:.4g}; try a lower `rate_max`, or `batch_norm=True`"
        )


class PlanWarning(UserWarning):
    """A setting is allowed and yet rarely meant; the message says what to set in its place."""


class DataWarning(UserWarning):
    """A data set is allowed and yet rarely meant; the message says what to change in it."""
