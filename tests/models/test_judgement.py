"""Figures of a judgement against scikit-learn's and against numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    precision_score,
    recall_score,
    top_k_accuracy_score,
)

from klayer.architecture import Architecture
from klayer.data import Data
from klayer.models import answers
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
    assert found.cross_entropy == pytest.approx(log_loss(y, P, labels=labels))
    assert found.confusion.sum() == 100
    assert found.confusion[2, 3] == ((y == 2) & (predicted == 3)).sum()
    for name, score in (("precision", precision_score), ("recall", recall_score)):
        expected = score(y, predicted, average=None, labels=labels, zero_division=np.nan)
        assert np.array_equal(getattr(found, name), expected, equal_nan=True)
    assert found.top == {
        k: pytest.approx(top_k_accuracy_score(y, P, k=k, labels=labels)) for k in (2, 3, 5)
    }
    assert found.calibration_error == calibration_error(P.max(axis=1), predicted == y)


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
