"""`klayer check`: every gradient right, the figures it prints, and its sentences."""

from pathlib import Path

import pytest

from tests.conftest import Program

CASE_KEYS = {
    "network", "batch_norm", "lam", "parameter", "method", "absolute_error", "relative_error",
    "set_aside", "passed",
}  # fmt: skip


def test_every_entry_of_the_reference_networks_stays_below_the_limits(klayer: Program) -> None:
    found = klayer.json("check")
    assert found["passed"]
    cases = found["cases"]
    assert all(set(case) >= CASE_KEYS for case in cases)
    networks = {(case["network"], case["batch_norm"], case["lam"]) for case in cases}
    assert networks == {
        (f"{depth}-layer", batch_norm, lam)
        for batch_norm, depths in ((False, (2, 3, 4, 9)), (True, (2, 3, 9)))
        for depth in depths
        for lam in (0, 0.01)
    }
    noisy = {case["network"] for case in cases if case["noise"]}
    assert noisy == {"3-layer"}
    for case in cases:
        method, absolute, relative = (
            case[key] for key in ("method", "absolute_error", "relative_error")
        )
        if method == "complex":
            assert relative <= 1e-11
            assert case["set_aside"] == 0
        elif method == "central":
            assert relative <= 5e-6
        elif method == "zero":
            assert absolute <= 1e-14
        elif case["network"] != "9-layer":
            assert absolute <= 5e-6
        else:
            assert absolute <= 5e-6 + case["truncation"]


def test_every_bias_before_batch_normalisation_is_shown_to_have_gradient_zero(
    klayer: Program,
) -> None:
    found = klayer.json("check", "--hidden", "5,4", "--batch-norm", "--lam", "0")
    zero = [case["parameter"] for case in found["cases"] if case["method"] == "zero"]
    assert zero == ["b1", "b2"]


def test_the_table_has_a_line_for_every_parameter_and_fits_80_columns(klayer: Program) -> None:
    assert klayer("check", "--hidden", "5,4", "--batch-norm", "--lam", "0.01") == 0
    firsts = [line.split()[0] for line in klayer.out.splitlines() if line.strip()]
    for parameter in ("W1", "b1", "gamma1", "beta1", "W2", "b2", "gamma2", "beta2", "W3", "b3"):
        assert firsts.count(parameter) == 1
    assert "1 of 1 networks right" in klayer.out
    table = klayer.out.split("abs    largest")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert klayer.error == ""


def test_a_sample_has_entries_of_every_parameter(klayer: Program) -> None:
    found = klayer.json("check", "--hidden", "30", "--entries", 100, "--lam", "0")
    compared = {c["parameter"]: c["entries"] for c in found["cases"] if c["method"] == "complex"}
    assert set(compared) == {"W1", "b1", "W2", "b2"}
    assert min(compared.values()) == 10
    assert 100 <= sum(compared.values()) < 130


def test_noise_adds_dropout_label_smoothing_and_weights(klayer: Program) -> None:
    found = klayer.json("check", "--hidden", "6,5", "--noise", "--lam", "0")
    assert found["passed"]
    words = "dropout, label smoothing 0.1, weighted samples"
    assert {case["noise"] for case in found["cases"]} == {words}


def test_gradients_on_data_are_right(klayer: Program) -> None:
    found = klayer.json("check", "--data", "digits", "--entries", 100)
    assert found["passed"]
    assert (found["data"], found["inputs"], found["samples"]) == ("digits", 20, 5)


@pytest.mark.parametrize(
    ("arguments", "rule", "value"),
    [
        (["--samples", "0"], "`samples` must be at least 1", "0"),
        (["--inputs", "0"], "`inputs` must be at least 1", "0"),
        (["--samples", "1"], "at least two samples", "1"),
        (["--lam", "-1"], "`lam` must be finite and not negative", "-1"),
        (["--lam", "x"], "`--lam` must be numbers", "x"),
        (["--entries", "0"], "`entries` must be at least 1", "0"),
        (["--hidden", "0"], "every width must be at least 1", "0"),
        (["--batch-norm"], "must come with `--hidden`", "not given"),
        (["--epsilon", "0"], "`epsilon` must be positive", "0"),
        (["--data", "digits", "--inputs", "100"], "`inputs` must be at most", "100"),
        (["--data", "digits", "--samples", "9999"], "`samples` must be at most", "9999"),
    ],
)
def test_bad_input_is_one_sentence_with_the_rule_and_the_value(
    arguments: list[str], rule: str, value: str, klayer: Program
) -> None:
    assert klayer("check", *arguments) == 2
    assert len(klayer.error.splitlines()) == 1
    assert rule in klayer.error
    assert value in klayer.error
    assert klayer.out == ""


def test_help_has_an_example(klayer: Program) -> None:
    assert klayer("check", "--help") == 0
    assert "Example: klayer check" in klayer.out


def test_a_table_of_few_columns_is_checked_with_all_of_them(
    klayer: Program, tmp_path: Path
) -> None:
    table = tmp_path / "a.csv"
    rows = "".join(f"{n},{n % 7},{n * n % 11},{'xy'[n % 2]}\n" for n in range(60))
    table.write_text("id,a,b,kind\n" + rows)
    own = ["check", "--data", table, "--target", "kind", "--hidden", "4"]
    assert klayer.json(*own)["inputs"] == 3
    assert klayer.json(*own, "--ignore", "id")["inputs"] == 2
    assert klayer.json("check", "--hidden", "4")["inputs"] == 20
