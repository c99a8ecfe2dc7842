"""A small convolutional network, and how large it may be; `transformer.py` has the other architecture."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class Classifier(nn.Module):
    """An encoder and a linear layer that reads its features."""

    def __init__(self, encoder: nn.Module, features: int, classes: int) -> None:
        super().__init__()
        self.encoder: Any = encoder
        self.head = nn.Linear(features, classes)

    def forward(self, x: torch.Tensor, attend: torch.Tensor | None = None) -> torch.Tensor:
        """Images to class scores."""
        return self.head(self.encoder(x) if attend is None else self.encoder(x, attend))


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
