"""`klayer.check_gradients`: what it accepts, what it rejects, and what it says of a mistake."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from klayer import InputError, check_gradients
from klayer.architecture import Array
from klayer.gradcheck import Report
from klayer.layers import affine, batch_norm

rng = np.random.default_rng(0)
W, b, H = rng.standard_normal((3, 3)), rng.standard_normal((3, 1)), rng.standard_normal((3, 5))
Y = np.eye(3)[:, [0, 1, 2, 1, 0]]
LAM = 0.1


def softmax(S: Array) -> Array:
    E = np.exp(S)
    P: Array = E / E.sum(axis=0)
    return P


def cost(W: Array, b: Array) -> Any:
    """The cost of softmax regression, as a student writes it."""
    P = softmax(W @ H + b)
    return -np.log((Y * P).sum(axis=0)).mean() + LAM * (W**2).sum()


def gradients(dout: float, W: Array, b: Array) -> dict[str, Any]:
    dS = dout * (softmax(W @ H + b) - Y) / 5
    return {"W": dS @ H.T + 2 * LAM * W, "b": dS.sum(axis=1, keepdims=True)}


def check_changed(change: Callable[[dict[str, Any]], dict[str, Any]], **settings: Any) -> Report:
    """Check the student's gradients after a change of them."""
    arguments = {"lam": LAM, "samples": 5, **settings}
    return check_gradients(
        cost, lambda dout, W, b: change(gradients(dout, W, b)), {"W": W, "b": b}, **arguments
    )


@pytest.mark.parametrize("method", ["forward", "central", "complex"])
def test_a_gradient_of_2_is_accepted_and_2_001_is_rejected(method: str) -> None:
    def check(slope: float) -> Report:
        parameters = {"x": np.array([1.0, 3.0])}
        return check_gradients(
            lambda x: 2 * x, lambda dout, **_: {"x": slope * dout}, parameters, methods=[method]
        )

    assert check(2).passed
    assert not check(2.001).passed
    assert check(2.001).mistakes[0].parameter == "x"


def test_right_gradients_of_a_cost_pass_by_complex_steps() -> None:
    report = check_changed(lambda right: right)
    assert report.passed
    assert report.notes == ()
    assert {(row.parameter, row.method) for row in report.rows} == {
        ("W", "complex"),
        ("b", "complex"),
    }
    assert "every gradient is right" in str(report)


def test_a_layer_that_returns_an_array_is_checked_in_all_its_inputs() -> None:
    report = check_gradients(
        lambda W, b, H: affine(W, b, H)[0],
        lambda dS, W, b, H: dict(zip(("W", "b", "H"), affine(W, b, H)[1](dS), strict=True)),
        {"W": W, "b": b, "H": H},
    )
    assert report.passed
    assert {row.parameter for row in report.rows} == {"W", "b", "H"}


def test_lists_of_arrays_are_checked_array_by_array() -> None:
    def forward(W: list[Array]) -> Any:
        return (W[1] @ np.tanh(W[0] @ H)).sum()

    def backward(dout: float, W: list[Array]) -> dict[str, Any]:
        T = np.tanh(W[0] @ H)
        dT = dout * W[1].T @ np.ones((1, 5))
        return {"W": [(dT * (1 - T**2)) @ H.T, -dout * T.sum(axis=1)[None]]}

    report = check_gradients(forward, backward, {"W": [W, np.ones((1, 3))]})
    assert [(m.parameter, m.kind) for m in report.mistakes] == [("W[1]", "sign")]


