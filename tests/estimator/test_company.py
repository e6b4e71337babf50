"""The classifier in the company of scikit-learn's tools and of tables."""

import pickle
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_wine
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from klayer import KLayerClassifier, load_model

X, y = load_wine(return_X_y=True)


def quick(**settings: Any) -> KLayerClassifier:
    return KLayerClassifier(
        **{"hidden_layer_sizes": 8, "max_iter": 15, "random_state": 0, **settings}
    )


def test_a_pipeline_is_searched_over_its_parameters() -> None:
    search = GridSearchCV(
        make_pipeline(MinMaxScaler(), quick()), {"klayerclassifier__max_iter": [1, 15]}, cv=3
    ).fit(X, y)
    assert search.best_params_ == {"klayerclassifier__max_iter": 15}
    assert search.best_score_ > 0.9


def test_cross_validation_in_two_processes_gives_what_one_gives() -> None:
    alone = cross_val_score(quick(), X, y, cv=3)
    assert np.array_equal(alone, cross_val_score(quick(), X, y, cv=3, n_jobs=2))
    assert alone.mean() > 0.9


def test_its_probabilities_can_be_calibrated() -> None:
    calibrated = CalibratedClassifierCV(quick(), cv=3, ensemble=False).fit(X, y)
    P = calibrated.predict_proba(X)
    assert P.sum(axis=1) == pytest.approx(np.ones(len(X)))
    assert calibrated.score(X, y) > 0.9


def test_permutations_find_the_one_feature_that_matters() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((200, 3))
    found = permutation_importance(
        quick().fit(features, features[:, 1] > 0), features, features[:, 1] > 0, random_state=0
    )
    assert found.importances_mean.argmax() == 1


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
def test_a_table_names_the_features(table: Callable[..., Any]) -> None:
    names = [f"f{column}" for column in range(13)]
    rows = table({name: X[:, column] for column, name in enumerate(names)})
    classifier = quick().fit(rows, y)
    assert classifier.feature_names_in_.tolist() == names
    assert classifier.model_.feature_names == tuple(names)
    assert np.array_equal(classifier.predict(rows), quick().fit(X, y).predict(X))
    turned = rows[names[::-1]]
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        classifier.predict(turned)


def test_a_clone_and_a_pickle_do_what_the_original_does() -> None:
    original = quick(n_networks=2).fit(X, y)
    P = original.predict_proba(X)
    assert np.array_equal(pickle.loads(pickle.dumps(original)).predict_proba(X), P)
    assert np.array_equal(clone(original).fit(X, y).predict_proba(X), P)
    assert clone(original).get_params() == original.get_params()


def test_its_model_is_klayers_and_loads_anywhere(tmp_path: Any) -> None:
    classifier = quick(n_networks=2).fit(X, np.array(["a", "b", "c"])[y])
    classifier.model_.save(tmp_path / "wine.safetensors")
    model = load_model(tmp_path / "wine.safetensors")
    assert np.array_equal(model.predict_proba(X), classifier.predict_proba(X))
    assert np.array_equal(model.predict(X), classifier.predict(X))


def test_pictures_stay_bytes_and_floats_stay_as_they_are() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (40, 12), np.uint8)
    labels = np.arange(40) % 2
    as_bytes = quick().fit(pictures, labels)
    as_floats = quick().fit(pictures.astype(float), labels)
    assert as_bytes.predict_proba(pictures) == pytest.approx(
        as_floats.predict_proba(pictures), abs=1e-5
    )


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"age": [1, 2] * 9, "city": ["Rome", "Bonn"] * 9}, "'city' has 'Rome', of type String"),
        (
            {"age": [1, 2] * 9, "born": [datetime(2000, 1, 2)] * 18},
            r"'born' has '2000-01-02 00:00:00', of type Datetime\(.*\)",
        ),
        ({"age": [1.5, None, 2.0] * 6, "city": [1, 2] * 9}, "'age' is empty in row 2"),
    ],
)
def test_a_column_that_holds_no_numbers_is_named(
    table: Callable[..., Any], columns: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=rf"but column {sentence}; put scikit-learn's encoders"):
        quick().fit(table(columns), [0, 1] * 9)
    numbers = table({"age": list(range(18)), "city": [1, 2] * 9})
    with pytest.raises(ValueError, match=r"Found input variables|inconsistent"):
        quick().fit(numbers, [0, 1])
