"""The arm that shows a boundary: a transformer encoder whose patches are mixed by fixed weights in place of attention.

Everything else is as in the encoder of the contract (Dosovitskiy et al., 2021): patches, residual blocks, patches
averaged before the class scores. With the identity no patch ever meets another; with equal weights each meets the
average of all. A further layer after the average makes the identity a Deep Sets model (Zaheer et al., 2017).
Replicates are the leading axis of every array.
"""

from collections.abc import Sequence
from math import prod, sqrt
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from spec.common.training import descend

WIDTH = 32
DEPTH = 2
LEARNING_RATE = 5e-3
WEIGHT_DECAY = 1e-2
EVALUATION_ROWS = 1024


Mixing = Literal["identity", "uniform", "local"]


def mixing_weights(mixing: Mixing, grid: int) -> np.ndarray:
    """Which share of each patch every patch gets, (grid², grid²): its own, all alike, or those around it alike."""
    if mixing == "identity":
        return np.eye(grid * grid)
    if mixing == "uniform":
        return np.full((grid * grid, grid * grid), 1 / grid**2)
    near = np.abs(np.subtract.outer(np.arange(grid), np.arange(grid))) <= 1
    neighbours = np.kron(near, near).astype(np.float64)
    return neighbours / neighbours.sum(axis=1, keepdims=True)


class FixedMixing:
    """Encoders with fixed mixing weights, one per seed: trained on creation, all as one batch.

    images (r, n, c, h, w) are square, labels (r, n). `set_layer` is the width of a layer between the
    averaged patches and the class scores, 0 for none. The blocks' hidden layers are as wide as the budget allows.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        patch_size: int,
        mixing: Mixing,
        set_layer: int,
        parameter_budget: int,
        steps: int,
        batch_size: int,
        seeds: Sequence[int],
        device: str,
    ) -> None:
        self._patch_size = patch_size
        shares = mixing_weights(mixing, images.shape[-1] // patch_size)
        self._mixing = torch.tensor(shares, dtype=torch.float32, device=device)
        shapes = widest(images.shape[2] * patch_size**2, set_layer, parameter_budget)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._parameters = {
            name: torch.stack([torch.randn(shape, generator=g) for g in generators]).to(device) * sqrt(2 / shape[0])
            for name, shape in shapes.items()
        }
        for name, weights in self._parameters.items():
            if name.endswith("bias"):
                weights.zero_()
        descend(
            list(self._parameters.values()),
            self._logits,
            images,
            labels,
            steps=steps,
            batch_size=batch_size,
            learning_rate=LEARNING_RATE,
            weight_decay=WEIGHT_DECAY,
            generators=generators,
        )

    @property
    def parameter_count(self) -> int:
        """The number of parameters of one replicate."""
        return sum(weights[0].numel() for weights in self._parameters.values())

    @torch.inference_mode()
    def logits(self, images: np.ndarray) -> np.ndarray:
        """Each replicate's class scores of its own images, (r, n, 2)."""
        size = max(1, EVALUATION_ROWS // len(images))
        parts = [self._logits(self._tensor(images[:, i : i + size])) for i in range(0, images.shape[1], size)]
        return torch.cat(parts, dim=1).cpu().numpy()

    def _logits(self, images: Tensor) -> Tensor:
        r, b, c, h, w = images.shape
        p = self._patch_size
        x = ((images - 0.5) * 4).reshape(r, b, c, h // p, p, w // p, p).permute(0, 1, 3, 5, 2, 4, 6)
        x = self._linear(x.reshape(r, b, -1, c * p * p), "embedding")  # (r, b, patches, width)
        for block in range(DEPTH):
            x = x + self._linear(self._mixing @ self._linear(normalised(x), f"{block}.value"), f"{block}.mixed")
            x = x + self._linear(self._linear(normalised(x), f"{block}.hidden").relu(), f"{block}.out")
        x = normalised(x).mean(2)  # (r, b, width)
        if "set.weight" in self._parameters:
            x = self._linear(x, "set").relu()
        return self._linear(x, "head")

    def _linear(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self._parameters[f"{name}.weight"], self._parameters[f"{name}.bias"]
        return torch.baddbmm(bias.unsqueeze(1), x.flatten(1, -2), weight).unflatten(1, x.shape[1:-1])

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.as_tensor(array).to(self._mixing.device)


def normalised(x: Tensor) -> Tensor:
    """Layer normalisation without gain and bias, which the next linear map can take over."""
    return F.layer_norm(x, x.shape[-1:])


def widest(pixels: int, set_layer: int, budget: int) -> dict[str, tuple[int, ...]]:
    """The shapes of the parameters of the network whose hidden layers are the widest within the budget."""

    def shapes(hidden: int) -> dict[str, tuple[int, ...]]:
        layers = {"embedding": (pixels, WIDTH)}
        for block in range(DEPTH):
            layers |= {f"{block}.value": (WIDTH, WIDTH), f"{block}.mixed": (WIDTH, WIDTH)}
            layers |= {f"{block}.hidden": (WIDTH, hidden), f"{block}.out": (hidden, WIDTH)}
        layers |= {"set": (WIDTH, set_layer), "head": (set_layer, 2)} if set_layer else {"head": (WIDTH, 2)}
        weights = {f"{name}.weight": shape for name, shape in layers.items()}
        return weights | {f"{name}.bias": shape[1:] for name, shape in layers.items()}

    def count(hidden: int) -> int:
        return sum(prod(shape) for shape in shapes(hidden).values())

    return shapes(max(hidden for hidden in range(1, 1024) if count(hidden) <= budget))
