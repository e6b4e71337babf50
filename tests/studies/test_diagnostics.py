"""The layers' diagnostics: checked on a network worked by hand, and whole after a resume."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from klayer.architecture import Architecture
from klayer.data import Data
from klayer.state import initial_state
from klayer.studies import Interrupted, Sets, Stack, run_study
from klayer.studies.diagnostics import LAYERS_FILE, Diagnostics, layer_rows, read_layers
from klayer.training import Advanced, Plan

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
