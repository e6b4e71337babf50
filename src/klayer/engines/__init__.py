"""The engines: who computes. One contract, any number of engines, chosen by name."""

from klayer.engines.choose import available_engines, choose_engine
from klayer.engines.contract import Engine, Evaluation, Objective
from klayer.engines.reference import ReferenceEngine

__all__ = [
    "Engine",
    "Evaluation",
    "Objective",
    "ReferenceEngine",
    "available_engines",
    "choose_engine",
]
