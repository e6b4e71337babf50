"""`KLayerClassifier`: klayer's training behind scikit-learn's fit, predict and score."""

from klayer.estimator.classifier import KLayerClassifier

__all__ = ["KLayerClassifier"]
