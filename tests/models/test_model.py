"""What a model says of rows: labels, probabilities, logarithms, layers; folded, the same."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from klayer.architecture import Architecture
from klayer.data import Data
from klayer.data.encoding import Categories, Encoding, Number
from klayer.engines import choose_engine
from klayer.errors import InputError
from klayer.models import Model
from klayer.samples import Samples
from klayer.training import Plan, fit
from tests.models.made import architectures, dtypes, made_model, rows

WIDE = Architecture(4, (6, 5), 3, batch_norm=True)


def test_it_predicts_the_labels_of_the_data(clusters: Data) -> None:
    fitted = fit(clusters, Plan(hidden=(8,), steps=200, step_size=100), engine="reference")
    X = clusters.samples.X[clusters.test]
    truth = clusters.labels[clusters.samples.y[clusters.test]]
    assert fitted.test is not None
    assert (fitted.model.predict(X) == truth).mean() == pytest.approx(fitted.test.accuracy[0])


def test_probabilities_are_the_mean_over_the_networks() -> None:
    model = made_model(WIDE, networks=2)
    each = model.predict_proba(rows(), per_network=True)
    assert each.shape == (2, 7, 3)
    assert model.predict_proba(rows()) == pytest.approx(each.mean(axis=0))
    assert each.sum(axis=-1) == pytest.approx(np.ones((2, 7)))


def test_a_network_of_the_stack_is_a_model_of_its_own() -> None:
    model = made_model(WIDE, networks=3)
    each = model.predict_proba(rows(), per_network=True)
    for position in range(3):
        alone = model.network(position)
        assert np.array_equal(alone.predict_proba(rows()), each[position])
        assert alone.best == 0
    with pytest.raises(InputError, match="one of 0 … 2, but got 3"):
        model.network(3)


def test_decision_function_is_the_logarithm_of_the_mean_probability() -> None:
    model = made_model(WIDE, networks=3, dtype="float64")
    found = model.decision_function(rows())
    assert np.exp(found) == pytest.approx(model.predict_proba(rows()), rel=1e-12)
    assert np.array_equal(model.labels[found.argmax(axis=1)], model.predict(rows()))


def test_decision_function_is_ordered_where_probabilities_are_all_zero_or_one() -> None:
    model = made_model(Architecture(4, (), 3), dtype="float64")
    model.state.parameters.W[0][...] *= 1e4
    P, found = model.predict_proba(rows()), model.decision_function(rows())
    assert set(P.ravel().tolist()) == {0.0, 1.0}
    assert np.isfinite(found).all()
    assert all(len(set(row)) == 3 for row in found.tolist())


def test_layers_give_every_activation_and_the_logits() -> None:
    model = made_model(WIDE, networks=2, dtype="float64")
    H1, H2, S = model.layers(rows())
    assert (H1.shape, H2.shape, S.shape) == ((2, 7, 6), (2, 7, 5), (2, 7, 3))
    assert min(H1.min(), H2.min()) == 0
    parameters, (one, two) = model.state.parameters, model.state.statistics
    X = (rows() - model.mean) * model.inverse_std
    for p in range(2):
        H = X.T
        for layer, statistics, found in ((0, one, H1), (1, two, H2)):
            Z = parameters.W[layer][p] @ H + parameters.b[layer][p]
            deviation = np.sqrt(statistics.variance[p] + WIDE.epsilon)
            Z = parameters.gamma[layer][p] * (Z - statistics.mean[p]) / deviation
            H = np.maximum(Z + parameters.beta[layer][p], 0)
            assert found[p] == pytest.approx(H.T, rel=1e-12, abs=1e-12)
        logits = parameters.W[2][p] @ H + parameters.b[2][p]
        assert S[p] == pytest.approx(logits.T, rel=1e-12, abs=1e-12)
    each = np.exp(S) / np.exp(S).sum(axis=-1, keepdims=True)
    assert model.predict_proba(rows(), per_network=True) == pytest.approx(each)


def logits(model: Model) -> Any:
    samples = Samples(rows(), np.zeros(7, np.int64), model.mean, model.inverse_std)
    return choose_engine().logits(model.state, samples, np.arange(7))


@settings(deadline=None, max_examples=50)
@given(
    architecture=architectures, networks=st.integers(1, 3), dtype=dtypes, seed=st.integers(0, 99)
)
def test_a_folded_model_predicts_the_same(
    architecture: Architecture, networks: int, dtype: str, seed: int
) -> None:
    model = made_model(architecture, networks, dtype, seed)
    folded = model.folded()
    assert not folded.architecture.batch_norm
    assert folded.state.theta.dtype == dtype
    S, tolerance = logits(model), {"float32": 1e-5, "float64": 1e-13}[dtype]
    assert np.abs(logits(folded) - S).max() <= tolerance * max(1, np.abs(S).max())


def test_without_batch_normalisation_there_is_nothing_to_fold() -> None:
    model = made_model(Architecture(4, (5,), 3))
    assert model.folded().to_bytes() == model.to_bytes()


def test_a_table_is_encoded_by_its_columns_names() -> None:
    columns = (Number("a", 7.0), Categories("t", ("x", "y")), Number("b", 0.0))
    model = made_model(Architecture(4, (5,), 3))
    names = Encoding(columns).feature_names
    model = Model(**{**vars(model), "encoding": Encoding(columns), "feature_names": names})
    table = pl.DataFrame({"b": [3.0, 4.0], "more": [0, 0], "a": [1.0, None], "t": ["y", "z"]})
    encoded = np.array([[1.0, 0, 1, 3], [7, 0, 0, 4]])
    assert np.array_equal(model.predict_proba(table), model.predict_proba(encoded))
    with pytest.raises(InputError, match=r"or be a table with the columns a, t, b, but got \(2, 3"):
        model.predict(encoded[:, :3])


@pytest.mark.parametrize(
    ("X", "sentence"),
    [
        (np.zeros((2, 5)), r"X must have shape \(n, 4\), but got \(2, 5\)"),
        (np.zeros(4), r"X must have shape \(n, 4\), but got \(4,\)"),
        (np.full((1, 4), np.nan), "X must be finite"),
        (np.full((1, 4), "a"), "X must hold numbers"),
        (csr_array((2, 4)), r"X must be dense, but got a csr_array; give X\.toarray\(\)"),
    ],
)
def test_rows_that_do_not_fit_are_refused(X: Any, sentence: str) -> None:
    model = made_model(WIDE)
    for use in (model.predict, model.predict_proba, model.decision_function, model.layers):
        with pytest.raises(InputError, match=sentence):
            use(X)


def test_rows_whose_logits_overflow_are_refused_with_their_place() -> None:
    model = made_model(Architecture(4, (5,), 3, batch_norm=True))
    X = rows(3)
    X[1] *= 1e38
    with pytest.raises(InputError, match="logits must be finite, but those of row 1 are not"):
        model.predict(X)


def test_data_of_another_shape_or_other_labels_is_refused(clusters: Data, data_of: Any) -> None:
    model = fit(clusters, Plan(hidden=(5,), steps=2, step_size=1), engine="reference").model
    engine: Any = None  # refused before anything is computed
    other = data_of(inputs=4)
    with pytest.raises(InputError, match="must have the model's 6 features, but clusters has 4"):
        model.evaluate(other, other.test, engine)
    more = data_of(classes=4)
    with pytest.raises(InputError, match=r"labels must be among .* but clusters has 'd'"):
        model.evaluate(more, more.test, engine)
