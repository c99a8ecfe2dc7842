"""What all learners share: batches, the loop that minimises cross-entropy, and parameters of networks of many seeds."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

Parameters = dict[str, np.ndarray]


def seeded(seed: int) -> torch.Generator:
    """Seed what initialises networks, and return a generator for everything else that one seed draws."""
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def batches(n: int, batch_size: int, steps: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Indices of `steps` batches out of n samples, shuffled anew when all have been seen."""
    order = torch.empty(0, dtype=torch.int64)
    for _ in range(steps):
        while len(order) < batch_size:
            order = torch.cat([order, torch.randperm(n, generator=generator)])
        yield order[:batch_size]
        order = order[batch_size:]


def minimise_cross_entropy(
    network: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    order: Iterator[torch.Tensor],
    learning_rate: float,
    after_step: Callable[[int], None] | None = None,
) -> None:
    """One step of Adam per batch of `order`; what has a label is one image each, or all that stand at one index."""
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    for step, index in enumerate(order, start=1):
        network.train()
        loss = F.cross_entropy(network(images[index].flatten(0, labels.dim() - 1)), labels[index].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if after_step is not None:
            after_step(step)


def answers(
    networks: Sequence[nn.Module],
    function: Callable[[Any, torch.Tensor], torch.Tensor],
    inputs: Sequence[np.ndarray] | np.ndarray,
) -> np.ndarray:
    """What each network makes of its own inputs, stacked over networks."""
    results = []
    for network, own in zip(networks, inputs, strict=True):
        network.eval()
        with torch.no_grad():
            device = next(network.parameters()).device
            results.append(function(network, torch.as_tensor(own, dtype=torch.float32, device=device)).cpu().numpy())
    return np.stack(results)


def parameters_of(networks: Sequence[nn.Module]) -> Parameters:
    """Everything in the networks' state, stacked over networks."""
    states = [network.state_dict() for network in networks]
    return {name: np.stack([state[name].cpu().numpy() for state in states]) for name in states[0]}


def load_parameters(networks: Sequence[nn.Module], parameters: Parameters) -> None:
    """Give each network its own."""
    for i, network in enumerate(networks):
        network.load_state_dict({name: torch.as_tensor(array[i]) for name, array in parameters.items()})
