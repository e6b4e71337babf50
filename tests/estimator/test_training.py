"""How the classifier trains: bits, curves, stopping, going on."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.metrics import log_loss

from klayer import DivergenceError, InputError, KLayerClassifier
from klayer.estimator.budget import EARLY_STOPPING_FROM
from klayer.training import METRICS

X, y = load_wine(return_X_y=True)
rng = np.random.default_rng(0)
NOISE = rng.standard_normal((240, 5))
NOISY = (NOISE[:, 0] + rng.standard_normal(240) > 0).astype(int)


def quick(**settings: Any) -> KLayerClassifier:
    return KLayerClassifier(
        **{"hidden_layer_sizes": 8, "max_iter": 15, "random_state": 0, **settings}
    )


def theta(classifier: KLayerClassifier) -> Any:
    return classifier.model_.state.theta


def test_a_random_state_fixes_every_bit_whatever_the_threads() -> None:
    first = quick(n_jobs=1).fit(X, y)
    assert np.array_equal(theta(first), theta(quick(n_jobs=2).fit(X, y)))
    assert not np.array_equal(theta(first), theta(quick(random_state=1).fit(X, y)))


def test_a_generator_as_random_state_moves_on_between_fits() -> None:
    def two() -> Iterator[Any]:
        state = np.random.RandomState(5)
        for _ in range(2):
            yield theta(quick(random_state=state).fit(X, y))

    (a, b), (c, d) = two(), two()
    assert np.array_equal(a, c)
    assert np.array_equal(b, d)
    assert not np.array_equal(a, b)


def test_a_whole_random_state_is_the_seed_of_klayers_own_fit() -> None:
    from klayer import fit
    from klayer.estimator.sets import data_of

    classifier = quick().fit(X, y)
    rows = np.arange(len(X))
    data = data_of(X, y, np.unique(y), None, rows, rows[:0], None)
    assert classifier.plan_.seed == 0
    assert np.array_equal(fit(data, classifier.plan_).model.state.theta, theta(classifier))


def test_the_penalty_is_scikit_learns() -> None:
    plan = quick(alpha=3.0, batch_size=50).fit(X, y).plan_
    assert plan.lam == (3.0 / (2 * 50),)


def test_what_goes_beyond_plain_descent_reaches_the_plan_and_is_computed() -> None:
    asked = {"dropout": 0.1, "label_smoothing": 0.2, "weight_decay": 0.01}
    classifier = quick(solver="adamw", alpha=0.0, **asked).fit(X, y)
    plan, trained = classifier.plan_.to_dict(), theta(classifier)
    assert {name: plan[name] for name in asked} == asked
    assert (plan["optimizer"], plan["rate_max"], plan["lam"]) == ("adamw", 0.003, [0.0])
    assert classifier.partial_fit(X, y).n_iter_ == 16
    for name in asked:
        without = quick(solver="adamw", alpha=0.0, **{**asked, name: 0.0}).fit(X, y)
        assert not np.array_equal(theta(without), trained), name
    assert quick(solver="nesterov", momentum=0.8).fit(X, y).plan_.momentum == 0.8


def test_curves_have_a_column_for_each_network() -> None:
    history = quick(n_networks=3, evaluate_every=5).fit(X, y).history_
    assert history["epoch"].tolist() == [0, 5, 10, 15]
    assert set(METRICS) <= set(history)
    assert history["training_cost"].shape == (4, 3)
    assert (history["training_cost"][0] > history["training_cost"][-1]).all()
    assert np.isnan(history["validation_cost"]).all()


def test_a_validation_part_is_held_out_and_classes_keep_their_shares() -> None:
    classifier = quick(early_stopping=True, validation_fraction=0.25).fit(X, y)
    assert classifier.validation_scores_ is not None
    assert classifier.validation_scores_.shape == (classifier.n_iter_ + 1, 1)
    assert not np.isnan(classifier.history_["validation_accuracy"]).any()
    assert classifier.best_validation_score_ == classifier.validation_scores_.max()


def test_early_stopping_keeps_the_best_weights_by_the_metric_asked_for() -> None:
    rows = {"X_val": NOISE[120:], "y_val": NOISY[120:]}
    settings = {"hidden_layer_sizes": 64, "max_iter": 150, "batch_size": 20, "alpha": 0.0}
    last = quick(early_stopping=False, **settings).fit(NOISE[:120], NOISY[:120], **rows)
    by_loss = quick(scoring="loss", **settings).fit(NOISE[:120], NOISY[:120], **rows)
    losses = by_loss.history_["validation_cross_entropy"][:, 0]
    found = log_loss(NOISY[120:], by_loss.predict_proba(NOISE[120:]))
    assert found == pytest.approx(losses.min(), rel=1e-5)
    assert found < log_loss(NOISY[120:], last.predict_proba(NOISE[120:]))
    by_name = quick(scoring="neg_log_loss", **settings).fit(NOISE[:120], NOISY[:120], **rows)
    assert np.array_equal(theta(by_name), theta(by_loss))


def test_a_scorer_of_ones_own_sees_one_network_and_raw_rows() -> None:
    seen = []

    def scorer(classifier: Any, rows: Any, labels: Any) -> float:
        seen.append((classifier.predict_proba(rows, per_network=True).shape[0], rows.shape[1]))
        return float(classifier.score(rows, labels))

    classifier = quick(n_networks=2, early_stopping=True, scoring=scorer, max_iter=2).fit(X, y)
    assert set(seen) == {(1, 13)}
    accuracies = classifier.history_["validation_accuracy"]
    assert classifier.validation_scores_ == pytest.approx(accuracies)


def test_patience_ends_training_and_without_it_a_cycle_is_waited() -> None:
    hopeless = {"early_stopping": True, "max_iter": 60, "rate_max": 0.0, "rate_min": 0.0}
    stopped = quick(n_iter_no_change=3, **hopeless).fit(X, y)
    assert (stopped.n_iter_, stopped.reason_) == (3, "patience")
    assert quick(cycles=3, **hopeless).fit(X, y).n_iter_ == 60 // 3


def test_small_sets_keep_all_rows_and_large_ones_hold_some_out() -> None:
    small = quick().fit(X, y)
    assert small.validation_scores_ is None
    rows = rng.standard_normal((EARLY_STOPPING_FROM, 2))
    large = quick(max_iter=1).fit(rows, rows[:, 0] > 0)
    assert large.validation_scores_ is not None


def test_callbacks_hear_every_evaluation_and_can_end_training() -> None:
    heard: list[dict[str, float]] = []

    def callback(figures: dict[str, float]) -> bool:
        heard.append(figures)
        return figures["epoch"] == 4

    classifier = quick(callbacks=[callback]).fit(X, y)
    assert [figures["epoch"] for figures in heard] == [0, 1, 2, 3, 4]
    assert (classifier.n_iter_, classifier.reason_) == (4, "callback")
    assert heard[-1]["training_cost"] == classifier.history_["training_cost"][-1, 0]


def test_a_progress_bar_is_shown_on_standard_error() -> None:
    with contextlib.redirect_stderr(io.StringIO()) as shown:
        quick(verbose=True).fit(X, y)
    assert "training cost" in shown.getvalue()
    with contextlib.redirect_stderr(io.StringIO()) as shown:
        quick().fit(X, y)
    assert shown.getvalue() == ""


def test_the_range_test_chooses_the_rates() -> None:
    classifier = quick(learning_rate="auto").fit(X, y)
    assert 1e-5 < classifier.rate_min_ < classifier.rate_max_ < 10
    assert classifier.plan_.schedule == "triangular"
    assert classifier.score(X, y) > 0.9


def test_a_cost_that_is_not_finite_is_said() -> None:
    with pytest.raises(DivergenceError, match="try a lower `rate_max`"):
        quick(learning_rate="constant", rate_max=1e20, batch_norm=False).fit(X, y)


def test_an_ensemble_is_the_mean_of_its_networks_and_says_where_they_disagree() -> None:
    ensemble = quick(n_networks=4).fit(X, y)
    each = ensemble.predict_proba(X, per_network=True)
    assert each.shape == (4, 178, 3)
    assert ensemble.predict_proba(X) == pytest.approx(each.mean(axis=0))
    assert ensemble.predict_spread(X) == pytest.approx(each.std(axis=0))
    alone = quick().fit(X, y).predict_proba(X, per_network=True)
    assert np.array_equal(alone[0], each[0])


def test_without_standardisation_features_are_taken_as_they_are() -> None:
    classifier = quick(standardise=False).fit(X, y)
    assert classifier.model_.mean.tolist() == [0.0] * 13
    assert classifier.model_.inverse_std.tolist() == [1.0] * 13


def test_warm_start_goes_on_where_the_last_fit_ended() -> None:
    classifier = quick(warm_start=True, max_iter=10).fit(X, y)
    ended = classifier.history_["training_cost"][-1, 0]
    classifier.fit(X, y)
    assert classifier.history_["training_cost"][0, 0] == pytest.approx(ended, rel=1e-5)
    cold = quick(max_iter=10).fit(X, y).fit(X, y)
    assert np.array_equal(theta(cold), theta(quick(max_iter=10).fit(X, y)))


def test_going_on_with_other_rows_keeps_what_the_networks_compute() -> None:
    classifier = quick(
        warm_start=True, dtype="float64", rate_min=0.0, rate_max=0.0, batch_norm=False
    )
    before = classifier.fit(X, y).predict_proba(X)
    classifier.fit(3 * X[::2] + 5, y[::2])
    assert classifier.model_.mean == pytest.approx(3 * X[::2].mean(axis=0) + 5)
    assert classifier.predict_proba(X) == pytest.approx(before)


def test_partial_fit_learns_from_parts() -> None:
    classifier = quick()
    for _ in range(12):
        for part in np.array_split(np.random.default_rng(1).permutation(len(X)), 4):
            classifier.partial_fit(X[part], y[part], classes=[0, 1, 2])
    assert classifier.score(X, y) > 0.95
    assert classifier.n_iter_ == 48
    assert classifier.model_.mean == pytest.approx(X.mean(axis=0))
    assert classifier.history_["epoch"].tolist() == list(range(1, 49))
    assert len(set(classifier.history_["step"])) == 48


def test_partial_fit_goes_on_from_fit() -> None:
    fitted = quick().fit(X, y)
    before = fitted.score(X, y)
    fitted.partial_fit(X[:60], y[:60])
    assert fitted.n_iter_ == 16
    assert fitted.score(X, y) >= before - 0.05


def test_partial_fit_is_the_same_to_the_bit_again() -> None:
    first, again = quick(), quick()
    for classifier in (first, again):
        for _ in range(2):
            classifier.partial_fit(X, y, classes=[0, 1, 2])
    assert np.array_equal(theta(first), theta(again))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"hidden_layer_sizes": (5, 0)}, "`hidden_layer_sizes` must be positive whole numbers"),
        ({"batch_size": 0}, "`batch_size` must be 'auto' or at least 1, but got 0"),
        ({"max_iter": "many"}, "`max_iter` must be 'auto' or at least 1, but got 'many'"),
        ({"n_networks": 1.5}, "`n_networks` must be a whole number, at least 1, but got 1.5"),
        ({"alpha": -1}, "`alpha` must be 'auto' or a number, at least 0, but got -1"),
        ({"dropout": 1.0}, "`dropout` must be at least 0 and below 1, but got 1.0"),
        ({"solver": "adam"}, "`solver` must be one of .*, but got 'adam'; did you mean 'adamw'"),
        ({"learning_rate": "cosin"}, "but got 'cosin'; did you mean 'cosine'"),
        ({"rate_min": 1.0, "rate_max": 0.1}, "0 <= rate_min <= rate_max, but got rate_min=1.0"),
        ({"early_stopping": "yes"}, "`early_stopping` must be True, False or 'auto'"),
        ({"validation_fraction": 1.0}, "`validation_fraction` must lie between 0 and 1"),
        ({"n_iter_no_change": 0}, "`n_iter_no_change` must be None or at least 1, but got 0"),
        ({"batch_norm": "on"}, "`batch_norm` must be True or False, but got 'on'"),
        ({"dtype": "half"}, "`dtype` must be one of float32, float64, but got 'half'"),
        ({"n_jobs": 0}, "`n_jobs` must be None or a whole number other than 0, but got 0"),
        ({"callbacks": [3]}, r"`callbacks` must be functions, but got \[3\]"),
        ({"engine": "gpu"}, "`engine` must be one of auto, native, reference, but got 'gpu'"),
        ({"early_stopping": True, "scoring": "acuracy"}, "did you mean 'accuracy'"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_said(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        quick(**settings).fit(X, y)


def test_all_faults_are_said_together() -> None:
    with pytest.raises(InputError, match=r"`batch_size` must .*; `alpha` must "):
        quick(batch_size=-1, alpha="much").fit(X, y)


def test_validation_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="must be given together, but y_val is not"):
        quick().fit(X, y, X_val=X)
    with pytest.raises(InputError, match=r"labels in `y_val` must be among \[0, 1, 2\], but got"):
        quick().fit(X, y, X_val=X, y_val=y + 1)
    with pytest.raises(ValueError, match="X has 12 features"):
        quick().fit(X, y, X_val=X[:, 1:], y_val=y)


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="`classes` must be given in the first call"):
        quick().partial_fit(X, y)
    classifier = quick().partial_fit(X[y < 2], y[y < 2], classes=[0, 1])
    with pytest.raises(InputError, match=r"labels in `y` must be among \[0, 1\], but got"):
        classifier.partial_fit(X, y)
    with pytest.raises(InputError, match=r"`classes` must stay \[0, 1\], but got"):
        classifier.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(InputError, match="must go on with the same networks"):
        classifier.set_params(n_networks=2).partial_fit(X[y < 2], y[y < 2])


def test_going_on_with_other_labels_is_refused() -> None:
    classifier = quick(warm_start=True).fit(X, y)
    with pytest.raises(InputError, match="must go on with the same 13 features and labels"):
        classifier.fit(X[y < 2], y[y < 2])
    assert classifier.classes_.tolist() == [0, 1, 2]
    before = classifier.predict(X).tolist()
    with pytest.raises(InputError, match="must go on with the same 13 features"):
        classifier.fit(X[:, :5], y)
    assert classifier.predict(X).tolist() == before


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(InputError, match="needs at least two classes, but got 1 class"):
        quick().fit(X, np.zeros(len(X)))
