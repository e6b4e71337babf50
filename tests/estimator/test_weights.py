"""Weights of rows and classes: what a weight means, to the bit where that can be."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine

from klayer import KLayerClassifier, network
from klayer.architecture import Architecture
from klayer.data import Data
from klayer.estimator.sets import data_of
from klayer.initializers import initialise

X, y = load_wine(return_X_y=True)
rng = np.random.default_rng(0)
TIMES = rng.integers(0, 4, len(X))


def quick(**settings: Any) -> KLayerClassifier:
    return KLayerClassifier(
        **{"hidden_layer_sizes": 8, "max_iter": 15, "random_state": 0, **settings}
    )


def theta(classifier: KLayerClassifier) -> Any:
    return classifier.model_.state.theta


def test_a_weight_counts_in_the_cost_as_so_many_repeated_rows() -> None:
    parameters = initialise(Architecture(13, (7,), 3), 0, [0], [None], np.float64).parameters

    def cost(data: Data) -> network.Cost:
        rows = data.training
        weights = data.samples.weights
        return network.cost(
            parameters,
            data.samples.gather(rows, np.float64).T,
            data.samples.y[rows],
            0.01,
            weights=None if weights is None else weights[rows],
        )

    labels, none = np.unique(y), np.empty(0, np.int64)
    counted = np.flatnonzero(TIMES)
    weighted = cost(data_of(X, y, labels, None, counted, none, np.asarray(5 * TIMES, np.float64)))
    again = np.repeat(np.arange(len(X)), TIMES)
    repeated = cost(data_of(X[again], y[again], labels, None, np.arange(len(again)), none))
    assert pytest.approx(repeated.J, rel=1e-12) == weighted.J
    gradients = zip(weighted.gradient().named(), repeated.gradient().named(), strict=True)
    for (name, one), (_, other) in gradients:
        assert one == pytest.approx(other, rel=1e-9, abs=1e-13), name


def test_a_row_of_weight_zero_is_as_if_it_were_not_there() -> None:
    weights = (TIMES > 0).astype(float)
    kept = TIMES > 0
    alone = quick(class_weight="balanced").fit(X[kept], y[kept])
    beside = quick(class_weight=None).fit(X[kept], y[kept], np.ones(kept.sum()))
    with_others = quick().fit(np.where(kept[:, None], X, 1e6), y, weights)
    assert with_others.predict_proba(X) == pytest.approx(beside.predict_proba(X), abs=1e-6)
    assert not np.array_equal(theta(alone), theta(beside))


def test_only_the_proportions_of_weights_matter() -> None:
    weights = rng.uniform(0.5, 2.0, len(X))
    P = quick(dtype="float64").fit(X, y, weights).predict_proba(X)
    assert quick(dtype="float64").fit(X, y, 1000 * weights).predict_proba(X) == pytest.approx(P)


def test_weights_of_one_change_nothing_but_rounding() -> None:
    P = quick(dtype="float64").fit(X, y).predict_proba(X)
    same = quick(dtype="float64").fit(X, y, np.ones(len(X)))
    assert same.predict_proba(X) == pytest.approx(P, abs=1e-8)


def test_a_class_of_more_weight_is_predicted_more() -> None:
    features = rng.standard_normal((400, 2))
    labels = (features[:, 0] + 1.5 * rng.standard_normal(400) > 1.5).astype(int)
    plain = quick().fit(features, labels).predict(features).mean()
    balanced = quick(class_weight="balanced").fit(features, labels).predict(features).mean()
    asked = quick(class_weight={0: 1, 1: 20}).fit(features, labels).predict(features).mean()
    assert plain < balanced - 0.1 < asked - 0.1


def test_class_weights_are_sample_weights_of_the_rows() -> None:
    by_row = np.where(y == 1, 3.0, 1.0)
    by_class = quick(class_weight={1: 3.0}).fit(X, y)
    assert np.array_equal(theta(by_class), theta(quick().fit(X, y, by_row)))


def test_parts_are_weighted_too() -> None:
    plain = quick().partial_fit(X, y, classes=[0, 1, 2])
    weighted = quick().partial_fit(X, y, classes=[0, 1, 2], sample_weight=1.0 + TIMES)
    assert not np.array_equal(theta(plain), theta(weighted))


def test_a_class_that_has_no_weight_is_not_there() -> None:
    classifier = quick().fit(X, y, (y > 0).astype(float))
    assert classifier.classes_.tolist() == [1, 2]


@pytest.mark.parametrize(
    "weights", [np.full(len(X), -1.0), np.zeros(len(X)), np.full(len(X), np.nan)]
)
def test_weights_that_are_none_are_refused(weights: Any) -> None:
    with pytest.raises(ValueError, match="weight"):
        quick().fit(X, y, weights)
