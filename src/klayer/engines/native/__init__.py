"""The native engine: the reference's formulas in C++, many updates at a call, on all cores."""

from klayer.engines.native.engine import (
    NativeEngine,
    fma_peak,
    instruction_set,
    instruction_sets,
    is_built,
)

__all__ = ["NativeEngine", "fma_peak", "instruction_set", "instruction_sets", "is_built"]