@pytest.mark.parametrize(
    ("change", "parameter", "kind", "words"),
    [
        (lambda g: {**g, "b": -g["b"]}, "b", "sign", "has the wrong sign"),
        (lambda g: {**g, "b": 5 * g["b"]}, "b", "factor", "5 times what is right, and n = 5"),
        (lambda g: {**g, "b": g["b"] / 5}, "b", "factor", "1/5 of what is right, and n = 5"),
        (lambda g: {**g, "b": 7 * g["b"]}, "b", "factor", "7 times what is right: a mean lacks"),
        (lambda g: {**g, "b": g["b"] / 7}, "b", "factor", "is 1/7 of what is right: it is divided"),
        (lambda g: {**g, "W": 2 * g["W"]}, "W", "factor", "is twice what is right"),
        (lambda g: {**g, "W": g["W"] / 2}, "W", "factor", "is half of what is right"),
        (lambda g: {**g, "W": 1.001 * g["W"]}, "W", "factor", "is 1.001 times"),
        (lambda g: {**g, "W": g["W"].T}, "W", "transposed", "is transposed"),
        (lambda g: {**g, "W": g["W"] - 2 * LAM * W}, "W", "penalty", "lacks the penalty's 2λW"),
        (lambda g: {**g, "W": g["W"] - LAM * W}, "W", "penalty", "its 2 is missing"),
        (lambda g: {**g, "W": g["W"] - 4 * LAM * W}, "W", "penalty", "with the wrong sign"),
        (lambda g: {**g, "b": g["b"] + 2 * LAM * b}, "b", "penalty", "only weights are penalised"),
        (lambda g: {**g, "W": 0 * g["W"]}, "W", "zero", "is zero everywhere"),
        (lambda g: {**g, "W": g["W"] * np.nan}, "W", "not a number", "not a finite number"),
        (lambda g: {**g, "W": g["W"] + 0.1 * (W > 0)}, "W", "unknown", "by no constant factor"),
    ],
)
def test_each_kind_of_mistake_is_named(
    change: Callable[[dict[str, Any]], dict[str, Any]], parameter: str, kind: str, words: str
) -> None:
    report = check_changed(change)
    assert not report.passed
    (mistake,) = report.mistakes
    assert (mistake.parameter, mistake.kind) == (parameter, kind)
    assert words in mistake.words
    assert f"{parameter}{list(mistake.entry or ())}" in mistake.words
    assert mistake.words in str(report)


def test_a_single_wrong_entry_is_found_and_shown() -> None:
    def change(g: dict[str, Any]) -> dict[str, Any]:
        g["W"][2, 1] += 1e-3
        return g

    (mistake,) = check_changed(change).mistakes
    assert mistake.entry == (2, 1)
    assert mistake.written - mistake.right == pytest.approx(1e-3)


def test_a_gradient_of_the_transposed_shape_is_named() -> None:
    A = rng.standard_normal((2, 3))
    report = check_gradients(lambda A: A @ H, lambda dout, **_: {"A": H @ dout.T}, {"A": A})
    assert report.mistakes[0].kind == "transposed"
    assert "must have shape (2, 3), but has (3, 2)" in report.mistakes[0].words


def test_a_penalty_left_out_is_suspected_even_where_lambda_is_not_given() -> None:
    report = check_changed(lambda g: {**g, "W": g["W"] - 2 * LAM * W}, lam=0.0)
    assert report.mistakes[0].kind == "penalty"


def test_every_dropped_term_of_batch_normalisation_is_rejected() -> None:
    gamma, beta = np.array([[1.5], [0.5], [2.0]]), rng.standard_normal((3, 1))

    def check(mean: float, projection: float) -> Report:
        def backward(dY: Array, S: Array) -> dict[str, Any]:
            deviation = np.sqrt(S.var(axis=1, keepdims=True) + 1e-5)
            S_hat = (S - S.mean(axis=1, keepdims=True)) / deviation
            dgamma, dbeta = (dY * S_hat).mean(axis=1), dY.mean(axis=1)
            terms = mean * dbeta[:, None] + projection * S_hat * dgamma[:, None]
            return {"S": gamma / deviation * (dY - terms)}

        def forward(S: Array) -> Any:
            return batch_norm(gamma, beta, S, 1e-5)[0]

        return check_gradients(forward, backward, {"S": H})

    assert check(1, 1).passed
    assert not check(0, 1).passed
    assert not check(1, 0).passed


def real_only(W: Array) -> Any:
    out = np.zeros((3, 5))
    out[:] = np.tanh(W @ H)
    return out


def real_only_backward(dout: Array, W: Array) -> dict[str, Any]:
    return {"W": (dout * (1 - np.tanh(W @ H) ** 2)) @ H.T}


def test_code_that_takes_real_numbers_only_is_checked_by_central_differences() -> None:
    report = check_gradients(real_only, real_only_backward, {"W": W})
    assert report.passed
    assert {row.method for row in report.rows} == {"central"}
    assert "`forward` cannot take complex numbers" in report.notes[0]
    wrong = check_gradients(
        real_only, lambda d, W: {"W": 1.001 * real_only_backward(d, W)["W"]}, {"W": W}
    )
    assert wrong.mistakes[0].kind == "factor"


