"""scikit-learn's own checks of an estimator, all of them."""

from collections.abc import Callable
from typing import Any

from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from klayer import KLayerClassifier

SHUFFLED = (
    "mini-batches are shuffled: a row that is there twice meets other rows than one of weight 2; "
    "tests/estimator/test_weights.py has the cost"
)
NOT_OWED = {
    "check_sample_weight_equivalence_on_dense_data": SHUFFLED,
    "check_sample_weight_equivalence_on_sparse_data": SHUFFLED,
}


@parametrize_with_checks(
    [KLayerClassifier()],
    expected_failed_checks=lambda _: NOT_OWED,
)  # type: ignore[untyped-decorator]
def test_it_is_what_scikit_learn_calls_a_classifier(
    estimator: Any, check: Callable[[Any], None]
) -> None:
    check(estimator)


def test_it_says_that_it_takes_sparse_rows() -> None:
    assert get_tags(KLayerClassifier()).input_tags.sparse
