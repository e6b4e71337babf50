"""Plain NumPy, as a course notebook has it: samples as rows, one network, lists of layers."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.contender import Contender, Run
from benchmarks.peers.words import READY
from benchmarks.tasks import Array, Task


class Network:
    """One network with batch normalisation; every gradient is written out."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.W = [W[0].T.copy() for W in task.weights()]
        self.b = [np.zeros(W.shape[1], np.float32) for W in self.W]
        widths = task.hidden if task.batch_norm else ()
        self.gamma = [np.ones(width, np.float32) for width in widths]
        self.beta = [np.zeros(width, np.float32) for width in widths]
        self.mean = [np.zeros(width, np.float32) for width in widths]
        self.variance = [np.ones(width, np.float32) for width in widths]

    def update(self, X: Array, y: Array, rate: np.float32) -> float:
        """Do one update on a batch X (n, d) and return its cross-entropy before it."""
        n = len(X)
        H, saved = X, []
        for layer in range(len(self.task.hidden)):
            S = H @ self.W[layer] + self.b[layer]
            S, S_hat, deviation = self._normalise(layer, S)
            saved.append((H, S, S_hat, deviation))
            H = np.maximum(S, 0)
        S = H @ self.W[-1] + self.b[-1]
        P = np.exp(S - S.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        loss = -np.log(P[np.arange(n), y]).mean()
        P[np.arange(n), y] -= 1
        dS = P / n
        for layer in reversed(range(len(self.W))):
            dW, db = H.T @ dS, dS.sum(axis=0)
            dH = dS @ self.W[layer].T if layer else None
            self.W[layer] -= rate * (dW + 2 * np.float32(self.task.lam) * self.W[layer])
            self.b[layer] -= rate * db
            if dH is not None:
                H, S, S_hat, deviation = saved[layer - 1]
                dS = dH * (S > 0)
                if self.task.batch_norm:
                    dS = self._normalise_backward(layer - 1, dS, S_hat, deviation, rate)
        return float(loss)

    def _normalise(self, layer: int, S: Array) -> tuple[Array, Array, Array]:
        if not self.task.batch_norm:
            return S, S, S
        mean, variance = S.mean(axis=0), S.var(axis=0)
        deviation = np.sqrt(variance + np.float32(self.task.epsilon))
        S_hat = (S - mean) / deviation
        decay = np.float32(self.task.moving_decay)
        self.mean[layer] = decay * self.mean[layer] + (1 - decay) * mean
        self.variance[layer] = decay * self.variance[layer] + (1 - decay) * variance
        return self.gamma[layer] * S_hat + self.beta[layer], S_hat, deviation

    def _normalise_backward(
        self, layer: int, dS: Array, S_hat: Array, deviation: Array, rate: np.float32
    ) -> Array:
        dgamma, dbeta = (dS * S_hat).sum(axis=0), dS.sum(axis=0)
        dS_hat = dS * self.gamma[layer]
        back: Array = dS_hat - dS_hat.mean(axis=0) - S_hat * (dS_hat * S_hat).mean(axis=0)
        self.gamma[layer] -= rate * dgamma
        self.beta[layer] -= rate * dbeta
        return back / deviation


def build(task: Task) -> Run:
    """Return the run of one network."""
    X, y, network = task.array("X32"), task.array("y"), Network(task)

    def run(start: int, steps: int) -> NDArray[np.float64]:
        losses = [
            network.update(X[rows], y[rows], rate)
            for rows, rate in zip(task.order(start, steps), task.rates(start, steps), strict=True)
        ]
        return np.array([np.mean(losses)])

    return run


CONTENDERS = (Contender("NumPy, plain", "numpy", READY, build),)
