"""The layers' diagnostics: checked on a network worked by hand, and whole after a resume."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer.architecture import Architecture
from klayer.data import Data
from klayer.engines import Objective, ReferenceEngine
from klayer.initializers import initialise
from klayer.state import State, initial_state
from klayer.studies import Interrupted, Sets, Stack, run_study
from klayer.studies.diagnostics import (
    LAYERS_FILE,
    Diagnostics,
    LayerWitness,
    layer_rows,
    read_layers,
)
from klayer.training import Advanced, Evaluated, Plan, fit
from klayer.updates import SGD, AdamW, Momentum, Update

STACK = Stack("small", Plan(hidden=(8,), lam=[0.0, 0.1], step_size=20, cycles=1), ("a", "b"))


def test_a_network_worked_by_hand() -> None:
    # H_0 = [1 −1], W_1 = [2 −3]ᵀ: S_1 = [2 −2; −3 3], H_1 = [2 0; 0 3]; W_2 = I: S_2 = H_1.
    state = initial_state(Architecture(1, (2,), 2), dtype=np.float64)
    state.parameters.W[0][0] = [[2.0], [-3.0]]
    state.parameters.W[1][0] = np.eye(2)
    H, y = np.array([[1.0, -1.0]]), np.array([0, 1])
    first, last = layer_rows(state, H, y, np.zeros(1), rate=0.5)
    assert (first.layer, last.layer) == (1, 2)
    assert first.mean == pytest.approx(5 / 4)
    assert first.sd == pytest.approx(np.sqrt(13 / 4 - 25 / 16))
    assert first.never_on == 0
    p, q = 1 / (1 + np.exp(2)), 1 / (1 + np.exp(3))  # probability of the wrong class
    dS = np.array([[-p, q], [p, -q]]) / 2
    dW2 = dS @ np.array([[2.0, 0.0], [0.0, 3.0]]).T
    assert last.gradient == pytest.approx(np.linalg.norm(dW2))
    assert last.update == pytest.approx(0.5 * np.linalg.norm(dW2) / np.sqrt(2))
    dW1 = (dS * np.array([[1, 0], [0, 1]])) @ H.T
    assert first.gradient == pytest.approx(np.linalg.norm(dW1))


RULES: dict[str, Update] = {
    "sgd": SGD(),
    "momentum": Momentum(0.9),
    "nesterov": Momentum(0.9, nesterov=True),
    "adamw": AdamW(weight_decay=0.1),
}


def after_some_updates(data: Data, update: Update, clip_norm: float | None) -> tuple[State, Any]:
    """Return two networks after some updates in float64, and the next one: state → state."""
    engine, rows = ReferenceEngine(), data.training[:40]
    objective = Objective(np.array([0.0, 0.01]), clip_norm=clip_norm)

    def updated(state: State, steps: int = 1) -> State:
        order, offsets = np.tile(rows, steps), np.arange(steps + 1) * len(rows)
        rates = np.full(steps, 0.05)
        return engine.train(state, data.samples, order, offsets, rates, objective, update)[0]

    architecture = Architecture(data.inputs, (7, 5), 3, batch_norm=True)
    first = initialise(architecture, 0, [0, 1], [None] * 2, np.float64, update.slots)
    return updated(first, 6), updated


@pytest.mark.parametrize("clip_norm", [None, 0.01])
@pytest.mark.parametrize("name", RULES)
def test_an_update_s_size_is_how_far_the_rule_moves_the_weights(
    clusters: Data, name: str, clip_norm: float | None
) -> None:
    update = RULES[name]
    state, updated = after_some_updates(clusters, update, clip_norm)
    rows = clusters.training[:40]
    H, y = clusters.samples.gather(rows, np.float64).T, clusters.samples.y[rows]
    found = layer_rows(state, H, y, np.array([0.0, 0.01]), 0.05, update, clip_norm)
    after = updated(state)
    for row in found:
        old, new = (s.parameters.W[row.layer - 1][row.network] for s in (state, after))
        moved = np.linalg.norm(new - old) / np.linalg.norm(old)
        assert row.update == pytest.approx(moved, rel=1e-9)
        plain = 0.05 * row.gradient / np.linalg.norm(old)
        assert (row.update == pytest.approx(plain, rel=1e-6)) == (name == "sgd" and not clip_norm)


def test_an_update_s_size_is_not_guessed_where_the_rule_s_memory_is_not_known(
    clusters: Data,
) -> None:
    state, _ = after_some_updates(clusters, RULES["adamw"], None)
    H, y = clusters.samples.gather([0, 1], np.float64).T, clusters.samples.y[:2]
    bare = replace(state, slots={})
    found = layer_rows(bare, H, y, np.zeros(2), 0.05, RULES["adamw"])
    assert np.isnan([row.update for row in found]).all()
    assert not np.isnan([row.gradient for row in found]).any()


@pytest.mark.parametrize("rule", ["sgd", "adamw"])
def test_the_witness_knows_the_rule_and_the_highest_rate_of_its_stack(
    clusters: Data, rule: str
) -> None:
    plan = Plan(hidden=(8,), step_size=20, cycles=1, rate_max=0.01, optimizer=rule)
    witness = LayerWitness(Stack("small", plan, ("a",)), clusters, None)
    events: list[Evaluated] = []

    def listen(event: object) -> None:
        if isinstance(event, Evaluated):
            events.append(event)

    fit(clusters, plan, engine="reference", consumers=[witness, listen])
    for event in (events[0], events[-1]):
        assert event.rows[0].rate < 0.001
        W, step = event.state.parameters.W, event.state.steps
        for row in [row for row in witness.rows if row.step == step]:
            plain = 0.01 * row.gradient / np.linalg.norm(W[row.layer - 1])
            assert (row.update == pytest.approx(plain, rel=1e-6)) == (rule == "sgd")


def test_a_unit_that_is_never_on_is_counted(clusters: Data) -> None:
    state = initial_state(Architecture(clusters.inputs, (4,), 3))
    state.parameters.b[0][0, :, 0] = [-1.0, -1.0, -1.0, 1.0]
    for W in state.parameters.W:
        W[...] = 1e-6
    H = clusters.samples.gather(clusters.training, np.float64).T
    first, last = layer_rows(state, H, clusters.samples.y[clusters.training], np.zeros(1), 0.1)
    assert first.never_on == 0.75
    assert last.never_on == 0


def test_a_study_that_was_stopped_has_every_row_once(tmp_path: Path) -> None:
    def run(out: Path, stop: bool = False) -> None:
        def listen(event: object) -> None:
            if stop and isinstance(event, Advanced) and event.state.steps >= 20:
                os.kill(os.getpid(), signal.SIGINT)

        witness = Diagnostics(out)
        run_study(
            [STACK], Sets(source="digits"), out, engine="reference", listener=listen,
            witness=lambda *given: [witness.witness(*given)],
        )  # fmt: skip

    run(tmp_path / "whole")
    with pytest.raises(Interrupted):
        run(tmp_path / "cut", stop=True)
    run(tmp_path / "cut")
    rows = [read_layers(tmp_path / name / STACK.folder / LAYERS_FILE) for name in ("whole", "cut")]
    assert rows[0] == rows[1]
    keys = [(row.step, row.network, row.layer) for row in rows[0]]
    assert len(keys) == len(set(keys)) > 12
