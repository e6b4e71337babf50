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
        slots: int,
    ) -> None: ...

class Spectrum:
    def __init__(
        self,
        picture: tuple[int, int, int],
        colours: NDArray[np.float64],
        down: NDArray[np.float64],
        across: NDArray[np.float64],
        kept: NDArray[np.int64],
        /,
    ) -> None: ...

class Table:
    def __init__(
        self,
        X: Array,
        y: NDArray[np.int64],
        mean: NDArray[np.float64],
        inverse_std: NDArray[np.float64],
        spectrum: Spectrum | None,
        /,
    ) -> None: ...

class Objective:
    def __init__(
        self,
        lam: NDArray[np.float64],
        moving_decay: float,
        smoothing: float,
        weights: NDArray[np.float64] | None,
        kept: float,
        threshold: int,
        drop_seeds: NDArray[np.uint32],
        picture: tuple[int, int, int],
        flip: bool,
        shift: int,
        moves_seed: int,
        /,
    ) -> None: ...

class Rule:
    def __init__(
        self,
        kind: int,
        beta1: float,
        beta2: float,
        epsilon: float,
        weight_decay: float,
        clip_norm: float,
        /,
    ) -> None: ...

def train(
    net: Net,
    table: Table,
    order: NDArray[np.int64],
    offsets: NDArray[np.int64],
    first_step: int,
    rates: NDArray[np.float64],
    objective: Objective,
    rule: Rule,
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
