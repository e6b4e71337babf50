from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

class Net:
    def __init__(
        self,
        widths: list[int],
        batch_norm: bool,
        epsilon: float,
        theta: Array,
        moving: Array,
        active: NDArray[np.bool_],
    ) -> None: ...

class Table:
    def __init__(
        self,
        X: Array,
        y: NDArray[np.int64],
        mean: NDArray[np.float64],
        inverse_std: NDArray[np.float64],
    ) -> None: ...

def train(
    net: Net,
    table: Table,
    order: NDArray[np.int64],
    offsets: NDArray[np.int64],
    rates: NDArray[np.float64],
    lam: NDArray[np.float64],
    moving_decay: float,
    forward_only: bool,
    losses: NDArray[np.float64],
    threads: int,
    /,
) -> None: ...
def evaluate(
    net: Net,
    table: Table,
    rows: NDArray[np.int64],
    cross_entropy: NDArray[np.float64],
    penalty: NDArray[np.float64],
    accuracy: NDArray[np.float64],
    logits: Array | None,
    threads: int,
    /,
) -> None: ...
def builds() -> list[str]: ...
def isa() -> str: ...
def fma_peak(seconds: float, threads: int, /) -> float: ...
