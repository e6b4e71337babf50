"""A trained stack ready to use: predict, judge, save and load, fold, export."""

from klayer.models.ensemble import EnsembleFigures, evaluate_ensemble
from klayer.models.file import MODEL_FILE, load_model
from klayer.models.model import Model

__all__ = ["MODEL_FILE", "EnsembleFigures", "Model", "evaluate_ensemble", "load_model"]
