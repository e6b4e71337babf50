"""The engines: who computes. One contract, any number of engines, chosen by name."""

from klayer.engines.choose import available_engines, choose_engine, unknown_to_native
from klayer.engines.contract import FEATURES, Engine, Evaluation, Objective, features_of
from klayer.engines.reference import ReferenceEngine

__all__ = [
    "FEATURES",
    "Engine",
    "Evaluation",
    "Objective",
    "ReferenceEngine",
    "available_engines",
    "choose_engine",
    "features_of",
    "unknown_to_native",
]
