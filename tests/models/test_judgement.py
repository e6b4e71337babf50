"""Figures of a judgement against scikit-learn's and against numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
    top_k_accuracy_score,
)

from klayer.architecture import Architecture
from klayer.data import Data
from klayer.models import answers, roc_auc
from klayer.models.judgement import calibration_error, judge
from tests.conftest import make_data
from tests.models.made import made_model


@pytest.fixture
def data() -> Data:
    return make_data(n=200, inputs=4, classes=6)


def test_figures_are_those_of_scikit_learn(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "CHUNK_BYTES", 8 * 12 * 30)  # of 200 rows, 30 at a time
    model = made_model(Architecture(4, (9,), 6, batch_norm=True), networks=2)
    model = replace(model, labels=data.labels)
    rows = np.arange(0, 200, 2)
    found = judge(model, data, rows)
    y, P = data.samples.y[rows], model.predict_proba(data.samples.X[rows])
    predicted, labels = P.argmax(axis=1), range(6)
    assert found.n == 100
    assert found.accuracy == accuracy_score(y, predicted)
    there = np.unique(y)
    assert found.balanced_accuracy == pytest.approx(
        recall_score(y, predicted, average="macro", labels=there)
    )
    assert found.cross_entropy == pytest.approx(log_loss(y, P, labels=labels))
    each = [roc_auc_score(y == k, P[:, k]) for k in there]
    assert found.roc_auc == pytest.approx(np.mean(each), abs=1e-12)
    assert found.confusion.sum() == 100
    assert found.confusion[2, 3] == ((y == 2) & (predicted == 3)).sum()
    for name, score in (("precision", precision_score), ("recall", recall_score)):
        expected = score(y, predicted, average=None, labels=labels, zero_division=np.nan)
        assert np.array_equal(getattr(found, name), expected, equal_nan=True)
    assert found.top == {
        k: pytest.approx(top_k_accuracy_score(y, P, k=k, labels=labels)) for k in (2, 3, 5)
    }
    assert found.calibration_error == pytest.approx(
        calibration_error(P.max(axis=1), predicted == y), abs=1e-12
    )


def test_labels_in_another_order_are_the_models(data: Data) -> None:
    model = made_model(Architecture(4, (), 6))
    straight = judge(replace(model, labels=data.labels), data, data.test)
    turned = judge(replace(model, labels=data.labels[::-1]), data, data.test)
    assert np.array_equal(turned.confusion, straight.confusion[::-1])


def test_calibration_error_of_a_worked_example() -> None:
    confidence = np.array([0.95, 0.97, 0.96, 0.55, 0.58, 0.2])
    right = np.array([True, True, False, True, False, False])
    # ten bins: (.9, 1]: |2 − 2.88|; (.5, .6]: |1 − 1.13|; (.1, .2]: |0 − .2|
    assert calibration_error(confidence, right, bins=10) == pytest.approx((0.88 + 0.13 + 0.2) / 6)
    assert calibration_error(np.ones(4), np.ones(4, bool)) == 0


def binary(n: int = 200) -> Data:
    """Two classes, one row of the second to nine of the first."""
    data = make_data(n=n, inputs=4, classes=2)
    return replace(data, samples=replace(data.samples, y=(np.arange(n) % 10 == 0).astype(np.int64)))


def test_of_two_classes_the_second_one_s_probability_ranks() -> None:
    data, rows = binary(), np.arange(200)
    model = replace(made_model(Architecture(4, (9,), 2)), labels=data.labels)
    found = judge(model, data, rows)
    second = model.predict_proba(data.samples.X)[:, 1]
    assert found.roc_auc == pytest.approx(roc_auc_score(data.samples.y, second), abs=1e-12)
    assert 0.05 < found.roc_auc < 0.95


def test_answering_the_larger_class_alone_is_a_balanced_accuracy_of_one_half() -> None:
    data, rows = binary(), np.arange(200)
    model = replace(made_model(Architecture(4, (), 2)), labels=data.labels)
    model.state.parameters.W[0][...] = 0
    model.state.parameters.b[0][...] = [[[1.0], [0.0]]]
    found = judge(model, data, rows)
    assert (found.accuracy, found.balanced_accuracy, found.roc_auc) == (0.9, 0.5, 0.5)


def test_classes_without_rows_or_without_others_are_left_out(data: Data) -> None:
    y = np.where(data.samples.y < 4, data.samples.y, 0)
    some = replace(data, samples=replace(data.samples, y=y))
    model = replace(made_model(Architecture(4, (9,), 6)), labels=data.labels)
    found, P = judge(model, some, np.arange(200)), model.predict_proba(data.samples.X)
    each = [roc_auc_score(y == k, P[:, k]) for k in range(4)]
    assert found.roc_auc == pytest.approx(np.mean(each), abs=1e-12)
    assert found.balanced_accuracy == pytest.approx(np.mean(found.recall[:4]))
    complete = judge(model, data, np.arange(200)).roc_auc
    whole = roc_auc_score(data.samples.y, P, multi_class="ovr")
    assert complete == pytest.approx(whole, abs=1e-12)
    one = judge(model, some, np.flatnonzero(y == 1))
    assert np.isnan(one.roc_auc)
    assert one.balanced_accuracy == one.accuracy


def test_a_worked_example_of_the_area() -> None:
    # 3 rows of the class, 2 others: of 6 pairs 4 in order, 1 equal
    scores, y = np.array([[0.9], [0.8], [0.3], [0.3], [0.6]]), np.array([1, 1, 1, 0, 0])
    assert roc_auc.roc_auc(scores, y) == pytest.approx(4.5 / 6)


def test_beyond_the_bound_no_scores_are_kept(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    model = replace(made_model(Architecture(4, (9,), 6)), labels=data.labels)
    monkeypatch.setattr(roc_auc, "MOST_NUMBERS", 6 * 40)
    within, beyond = judge(model, data, np.arange(40)), judge(model, data, np.arange(41))
    assert np.isfinite(within.roc_auc)
    assert np.isnan(beyond.roc_auc)
    assert np.isfinite(beyond.balanced_accuracy)
    log_P = np.log(np.full((40, 6), 1 / 6))
    assert roc_auc.kept(log_P, 40).dtype == np.float32
    two = roc_auc.kept(log_P[:, :2], 10**9)
    assert two.shape == (40, 1)
    assert two.base is None
