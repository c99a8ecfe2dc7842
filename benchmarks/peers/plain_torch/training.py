"""What all learners share: batches, the loop that minimises cross-entropy, and parameters of networks of many seeds."""

import math
from collections.abc import Callable, Iterator

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
    after_step: Callable[[int], None] = lambda step: None,
) -> None:
    """One step of Adam per batch of `order`; what has a label is one image each, or all that stand at one index."""
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    for step, index in enumerate(order, start=1):
        network.train()
        loss = F.cross_entropy(network(images[index].flatten(0, labels.dim() - 1)), labels[index].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        after_step(step)


def answers(
    networks: list[nn.Module], function: Callable[[nn.Module, torch.Tensor], torch.Tensor], inputs: np.ndarray
) -> np.ndarray:
    """What each network makes of its own inputs, stacked over networks."""
    results = []
    for network, own in zip(networks, inputs, strict=True):
        network.eval()
        with torch.no_grad():
            device = next(network.parameters()).device
            results.append(function(network, torch.as_tensor(own, dtype=torch.float32, device=device)).cpu().numpy())
    return np.stack(results)


def parameters_of(networks: list[nn.Module]) -> Parameters:
    """Everything in the networks' state, stacked over networks."""
    states = [network.state_dict() for network in networks]
    return {name: np.stack([state[name].cpu().numpy() for state in states]) for name in states[0]}


def load_parameters(networks: list[nn.Module], parameters: Parameters) -> None:
    """Give each network its own."""
    for i, network in enumerate(networks):
        network.load_state_dict({name: torch.as_tensor(array[i]) for name, array in parameters.items()})


class ConvolutionalEncoder(nn.Module):
    """Two convolutions, each with ReLU and pooling, then a fully connected layer (LeCun et al., 1998)."""

    def __init__(self, channels: int, height: int, width: int, first: int, second: int, features: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, first, 3, padding=1)
        self.second = nn.Conv2d(first, second, 3, padding=1)
        self.hidden = nn.Linear(second * (height // 4) * (width // 4), features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Images (n, channels, height, width) to features (n, features)."""
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.max_pool2d(F.relu(self.second(x)), 2)
        return F.relu(self.hidden(x.flatten(1)))


def convolutional_sizes(
    channels: int, height: int, width: int, classes: int, budget: int, least: float
) -> tuple[int, int, int]:
    """Filters of both convolutions and number of features with which encoder and head come to the budget.

    Of all that do, those nearest to twice as many filters in the second layer, and to 32 features. Without `classes`
    it is the encoder's own size that counts.
    """
    best, best_distance = None, math.inf
    for first in range(1, 33):
        for second in range(1, 65):
            fixed = first * (9 * channels + 1) + second * (9 * first + 1) + classes
            per_feature = second * (height // 4) * (width // 4) + 1 + classes
            features = (budget - fixed) // per_feature
            if features < 1 or fixed + features * per_feature < least * budget:
                continue
            distance = abs(math.log(second / (2 * first))) + abs(math.log(features / 32))
            if distance < best_distance:
                best, best_distance = (first, second, features), distance
    if best is None:
        raise ValueError(f"parameter_budget is {budget}; expected one that a convolutional network can keep to")
    return best
