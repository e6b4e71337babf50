"""PyTorch, eager: nn.Sequential, CrossEntropyLoss and torch.optim.SGD, one network.

The penalty λ‖W‖² is SGD's weight decay of 2λ, on weights alone. PyTorch's moving variance is the
estimate with n − 1, which changes no update.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.contender import Contender, Run
from benchmarks.peers.words import RAW, READY
from benchmarks.tasks import Task


def make_network(task: Task) -> nn.Sequential:
    """Return the network of a task with its initial weights."""
    layers: list[nn.Module] = []
    for below, width in zip(task.widths, task.hidden, strict=False):
        norm = nn.BatchNorm1d(width, task.epsilon, momentum=1 - task.moving_decay)
        layers += [nn.Linear(below, width), *([norm] if task.batch_norm else []), nn.ReLU()]
    network = nn.Sequential(*layers, nn.Linear(task.widths[-2], task.classes))
    affine = [layer for layer in network if isinstance(layer, nn.Linear)]
    for layer, W in zip(affine, task.weights(), strict=True):
        layer.weight.data = torch.from_numpy(W[0].copy())
        nn.init.zeros_(layer.bias)
    return network


def make_optimiser(network: nn.Module, task: Task, fused: bool) -> torch.optim.SGD:
    """Return SGD with the penalty on weights alone."""
    weights = [p for p in network.parameters() if p.ndim == 2]
    others = [p for p in network.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": 2 * task.lam}, {"params": others}]
    return torch.optim.SGD(groups, lr=task.rate_min, fused=fused)


def make_batches(task: Task, raw: bool) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return rows → the standardised batch, from raw uint8 or from rows standardised before."""
    if not raw:
        ready = torch.from_numpy(task.array("X32"))
        return lambda rows: ready.index_select(0, rows)
    X = torch.from_numpy(task.array("X"))
    mean, inverse_std = (torch.from_numpy(task.array(name)) for name in ("mean", "inverse_std"))
    return lambda rows: X.index_select(0, rows).float().sub_(mean).mul_(inverse_std)


def build(task: Task, fused: bool, raw: bool) -> Run:
    """Return the run of one network."""
    torch.set_num_threads(task.threads)
    network, criterion = make_network(task), nn.CrossEntropyLoss()
    optimiser = make_optimiser(network, task, fused)
    batch, y = make_batches(task, raw), torch.from_numpy(task.array("y"))

    def run(start: int, steps: int) -> NDArray[np.float64]:
        losses = []
        order = torch.from_numpy(task.order(start, steps))
        for rows, rate in zip(order, task.rates(start, steps).tolist(), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate
            loss = criterion(network(batch(rows)), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        return np.array([torch.stack(losses).mean().item()])

    return run


CONTENDERS = tuple(
    Contender(
        f"PyTorch eager{', fused SGD' if fused else ''}",
        "torch",
        RAW if raw else READY,
        partial(build, fused=fused, raw=raw),
    )
    for raw in (False, True)
    for fused in (True, False)
)
