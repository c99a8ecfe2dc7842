"""The specification's own networks for pictures: convolutions, and encoders whose patches attend, or do not.

Ordinary modules, of which `spec.common.ensembles` trains one for each seed. The contract has none of these: patches
behind a stem of convolutions (Xiao et al., 2021), patches that never meet, and convolutions averaged over places.
"""

from bisect import bisect
from collections.abc import Callable
from math import prod, sqrt
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Network = Literal["convolution", "pooled", "attention", "attention_with_stem", "patches"]
Shape = tuple[int, ...]

WIDTH, HEADS, DEPTH = 24, 2, 2
STEM = 4
CHANNELS, POOLED_CHANNELS = (8, 16), (12, 24)
"""Of the convolutions that fully connected layers follow; and of the first two that are averaged."""
WIDEST = 512


class Flattened(nn.Module):
    """Two convolutions, each with pooling, then fully connected layers (LeCun et al., 1998)."""

    def __init__(self, shape: Shape, classes: int, hidden: int) -> None:
        super().__init__()
        before, height, width = shape
        layers: list[nn.Module] = []
        for channels in CHANNELS:
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
            before, height, width = channels, height // 2, width // 2
        layers += [nn.Flatten(), nn.Linear(before * height * width, hidden), nn.ReLU(), nn.Linear(hidden, classes)]
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (b, classes) of images (b, c, h, w)."""
        scores: Tensor = self.layers(images)
        return scores


class Pooled(nn.Module):
    """Three convolutions, each with pooling, then their average over places (Lin, Chen & Yan, 2014)."""

    def __init__(self, shape: Shape, classes: int, hidden: int) -> None:
        super().__init__()
        before = shape[0]
        layers: list[nn.Module] = []
        for channels in (*POOLED_CHANNELS, hidden):
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            before = channels
        self.layers, self.head = nn.Sequential(*layers), nn.Linear(before, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (b, classes) of images (b, c, h, w)."""
        scores: Tensor = self.head(self.layers(images).mean((2, 3)))
        return scores


class Patches(nn.Module):
    """An encoder over patches (Dosovitskiy et al., 2021); without `attend` each patch keeps to itself until the end."""

    def __init__(
        self, shape: Shape, classes: int, hidden: int, *, patch: int, attend: bool, stem: bool, positions: bool
    ) -> None:
        super().__init__()
        channels, height, width = shape
        self.patch = patch
        self.stem: nn.Module = nn.Identity()
        if stem:
            first, second = nn.Conv2d(channels, STEM, 3, padding=1), nn.Conv2d(STEM, STEM, 3, padding=1)
            self.stem, channels = nn.Sequential(first, nn.ReLU(), second, nn.ReLU()), STEM
        self.embedding = nn.Linear(channels * patch**2, WIDTH)
        n = (height // patch) * (width // patch)
        self.positions = nn.Parameter(0.02 * torch.randn(n, WIDTH)) if positions else None
        self.blocks = nn.Sequential(*(Block(hidden, attend) for _ in range(DEPTH)))
        self.head = nn.Linear(WIDTH, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (b, classes) of images (b, c, h, w)."""
        x = self.stem(images)
        b, c, h, w = x.shape
        p = self.patch
        x = x.reshape(b, c, h // p, p, w // p, p).permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)
        x = self.embedding(x)  # (b, patches, width)
        if self.positions is not None:
            x = x + self.positions
        scores: Tensor = self.head(normalised(self.blocks(x)).mean(1))
        return scores


class Block(nn.Module):
    """A residual block: attention between patches, or a linear map of each, then a hidden layer."""

    def __init__(self, hidden: int, attend: bool) -> None:
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH) if attend else None
        self.key = nn.Linear(WIDTH, WIDTH) if attend else None
        self.value, self.mixed = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.hidden, self.out = nn.Linear(WIDTH, hidden), nn.Linear(hidden, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """Patches (b, patches, width) as the next block reads them."""
        y = normalised(x)
        value = self.value(y)
        if self.query is not None and self.key is not None:
            heads = (z.unflatten(-1, (HEADS, -1)).transpose(1, 2) for z in (self.query(y), self.key(y), value))
            query, key, of_heads = heads  # (b, heads, patches, width / heads)
            weights = (query @ key.transpose(-1, -2) / sqrt(WIDTH // HEADS)).softmax(-1)
            value = (weights @ of_heads).transpose(1, 2).flatten(2)
        x = x + self.mixed(value)
        return x + self.out(self.hidden(normalised(x)).relu())


def normalised(x: Tensor) -> Tensor:
    """Layer normalisation without gain and bias, which the next linear map can take over."""
    return F.layer_norm(x, x.shape[-1:])


def builder(
    network: Network, shape: Shape, classes: int, *, patch: int, positions: bool, parameter_budget: int
) -> Callable[[], nn.Module]:
    """What makes such a network, with hidden layers as wide as the budget allows; weights are drawn as He et al. do."""

    def build(hidden: int) -> nn.Module:
        if network == "convolution":
            return Flattened(shape, classes, hidden)
        if network == "pooled":
            return Pooled(shape, classes, hidden)
        attend, stem = network != "patches", network == "attention_with_stem"
        return Patches(shape, classes, hidden, patch=patch, attend=attend, stem=stem, positions=positions)

    hidden = bisect(range(1, WIDEST), parameter_budget, key=lambda h: sum(p.numel() for p in build(h).parameters()))

    def initialised() -> nn.Module:
        made = build(max(1, hidden))
        for module in made.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.normal_(module.weight, std=sqrt(2 / prod(module.weight.shape[1:])))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        return made

    return initialised
