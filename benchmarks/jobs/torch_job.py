"""The whole job in PyTorch: eager, fused SGD, rows standardised before.

python -m benchmarks.jobs.torch_job FOLDER
"""

import sys
from typing import Any

import torch
from torch import nn

from benchmarks.jobs.common import CHUNK, EVERY, STEPS, TRAINING, read, tell
from benchmarks.peers.torch_eager import make_network, make_optimiser


def evaluate(network: nn.Module, X: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """Return cross-entropy and accuracy by moving statistics."""
    network.eval()
    loss = right = 0.0
    with torch.inference_mode():
        for rows, classes in zip(X.split(CHUNK), y.split(CHUNK), strict=True):
            S = network(rows)
            loss += nn.functional.cross_entropy(S, classes, reduction="sum").item()
            right += (S.argmax(dim=1) == classes).sum().item()
    network.train()
    return loss / len(y), right / len(y)


def main(folder: str) -> None:
    """Train and evaluate."""
    task, ready, classes = read(folder)
    torch.set_num_threads(task.threads)
    X, y = torch.from_numpy(ready), torch.from_numpy(classes)
    network, criterion = make_network(task), nn.CrossEntropyLoss()
    optimiser = make_optimiser(network, task, fused=True)
    history: list[dict[str, Any]] = []

    def note() -> None:
        found: dict[str, float] = {}
        for name, part in (("training", slice(TRAINING)), ("validation", slice(TRAINING, None))):
            loss, accuracy = evaluate(network, X[part], y[part])
            found |= {f"{name}_cross_entropy": loss, f"{name}_accuracy": accuracy}
        history.append(found)

    note()
    for start in range(0, STEPS, EVERY):
        order = torch.from_numpy(task.order(start, EVERY))
        for rows, rate in zip(order, task.rates(start, EVERY).tolist(), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate
            loss = criterion(network(X.index_select(0, rows)), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        note()
    tell(history)


if __name__ == "__main__":
    main(sys.argv[1])
