"""`check_network`: what is compared, what is set aside, and other people's gradients."""

from dataclasses import replace

import numpy as np
import pytest

from klayer import InputError
from klayer.architecture import Architecture, Parameters
from klayer.gradcheck import (
    CENTRAL,
    COMPLEX,
    FORWARD,
    Batch,
    check_network,
    draw_parameters,
    synthetic_batch,
)
from klayer.gradcheck.entries import choose_entries
from klayer.gradcheck.network import written_gradient
from klayer.gradcheck.network_cost import NetworkCost

ARCHITECTURE = Architecture(6, (5, 5), 3, batch_norm=True)


def test_a_small_network_passes_with_every_method_in_every_parameter() -> None:
    report = check_network(ARCHITECTURE, lam=0.1)
    assert report.passed
    assert {(row.parameter, row.method) for row in report.rows} == {
        (name, method)
        for name, _ in ARCHITECTURE.shapes
        for method in ("forward", "central", "complex")
    } | {("b1", "zero"), ("b2", "zero")}
    for row in report.rows:
        rows, columns = dict(ARCHITECTURE.shapes)[row.parameter]
        assert row.entries == rows * columns


@pytest.mark.parametrize("epsilon", [1e-15, 1e-5, 0.1])
def test_it_holds_for_any_epsilon(epsilon: float) -> None:
    assert check_network(Architecture(20, (30, 20), 10, True, epsilon)).passed


@pytest.mark.parametrize("samples", [2, 3, 100])
def test_it_holds_for_any_number_of_samples(samples: int) -> None:
    architecture = Architecture(20, (30, 20), 10, batch_norm=True)
    assert check_network(architecture, synthetic_batch(20, samples, 10, 0), entries=300).passed


def near_zero(distance: float) -> NetworkCost:
    """A network whose only hidden unit is on, by a given distance from its kink."""
    W, b = (np.ones((1, 1)), np.array([[1.0], [-1.0]])), (np.zeros((1, 1)), np.zeros((2, 1)))
    return NetworkCost(Parameters(W, b), Batch(np.array([[distance]]), np.array([0])), 0.0, 1e-5)


@pytest.mark.parametrize("method", [FORWARD, CENTRAL])
def test_differences_set_an_entry_aside_where_a_relu_changes_sides(method: object) -> None:
    assert isinstance(method, type(CENTRAL))
    entry = np.array([0])
    assert near_zero(1e-9).estimate(method, "b1", entry).set_aside.all()
    assert not near_zero(1.0).estimate(method, "b1", entry).set_aside.any()


def test_complex_steps_set_nothing_aside_and_are_right_beside_a_kink() -> None:
    found = near_zero(1e-9).estimate(COMPLEX, "b1", np.array([0]))
    assert not found.set_aside.any()
    assert found.derivative[0] == pytest.approx(-1)


def test_more_than_1_percent_set_aside_is_a_failure_that_says_what_to_do() -> None:
    report = check_network(
        Architecture(6, (30, 30), 3), methods=[replace(CENTRAL, step=0.01, limit=1e9)]
    )
    assert not report.passed
    assert [mistake.kind for mistake in report.mistakes] == ["set aside"]
    assert "try another seed or other samples" in report.mistakes[0].words


def test_a_forward_difference_is_given_its_own_truncation_and_no_more() -> None:
    cost = NetworkCost(
        draw_parameters(ARCHITECTURE, 0), synthetic_batch(6, 5, 3, 0), 0.0, ARCHITECTURE.epsilon
    )
    exact = cost.estimate(COMPLEX, "W1", np.arange(30)).derivative
    coarse = cost.estimate(replace(FORWARD, step=1e-4), "W1", np.arange(30))
    error = np.abs(coarse.derivative - exact)
    assert error.max() > 5e-6
    np.testing.assert_allclose(error, coarse.truncation, rtol=0.05, atol=1e-9)


def test_a_gradient_from_elsewhere_is_checked_in_place_of_klayer_s_own() -> None:
    def elsewhere(parameters: Parameters, batch: Batch, lam: float, epsilon: float) -> Parameters:
        found = written_gradient(parameters, batch, lam, epsilon)
        return replace(found, b=tuple(db[:, 0] for db in found.b))

    assert check_network(ARCHITECTURE, gradient=written_gradient).passed
    report = check_network(ARCHITECTURE, gradient=elsewhere)
    assert {mistake.kind for mistake in report.mistakes} == {"shape"}
    assert "the gradient of b1 must have shape (5, 1), but has (5,)" in str(report)


def test_a_sample_has_some_entries_of_every_parameter_and_no_entry_twice() -> None:
    chosen = choose_entries({"W": 5000, "b": 30, "c": 4}, 100, np.random.default_rng(0))
    assert {name: len(entries) for name, entries in chosen.items()} == {"W": 99, "b": 10, "c": 4}
    for entries in chosen.values():
        assert len(set(entries.tolist())) == len(entries)


def test_the_same_seed_checks_the_same_entries_of_the_same_network() -> None:
    first, again = (check_network(ARCHITECTURE, entries=40, seed=3) for _ in range(2))
    assert first.rows == again.rows
    assert check_network(ARCHITECTURE, entries=40, seed=4).rows != first.rows


@pytest.mark.parametrize(
    ("batch", "settings", "rule"),
    [
        (Batch(np.zeros((5, 2)), np.array([0, 1])), {}, "the batch must have shape"),
        (Batch(np.zeros((6, 2)), np.array([0, 3])), {}, "classes must be in 0 … 2"),
        (Batch(np.zeros((6, 1)), np.array([0])), {}, "at least two samples"),
        (None, {"lam": float("nan")}, "`lam` must be finite and not negative"),
        (None, {"entries": 0}, "`entries` must be at least 1"),
    ],
)
def test_a_broken_rule_is_said_with_the_value(
    batch: Batch | None, settings: dict[str, float], rule: str
) -> None:
    with pytest.raises(InputError, match=rule):
        check_network(ARCHITECTURE, batch, **settings)  # type: ignore[arg-type]
