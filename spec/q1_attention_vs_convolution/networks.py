"""The specification's own networks, which decide what takes attention and how far a convolution has to see.

`FixedMixing` is the contract's transformer encoder but for one thing: its patches are mixed by fixed weights in place
of attention. `WindowNetworks` are convolutional networks that see windows of a given width and nothing else. Neither
has a counterpart in the contract. All replicates are trained as one batch, each as it would be alone.
"""

from collections.abc import Callable, Sequence
from math import prod, sqrt
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from spec.common.training import descend

from .measures import Sample

Mixing = Literal["identity", "local", "uniform"]

WIDTH = 32
DEPTH = 2
HIDDEN = 16


def mixing_weights(mixing: Mixing, grid: int) -> np.ndarray:
    """Which share each patch gets of each, (grid², grid²): of itself alone, of those around it, or of all alike."""
    if mixing == "identity":
        return np.eye(grid * grid)
    if mixing == "uniform":
        return np.full((grid * grid, grid * grid), 1 / grid**2)
    near = np.abs(np.subtract.outer(np.arange(grid), np.arange(grid))) <= 1
    neighbours = np.kron(near, near).astype(np.float64)
    return neighbours / neighbours.sum(axis=1, keepdims=True)


class FixedMixing:
    """Encoders with fixed mixing weights, one per seed, trained on creation (Dosovitskiy et al., 2021, otherwise).

    Patches, residual blocks, and patches averaged before the class scores. With the identity no patch ever meets
    another; with equal weights each meets the average of all. `set_layer` is the width of a further layer after the
    average, 0 for none: with the identity that is a Deep Sets model (Zaheer et al., 2017). Images (r, n, c, h, w) are
    square. The blocks' hidden layers are as wide as the budget allows.
    """

    def __init__(
        self,
        sample: Sample,
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
        shares = mixing_weights(mixing, sample.images.shape[-1] // patch_size)
        self._mixing = torch.tensor(shares, dtype=torch.float32, device=device)
        shapes = widest(sample.images.shape[2] * patch_size**2, set_layer, parameter_budget)
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
            sample.images,
            sample.labels,
            steps=steps,
            batch_size=batch_size,
            learning_rate=5e-3,
            weight_decay=1e-2,
            generators=generators,
        )

    @property
    def parameter_count(self) -> int:
        """The number of parameters of one replicate."""
        return sum(weights[0].numel() for weights in self._parameters.values())

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Each replicate's class scores of its own images, (r, n, 2)."""
        return in_parts(self._logits, images, 1024 // len(images), self._mixing.device)

    def _logits(self, images: Tensor) -> Tensor:
        r, b, c, h, w = images.shape
        p = self._patch_size
        x = images.reshape(r, b, c, h // p, p, w // p, p).permute(0, 1, 3, 5, 2, 4, 6)
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


@torch.inference_mode()
def in_parts(logits: Callable[[Tensor], Tensor], images: np.ndarray, size: int, device: torch.device) -> np.ndarray:
    """The class scores (…, r, n, 2) of images (r, n, c, h, w), of at most `size` per replicate at a time."""
    parts = torch.as_tensor(images).split(max(1, size), dim=1)
    return torch.cat([logits(part.to(device)) for part in parts], dim=-2).cpu().numpy()


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


class WindowNetworks:
    """Convolutional networks of several receptive fields, one per width in columns and seed, trained on creation.

    A convolution over the full height of a strip whose ends meet, so that no padding tells a place; then, at each
    place, a hidden layer; then the average over places and the class scores. So a score is a sum over windows, however
    the network is trained, and the receptive field is the width of the window. All widths are trained side by side, on
    the same images (r, n, c, h, w): widths are the first axis of every array, replicates the second.
    """

    def __init__(
        self,
        sample: Sample,
        *,
        widths: Sequence[int],
        channels: int,
        steps: int,
        batch_size: int,
        seeds: Sequence[int],
        device: str,
    ) -> None:
        self.widths = list(widths)
        rows = sample.images.shape[2] * sample.images.shape[3]
        shapes = {"filters": (rows * max(widths), channels), "hidden": (channels, HIDDEN), "head": (HIDDEN, 2)}
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        visible = torch.stack([torch.arange(max(widths)) < width for width in widths])  # (widths, columns)
        self._visible = visible.repeat(1, rows)[:, None, :, None].float().to(device)
        self._parameters = {}
        for name, shape in shapes.items():
            drawn = torch.stack([torch.randn(shape, generator=g) for g in generators]).to(device)
            self._parameters[name] = drawn.repeat(len(widths), 1, 1, 1) * sqrt(2 / shape[0])
            self._parameters[f"{name}.bias"] = torch.zeros(len(widths), len(seeds), 1, shape[1], device=device)
        # A filter of fewer columns starts with larger weights, so that its response is as large.
        inputs = self._visible.shape[2]
        self._parameters["filters"] *= self._visible * (inputs / self._visible.sum(2, keepdim=True)).sqrt()
        descend(
            list(self._parameters.values()),
            self._logits,
            sample.images,
            sample.labels,
            steps=steps,
            batch_size=batch_size,
            learning_rate=1e-2,
            weight_decay=0.0,
            generators=generators,
        )

    def parameter_count(self, width: int) -> int:
        """The number of parameters of one network of this width, without the weights of columns that it never sees."""
        hidden = int((self._visible[self.widths.index(width)] == 0).sum())
        channels = self._parameters["filters"].shape[-1]
        return sum(weights[0, 0].numel() for weights in self._parameters.values()) - hidden * channels

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Class scores of each replicate's own images by its network of each width, (widths, r, n, 2)."""
        return in_parts(self._logits, images, 4096 // (len(images) * len(self.widths)), self._visible.device)

    def _logits(self, images: Tensor) -> Tensor:
        r, b, c, h, w = images.shape
        columns, n = max(self.widths), len(self.widths)
        p = {name: weights.flatten(0, 1) for name, weights in self._parameters.items()}  # (widths · r, …)
        x = torch.cat([images, images[..., : columns - 1]], dim=-1).unfold(-1, columns, 1)  # (r, b, c, h, w, columns)
        x = x.permute(0, 1, 4, 2, 3, 5).reshape(r, b * w, c * h * columns)
        # All widths look at the same windows: their filters side by side are one matrix.
        filters = (self._parameters["filters"] * self._visible).permute(1, 2, 0, 3).flatten(2)  # (r, in, widths · out)
        x = (x @ filters).unflatten(2, (n, -1)).permute(2, 0, 1, 3).flatten(0, 1)  # (widths · r, b · w, out)
        x = (x + p["filters.bias"]).relu()
        x = torch.baddbmm(p["hidden.bias"], x, p["hidden"]).relu()
        x = x.unflatten(1, (b, w)).mean(2)  # (widths · r, b, hidden)
        return torch.baddbmm(p["head.bias"], x, p["head"]).unflatten(0, (n, r))
