"""A small vision transformer with its own multi-head attention (Dosovitskiy et al., 2021), layers normalised first."""

import math

import torch
import torch.nn.functional as F
from torch import nn

HEADS = 2


class SelfAttention(nn.Module):
    """Multi-head self-attention, which keeps what went on inside for those who ask."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.inside: tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None = None

    def forward(self, x: torch.Tensor, attend: torch.Tensor | None) -> torch.Tensor:
        """Patches (n, patches, width) to patches, those that `attend` cuts off left out."""
        n, patches, width = x.shape
        # (3, n, heads, patches, width of a head)
        q, k, v = self.qkv(x).view(n, patches, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / math.sqrt(width // HEADS)
        if attend is not None:
            scores = scores.masked_fill(~attend, -math.inf)
        weights = scores.softmax(dim=-1)
        mixed = weights @ v
        self.inside = (weights, v, mixed)
        return self.out(mixed.transpose(1, 2).reshape(n, patches, width))


class Block(nn.Module):
    """Attention, then a perceptron, each added to what it reads."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), SelfAttention(width)
        self.norm2 = nn.LayerNorm(width)
        self.perceptron = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: torch.Tensor, attend: torch.Tensor | None) -> torch.Tensor:
        """Patches to patches."""
        x = x + self.attention(self.norm1(x), attend)
        return x + self.perceptron(self.norm2(x))


class TransformerEncoder(nn.Module):
    """Patches are embedded, pass through the blocks, are normalised, and averaged."""

    def __init__(self, channels: int, patch: int, patches: int, positions: bool, width: int, hidden: int, depth: int):
        super().__init__()
        self.patch = patch
        self.embedding = nn.Linear(channels * patch**2, width)
        self.positions = nn.Parameter(0.02 * torch.randn(patches, width)) if positions else None
        self.blocks = nn.ModuleList(Block(width, hidden) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor, attend: torch.Tensor | None = None) -> torch.Tensor:
        """Images (n, channels, height, width) to features (n, width)."""
        x = self.embedding(F.unfold(x, self.patch, stride=self.patch).transpose(1, 2))
        if self.positions is not None:
            x = x + self.positions
        for block in self.blocks:
            x = block(x, attend)
        return self.norm(x).mean(dim=1)


def transformer_sizes(
    channels: int, patch: int, patches: int, positions: bool, classes: int, budget: int
) -> tuple[int, int, int]:
    """Width, hidden width of the perceptrons and depth with which a network comes to 95 to 100 % of the budget.

    Two blocks if they fit, and the width nearest to half of what is hidden.
    """
    for depth in (2, 1):
        best, best_distance = None, math.inf
        for width in range(HEADS, 129, HEADS):
            block = 4 * width + 4 * width * (width + 1) + width  # norms, attention, the perceptron's second bias
            fixed = width * (channels * patch**2 + 1) + positions * patches * width + depth * block
            fixed += 2 * width + classes * (width + 1)
            per_hidden = depth * (2 * width + 1)
            hidden = (budget - fixed) // per_hidden
            if hidden < 1 or fixed + hidden * per_hidden < 0.95 * budget:
                continue
            distance = abs(math.log(hidden / (2 * width)))
            if distance < best_distance:
                best, best_distance = (width, hidden, depth), distance
        if best is not None:
            return best
    raise ValueError(f"parameter_budget is {budget}; expected one that a transformer can keep to")
