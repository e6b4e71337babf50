"""PyTorch stacks: P networks at once, by torch.func (vmap of grad) and by batched products.

Both write one network as a function of its parameters. torch.func maps its gradient over the stack;
the other broadcasts matrix products over the leading axis, the shared first layer as one product,
and leaves the derivative to autograd. Moving statistics follow the batch's in both.
"""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, relu

from benchmarks.contender import Contender, Run
from benchmarks.peers.torch_eager import make_batches
from benchmarks.peers.words import READY
from benchmarks.tasks import Task

Parameters = dict[str, Tensor]


def make_parameters(task: Task) -> Parameters:
    """Return the stack's parameters by name: W1 (P, m, d), b1, gamma1 and beta1 (P, 1, m), …"""
    found: Parameters = {}
    for layer, W in enumerate(task.weights()):
        shape = (task.networks, 1, W.shape[1])
        found[f"W{layer}"] = torch.from_numpy(W)
        found[f"b{layer}"] = torch.zeros(shape)
        if layer < len(task.hidden):
            found[f"gamma{layer}"], found[f"beta{layer}"] = torch.ones(shape), torch.zeros(shape)
    return found


def make_moving(task: Task) -> list[tuple[Tensor, Tensor]]:
    """Return the moving mean and variance of every hidden layer, (P, 1, m) each."""
    shapes = [(task.networks, 1, width) for width in task.hidden]
    return [(torch.zeros(shape), torch.ones(shape)) for shape in shapes]


def forward(
    parameters: Parameters, X: Tensor, task: Task
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Return logits ([P,] n, K) and the batch's statistics of every hidden layer."""
    H, statistics = X, []
    for layer in range(len(task.hidden)):
        S = product(H, parameters[f"W{layer}"]) + parameters[f"b{layer}"]
        variance, mean = torch.var_mean(S, dim=-2, correction=0, keepdim=True)
        statistics.append((mean, variance))
        S_hat = (S - mean) * torch.rsqrt(variance + task.epsilon)
        H = relu(S_hat * parameters[f"gamma{layer}"] + parameters[f"beta{layer}"])
    last = len(task.hidden)
    return product(H, parameters[f"W{last}"]) + parameters[f"b{last}"], statistics


def product(H: Tensor, W: Tensor) -> Tensor:
    """Return H Wᵀ ([P,] n, m); inputs that a stack shares take one product."""
    if H.ndim == W.ndim:
        return H @ W.mT
    shared = H @ W.flatten(0, 1).T
    return shared.unflatten(1, (len(W), -1)).movedim(1, 0)


def loss_of_one(
    parameters: Parameters, X: Tensor, y: Tensor, task: Task
) -> tuple[Tensor, tuple[Tensor, list[tuple[Tensor, Tensor]]]]:
    """Return one network's cross-entropy, twice, and the batch's statistics."""
    S, statistics = forward(parameters, X, task)
    loss = cross_entropy(S, y)
    return loss, (loss, statistics)


def follow(
    moving: list[tuple[Tensor, Tensor]], batch: list[tuple[Tensor, Tensor]], task: Task
) -> None:
    """Move the moving statistics towards the batch's."""
    for old, new in zip(moving, batch, strict=True):
        for kept, own in zip(old, new, strict=True):
            kept.lerp_(own.detach(), 1 - task.moving_decay)


def build(task: Task, batched: bool) -> Run:
    """Return the run of a stack."""
    torch.set_num_threads(task.threads)
    parameters, moving = make_parameters(task), make_moving(task)
    batch, y = make_batches(task, raw=False), torch.from_numpy(task.array("y"))
    weights = [value for name, value in parameters.items() if name[0] == "W"]
    others = [value for name, value in parameters.items() if name[0] != "W"]
    groups = [{"params": weights, "weight_decay": 2 * task.lam}, {"params": others}]
    optimiser = torch.optim.SGD(groups, lr=task.rate_min, fused=True)
    gradient = torch.func.grad(partial(loss_of_one, task=task), has_aux=True)
    mapped = torch.func.vmap(gradient, in_dims=(0, None, None))

    def batched_gradients(X: Tensor, classes: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        S, statistics = forward(parameters, X, task)
        copies = classes.expand(task.networks, -1)
        losses = cross_entropy(S.flatten(0, 1), copies.flatten(), reduction="none")
        losses = losses.view(task.networks, -1).mean(dim=1)
        losses.sum().backward()
        return losses, statistics

    def mapped_gradients(X: Tensor, classes: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        found, (losses, statistics) = mapped(parameters, X, classes)
        for name, value in parameters.items():
            value.grad = found[name]
        return losses, statistics

    gradients = batched_gradients if batched else mapped_gradients
    for value in parameters.values():
        value.requires_grad_(batched)

    def run(start: int, steps: int) -> NDArray[np.float64]:
        losses = []
        order = torch.from_numpy(task.order(start, steps))
        for rows, rate in zip(order, task.rates(start, steps).tolist(), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.zero_grad()
            found, statistics = gradients(batch(rows), y[rows])
            optimiser.step()
            follow(moving, statistics, task)
            losses.append(found.detach())
        return np.asarray(torch.stack(losses).mean(dim=0).numpy(), np.float64)

    return run


CONTENDERS = (
    Contender("PyTorch stack, torch.func", "torch", READY, partial(build, batched=False)),
    Contender("PyTorch stack, batched products", "torch", READY, partial(build, batched=True)),
)