def test_code_that_drops_the_imaginary_part_in_silence_is_noticed() -> None:
    def forward(W: Array) -> Any:
        return np.abs(W).sum() + (W**2).sum()

    report = check_gradients(forward, lambda d, W: {"W": d * (np.sign(W) + 2 * W)}, {"W": W})
    assert report.passed
    assert "drops the imaginary part" in report.notes[0]


def test_kinks_of_code_that_is_not_known_are_set_aside_and_too_many_fail() -> None:
    x = np.ones(1000)

    def check(at_the_kink: int) -> Report:
        x[:at_the_kink] = 0
        return check_gradients(
            lambda x: np.maximum(0, x) * 1.5,
            lambda dout, x: {"x": 1.5 * dout * (x > 0)},
            {"x": x},
            methods=["central"],
        )

    few, many = check(10), check(11)
    assert few.rows[0].set_aside == 10
    assert few.passed
    assert [mistake.kind for mistake in many.mistakes] == ["set aside"]
    assert "at most 1 % of the entries" in str(many)


def test_a_gradient_that_is_zero_by_nature_is_not_drowned_by_rounding() -> None:
    def forward(S: Array, b: Array) -> Any:
        shifted = S + b
        return np.tanh(shifted - shifted.mean(axis=1, keepdims=True)).real * 1.0

    def backward(dout: Array, S: Array, b: Array) -> dict[str, Any]:
        T = np.tanh(S - S.mean(axis=1, keepdims=True))
        dS = dout * (1 - T**2)
        return {"S": dS - dS.mean(axis=1, keepdims=True), "b": np.zeros_like(b)}

    report = check_gradients(forward, backward, {"S": H, "b": b})
    assert report.passed
    assert {row.method for row in report.rows} == {"central"}


def test_a_sample_of_entries_has_some_of_every_parameter() -> None:
    big = rng.standard_normal((40, 40))
    report = check_gradients(
        lambda A, c: A * c,
        lambda dout, A, c: {"A": dout * c, "c": (dout * A).sum()},
        {"A": big, "c": 1.5},
        entries=50,
    )
    assert report.passed
    assert {row.parameter: row.entries for row in report.rows} == {"A": 50, "c": 1}


@pytest.mark.parametrize(
    ("forward", "backward", "parameters", "settings", "rule"),
    [
        (cost, gradients, {}, {}, "`parameters` must be a dict of arrays by name"),
        (cost, gradients, {"W": np.float32(1), "b": b}, {}, "must be float64, but W is float32"),
        (cost, gradients, {"W": W * np.nan, "b": b}, {}, "must be finite, but W is not"),
        (cost, gradients, {"W": np.ones((0, 3)), "b": b}, {}, "must not be empty"),
        (cost, lambda *_, **__: None, {"W": W, "b": b}, {}, "must be a dict of arrays by name"),
        (cost, lambda *_, **__: {"W": W}, {"W": W, "b": b}, {}, "missing: b"),
        (lambda W: W.astype(np.float32), gradients, {"W": W}, {}, "must return float64"),
        (lambda W: W * np.inf, gradients, {"W": W}, {}, "must return finite numbers"),
        (lambda W: W * rng.random(), gradients, {"W": W}, {}, "must be deterministic"),
        (cost, gradients, {"W": W, "b": b}, {"lam": -1}, "`lam` must be finite and not negative"),
        (cost, gradients, {"W": W, "b": b}, {"entries": 0}, "`entries` must be at least 1"),
        (cost, gradients, {"W": W, "b": b}, {"samples": 0}, "`samples` must be at least 1"),
        (cost, gradients, {"W": W, "b": b}, {"methods": ["exact"]}, "`methods` must be some of"),
        (
            lambda x: (1e9 + x).real,
            lambda dout, **_: {"x": dout},
            {"x": 1.0},
            {},
            "need derivatives of at least",
        ),
    ],
)
def test_a_broken_rule_is_said_with_the_value(
    forward: Any, backward: Any, parameters: Any, settings: dict[str, Any], rule: str
) -> None:
    with pytest.raises(InputError, match=rule.replace("(", r"\(")):
        check_gradients(forward, backward, parameters, **settings)


def test_a_forward_that_changes_its_parameters_is_stopped() -> None:
    def forward(W: Array) -> Any:
        W *= 2
        return W

    with pytest.raises(ValueError, match="read-only"):
        check_gradients(forward, lambda dout, **_: {"W": 2 * dout}, {"W": W})
