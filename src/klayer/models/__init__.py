"""A trained stack ready to use: predict, judge, save and load, fold, export."""

from klayer.models.file import MODEL_FILE, load_model
from klayer.models.judgement import Judgement, judge
from klayer.models.model import Model

__all__ = ["MODEL_FILE", "Judgement", "Model", "judge", "load_model"]
