"""PyTorch with torch.compile: the eager network, its loss and the optimiser's step compiled.

As the documentation advises, the learning rate is a tensor, so that a new rate compiles nothing
anew. The first updates compile; they are not timed.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.contender import Contender, Run
from benchmarks.peers.torch_eager import make_batches, make_network
from benchmarks.peers.words import READY
from benchmarks.tasks import Task


def build(task: Task) -> Run:
    """Return the run of one network."""
    torch.set_num_threads(task.threads)
    network, criterion = make_network(task), nn.CrossEntropyLoss()
    batch, y = make_batches(task, raw=False), torch.from_numpy(task.array("y"))
    rate = torch.tensor(task.rate_min)
    weights = [p for p in network.parameters() if p.ndim == 2]
    others = [p for p in network.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": 2 * task.lam}, {"params": others}]
    optimiser = torch.optim.SGD(groups, lr=rate)

    def loss_of(X: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = criterion(network(X), classes)
        return loss

    compiled, step = torch.compile(loss_of), torch.compile(optimiser.step)

    def run(start: int, steps: int) -> NDArray[np.float64]:
        losses = []
        order = torch.from_numpy(task.order(start, steps))
        for rows, value in zip(order, task.rates(start, steps).tolist(), strict=True):
            rate.fill_(value)
            loss = compiled(batch(rows), y[rows])
            optimiser.zero_grad()
            loss.backward()
            step()
            losses.append(loss.detach())
        return np.array([torch.stack(losses).mean().item()])

    return run


CONTENDERS = (Contender("PyTorch torch.compile", "torch", READY, build),)
