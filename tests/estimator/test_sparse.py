"""Sparse rows: the answers of the same rows dense, a memory that is looked at before it is taken."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from klayer import InputError, KLayerClassifier

rng = np.random.default_rng(0)
X = rng.standard_normal((90, 12)) * (rng.random((90, 12)) < 0.3)
y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 0.5)
KINDS = [sp.csr_array, sp.csr_matrix, sp.csc_matrix, sp.coo_array, sp.lil_matrix]


def quick(**settings: Any) -> KLayerClassifier:
    return KLayerClassifier(
        **{"hidden_layer_sizes": 8, "max_iter": 10, "random_state": 0, **settings}
    )


def theta(classifier: KLayerClassifier) -> Any:
    return classifier.model_.state.theta


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_rows_train_and_are_answered_as_dense_ones(kind: Callable[..., Any]) -> None:
    dense, sparse = quick().fit(X, y), quick().fit(kind(X), y)
    assert np.array_equal(theta(dense), theta(sparse))
    assert np.array_equal(dense.predict(X), sparse.predict(kind(X)))
    for name in ("predict_proba", "predict_log_proba", "decision_function", "predict_spread"):
        assert np.array_equal(getattr(dense, name)(X), getattr(sparse, name)(kind(X))), name


def test_answers_of_many_parts_stand_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = quick(n_networks=2).fit(X, y)
    whole = [classifier.predict_proba(X, per_network) for per_network in (False, True)]
    scores = classifier.decision_function(X)
    monkeypatch.setattr("klayer.models.answers.CHUNK_BYTES", 8 * 12 * 7)  # of seven rows
    for P, per_network in zip(whole, (False, True), strict=True):
        found = classifier.predict_proba(sp.csr_array(X), per_network)
        assert found == pytest.approx(P, rel=1e-5)
    assert classifier.decision_function(sp.csr_array(X)) == pytest.approx(scores, rel=1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int16, np.bool_])
def test_types_are_kept_as_those_of_dense_rows(dtype: Any) -> None:
    rows = (5 * np.abs(X)).astype(dtype)
    dense, sparse = quick().fit(rows, y), quick().fit(sp.csr_array(rows), y)
    assert np.array_equal(theta(dense), theta(sparse))
    assert np.array_equal(dense.predict_proba(rows), sparse.predict_proba(sp.csr_array(rows)))


def test_validation_rows_weights_and_parts_may_be_sparse_too() -> None:
    weights = rng.uniform(0.5, 2, 60)
    given = {"early_stopping": True, "class_weight": "balanced"}
    dense = quick(**given).fit(X[:60], y[:60], weights, X_val=X[60:], y_val=y[60:])
    rows, rest = sp.csr_array(X[:60]), sp.csc_array(X[60:])
    sparse = quick(**given).fit(rows, y[:60], weights, X_val=rest, y_val=y[60:])
    assert np.array_equal(theta(dense), theta(sparse))
    dense.partial_fit(X[60:], y[60:])
    assert np.array_equal(theta(dense), theta(sparse.partial_fit(rest, y[60:])))


def test_a_text_is_classified_through_a_vectorizer() -> None:
    texts = [f"the {word} sat on the {word}" for word in ("cat", "dog", "cow")] * 10
    labels = np.arange(30) % 3
    classifier = make_pipeline(TfidfVectorizer(), quick(max_iter=30)).fit(texts, labels)
    assert classifier.score(texts, labels) == 1


def test_rows_that_do_not_fit_in_memory_are_refused_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("klayer.estimator.sparse.available_bytes", lambda: 3 << 30)
    wide = sp.csr_array((np.ones(90), np.arange(90), np.arange(91)), (90, 10_000_000))
    said = (
        r"but X needs 6\.71 GiB \(90 rows of 10000000 features in float64\) and there are 3 GiB; "
        "keep fewer features"
    )
    with pytest.raises(InputError, match=said):
        quick().fit(wide, y)
    with pytest.raises(InputError, match=said):
        quick().partial_fit(wide, y, classes=[0, 1, 2])


def test_answers_make_only_some_rows_dense_at_a_time() -> None:
    features = 4_000
    rows: Any = sp.random_array((6_000, features), density=1e-3, rng=rng, format="csr")
    classifier = quick(max_iter=1, batch_norm=False).fit(rows[:90], y)
    tracemalloc.start()
    P = classifier.predict_proba(rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80 << 20  # dense they are 183 MiB
    assert P[::1000] == pytest.approx(classifier.predict_proba(rows[::1000]), rel=1e-5)


def test_nan_and_another_number_of_features_are_refused_as_in_dense_rows() -> None:
    bad = sp.csr_array(X)
    bad.data[3] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        quick().fit(bad, y)
    with pytest.raises(ValueError, match="X has 11 features"):
        quick().fit(X, y).predict(sp.csr_array(X[:, 1:]))
