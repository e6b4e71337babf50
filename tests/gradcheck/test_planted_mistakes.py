"""The shipped check fails on every mistake planted into the shipped layers, and names it."""

import json

import pytest

from klayer import network
from tests.conftest import Program
from tests.gradcheck.planted import NOISE_PLANTS, PLANTS, Plant


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_a_planted_mistake_exits_with_1_and_is_named(
    plant: Plant, klayer: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, plant.layer, plant.wrong)
    assert klayer("check", "--entries", 200, "--lam", plant.lam) == 1
    first = next((line for line in klayer.error.splitlines() if plant.words in line), "")
    assert f"gradient of {plant.parameter} " in first
    assert "Traceback" not in klayer.error


@pytest.mark.parametrize("plant", NOISE_PLANTS.values(), ids=NOISE_PLANTS)
def test_a_mistake_in_the_noise_is_found_where_there_is_noise_alone(
    plant: Plant, klayer: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, plant.layer, plant.wrong)
    assert klayer("check", "--entries", 200, "--lam", 0) == 1
    (line,) = klayer.error.splitlines()
    assert "dropout, label smoothing 0.1, weighted samples: " in line
    assert f"gradient of {plant.parameter} " in line
    assert plant.words in line


def test_json_names_parameter_entry_and_kind(
    klayer: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = PLANTS["half of dγ"]
    monkeypatch.setattr(network, plant.layer, plant.wrong)
    assert klayer("check", "--entries", 200, "--lam", "0", "--json") == 1
    found = json.loads(klayer.out)
    assert not found["passed"]
    wrong = {case["parameter"] for case in found["cases"] if not case["passed"]}
    assert wrong == {f"gamma{layer}" for layer in range(1, 9)}
    assert {mistake["kind"] for mistake in found["mistakes"]} == {"factor"}
    worst = found["mistakes"][0]
    assert worst["written"] == pytest.approx(worst["right"] / 2)
    assert len(worst["entry"]) == 2


def test_without_a_planted_mistake_the_same_command_passes(klayer: Program) -> None:
    assert klayer("check", "--entries", 200) == 0
    assert klayer.error == ""
