"""scikit-learn's own checks of an estimator, all of them."""

from collections.abc import Callable
from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from klayer import KLayerClassifier


@parametrize_with_checks([KLayerClassifier(), KLayerClassifier(engine="reference", max_iter=40)])  # type: ignore[untyped-decorator]
def test_it_is_what_scikit_learn_calls_a_classifier(
    estimator: Any, check: Callable[[Any], None]
) -> None:
    check(estimator)
