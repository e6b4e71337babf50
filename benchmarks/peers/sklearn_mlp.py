"""scikit-learn's MLPClassifier, by partial_fit on the rows of many mini-batches.

It has no batch normalisation and no cyclical rate: its task is without the one and has a constant
rate. Its penalty is alpha/(2n) Σ‖W‖² with n the batch's size, so that alpha = 2 λ n is ours.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from benchmarks.contender import Contender, Run
from benchmarks.peers.words import READY
from benchmarks.tasks import TRIAL_UPDATES, Task

# Updates per call: the copy of their rows stays in the cache. `loss_` holds the penalty before each
# update, so that the cross-entropy is exact where a call is one update, as in the trial.
AT_ONCE = 10


def build(task: Task) -> Run:
    """Return the run of one network without batch normalisation."""
    if task.batch_norm or task.rate_min != task.rate_max:
        raise ValueError("MLPClassifier has neither batch normalisation nor a cyclical rate")
    X, y = task.array("X32"), task.array("y")
    network = MLPClassifier(
        task.hidden,
        solver="sgd",
        alpha=2 * task.lam * task.batch_size,
        batch_size=task.batch_size,
        learning_rate_init=task.rate_max,
        momentum=0,
        nesterovs_momentum=False,
        shuffle=False,
    )
    first = task.order(0, 1)[0]
    network.partial_fit(X[first], y[first], classes=np.arange(task.classes))
    for own, W in zip(network.coefs_, task.weights(), strict=True):
        own[...] = W[0].T
    for intercept in network.intercepts_:
        intercept[...] = 0

    def penalty() -> float:
        return task.lam * sum(float(np.vdot(W, W)) for W in network.coefs_)

    def run(start: int, steps: int) -> NDArray[np.float64]:
        losses = []
        at_once = AT_ONCE if steps > TRIAL_UPDATES else 1
        for first in range(start, start + steps, at_once):
            rows = task.order(first, min(at_once, start + steps - first)).ravel()
            before = penalty()
            network.partial_fit(X[rows], y[rows])
            losses.append(network.loss_ - before)
        return np.array([np.mean(losses)])

    return run


CONTENDERS = (Contender("scikit-learn MLPClassifier", "scikit-learn", READY, build),)
