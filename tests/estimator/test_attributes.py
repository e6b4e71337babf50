"""What a fitted classifier has that scikit-learn's MLPClassifier has, and that each means the same."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from klayer import KLayerClassifier, network
from klayer.architecture import Parameters

X, y = load_wine(return_X_y=True)


def quick(**settings: Any) -> KLayerClassifier:
    return KLayerClassifier(
        **{"hidden_layer_sizes": (8, 5), "max_iter": 12, "random_state": 0, **settings}
    )


def test_it_has_every_fitted_attribute_of_mlp_classifier() -> None:
    other = MLPClassifier((4,), max_iter=1).set_params(solver="sgd", learning_rate_init=1e-9)
    with pytest.warns(match="Maximum iterations"):
        other.fit(X, y)
    names = {name for name in vars(other) if name.endswith("_") and not name.startswith("_")}
    assert names >= {"coefs_", "loss_curve_", "t_"}
    fitted = quick().fit(X, y)
    assert {name for name in names if not hasattr(fitted, name)} == set()
    unfitted = quick()
    assert {name for name in names if hasattr(unfitted, name)} == set()


def test_losses_are_the_cost_over_all_training_rows_after_every_epoch() -> None:
    classifier = quick(dtype="float64", batch_norm=False).fit(X, y)
    J = classifier.history_["training_cost"]
    assert J.shape == (13, 1)
    assert classifier.loss_curve_ == J[1:, 0].tolist()
    assert (classifier.loss_, classifier.best_loss_) == (J[-1, 0], J[1:].min())
    model = classifier.model_
    views = model.state.parameters
    fields = ("W", "b", "gamma", "beta")
    one = Parameters(**{name: tuple(a[0] for a in getattr(views, name)) for name in fields})
    rows = ((X - model.mean) * model.inverse_std).T
    lam, epsilon = classifier.plan_.lam[0], model.architecture.epsilon
    assert classifier.loss_ == pytest.approx(network.cost(one, rows, y, lam, epsilon).J, rel=1e-12)


def test_losses_of_an_ensemble_are_means_over_the_networks_that_still_trained() -> None:
    classifier = quick(
        n_networks=3, early_stopping=True, n_iter_no_change=2, max_iter=40, evaluate_every=2
    ).fit(X, y)
    J = classifier.history_["training_cost"]
    stopped = np.isnan(J).sum(axis=1)
    assert 0 < stopped.max() < 3
    means = [np.mean([one for one in row if one == one]) for row in J.tolist()]
    assert classifier.loss_curve_ == pytest.approx(means[1:])
    assert classifier.best_loss_ is None
    assert quick(early_stopping=False).fit(X, y).best_loss_ is not None


def test_rows_seen_are_counted_batch_by_batch() -> None:
    assert quick().fit(X, y).t_ == 12 * len(X)
    # 177 rows in batches of 16 leave one, which batch normalisation cannot use.
    assert quick(batch_size=16).fit(X[:177], y[:177]).t_ == 12 * 176
    assert quick(batch_size=16, batch_norm=False).fit(X[:177], y[:177]).t_ == 12 * 177
    held_out = quick(early_stopping=True, validation_fraction=0.5).fit(X, y)
    assert held_out.t_ == held_out.n_iter_ * 89


def test_going_on_counts_on_and_a_new_fit_begins_anew() -> None:
    classifier = quick().fit(X, y)
    before = list(classifier.loss_curve_)
    classifier.partial_fit(X[:50], y[:50])
    assert classifier.t_ == 12 * len(X) + 50
    assert classifier.loss_curve_[:-1] == before
    assert classifier.loss_ == classifier.history_["training_cost"][-1, 0]
    assert classifier.fit(X, y).t_ == 12 * len(X)
    assert classifier.loss_curve_ == before
    parts = quick().partial_fit(X, y, classes=[0, 1, 2])
    assert (parts.t_, len(parts.loss_curve_), parts.validation_scores_) == (len(X), 1, None)


def test_a_training_that_ends_before_its_first_update_has_no_loss() -> None:
    classifier = quick(callbacks=[lambda _: True]).fit(X, y)
    assert (classifier.loss_curve_, classifier.t_, classifier.n_iter_) == ([], 0, 0)
    assert np.isnan(classifier.loss_)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_its_coefs_in_mlp_classifiers_own_formula_give_the_same_probabilities(
    batch_norm: bool,
) -> None:
    classifier = quick(batch_norm=batch_norm, dtype="float64").fit(X, y)
    other = MLPClassifier((8, 5), max_iter=1)
    with pytest.warns(match="Maximum iterations"):
        other.fit(X, y)
    assert [C.shape for C in classifier.coefs_] == [C.shape for C in other.coefs_]
    assert [c.shape for c in classifier.intercepts_] == [c.shape for c in other.intercepts_]
    assert (classifier.out_activation_, classifier.n_layers_) == ("softmax", other.n_layers_)
    assert other.out_activation_ == "softmax"
    assert np.abs(other.predict_proba(X) - classifier.predict_proba(X)).max() > 0.1
    other.coefs_, other.intercepts_ = classifier.coefs_, classifier.intercepts_
    assert other.predict_proba(X) == pytest.approx(classifier.predict_proba(X), abs=1e-11)


def test_coefs_of_an_ensemble_are_those_of_each_network() -> None:
    classifier = quick(n_networks=3, dtype="float64").fit(X, y)
    (C1, C2, C3), (c1, c2, c3) = classifier.coefs_, classifier.intercepts_
    assert (C1.shape, c1.shape) == ((3, 13, 8), (3, 8))
    H = np.maximum(0, np.maximum(0, X @ C1 + c1[:, None]) @ C2 + c2[:, None])
    S = np.exp(H @ C3 + c3[:, None])
    P = S / S.sum(axis=-1, keepdims=True)
    each = classifier.predict_proba(X, per_network=True)
    assert each == pytest.approx(P, abs=1e-11)


def test_a_feature_that_was_constant_has_coefficients_of_zero() -> None:
    rows = np.column_stack([X, np.full(len(X), 7.0)])
    assert np.array_equal(quick().fit(rows, y).coefs_[0][-1], np.zeros(8))


def test_scores_of_many_classes_are_log_probabilities() -> None:
    classifier = quick(n_networks=2).fit(X, y)
    D = classifier.decision_function(X)
    assert D.shape == (178, 3)
    assert np.exp(D) == pytest.approx(classifier.predict_proba(X), rel=1e-6)
    assert np.array_equal(classifier.classes_[D.argmax(axis=1)], classifier.predict(X))


def test_the_score_of_two_classes_is_one_column_above_zero_for_the_second() -> None:
    rows, labels = load_breast_cancer(return_X_y=True)
    words = np.array(["no", "yes"])[labels]
    classifier = quick().fit(rows, words)
    D = classifier.decision_function(rows)
    assert D.shape == (569,)
    assert np.array_equal(np.where(D > 0, "yes", "no"), classifier.predict(rows))
    S0, S1 = classifier.model_.layers(rows)[-1][0].T
    assert pytest.approx(S1 - S0, rel=1e-5, abs=1e-5) == D
    assert roc_auc_score(words, D) > 0.98


def test_before_fit_there_is_nothing_to_ask() -> None:
    for name in ("coefs_", "intercepts_"):
        with pytest.raises(NotFittedError):
            getattr(quick(), name)
    with pytest.raises(NotFittedError):
        quick().decision_function(X)
