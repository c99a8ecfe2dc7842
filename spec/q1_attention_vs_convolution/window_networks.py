"""Convolutional networks that see windows of a given width and nothing else, however they are trained.

A convolution over the full height of a strip whose ends meet, so that no padding tells a place; then, at each place, a
hidden layer; then the average over places and the class scores. So a score is a sum over windows, and the receptive
field is the width of the window. Networks of several widths are trained side by side, on the same images: the widths
are the first axis of every array, replicates the second.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
import torch
from torch import Tensor

from spec.common.training import descend

LEARNING_RATE = 1e-2
HIDDEN = 16
EVALUATION_ROWS = 4096


class WindowNetworks:
    """One network per width and seed: trained on creation, all as one batch.

    images (r, n, c, h, w), labels (r, n); `widths` of the receptive fields, in columns.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        widths: Sequence[int],
        channels: int,
        steps: int,
        batch_size: int,
        seeds: Sequence[int],
        device: str,
    ) -> None:
        self.widths = list(widths)
        rows = images.shape[2] * images.shape[3]
        shapes = {
            "filters": (rows * max(widths), channels),
            "hidden": (channels, HIDDEN),
            "head": (HIDDEN, 2),
        }
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._seen = torch.stack([torch.arange(max(widths)) < width for width in widths])  # (widths, columns)
        self._seen = self._seen.repeat(1, rows)[:, None, :, None].float().to(device)
        self._parameters = {}
        for name, shape in shapes.items():
            drawn = torch.stack([torch.randn(shape, generator=g) for g in generators]).to(device)
            self._parameters[name] = drawn.repeat(len(widths), 1, 1, 1) * sqrt(2 / shape[0])
            self._parameters[f"{name}.bias"] = torch.zeros(len(widths), len(seeds), 1, shape[1], device=device)
        # A filter that sees fewer columns starts with larger weights, so that its response is as large.
        self._parameters["filters"] *= self._seen * (self._seen.shape[2] / self._seen.sum(2, keepdim=True)).sqrt()
        descend(
            list(self._parameters.values()),
            self._logits,
            images,
            labels,
            steps=steps,
            batch_size=batch_size,
            learning_rate=LEARNING_RATE,
            weight_decay=0.0,
            generators=generators,
        )

    def parameter_count(self, width: int) -> int:
        """The number of parameters of one network of this width: weights that it never sees do not count."""
        seen = int(self._seen[self.widths.index(width)].sum())
        unused = self._seen.shape[2] - seen
        channels = self._parameters["filters"].shape[-1]
        return sum(weights[0, 0].numel() for weights in self._parameters.values()) - unused * channels

    @torch.inference_mode()
    def logits(self, images: np.ndarray) -> np.ndarray:
        """Class scores of each replicate's own images by its network of each width, (widths, r, n, 2)."""
        size = max(1, EVALUATION_ROWS // (len(images) * len(self.widths)))
        parts = [self._logits(self._tensor(images[:, i : i + size])) for i in range(0, images.shape[1], size)]
        return torch.cat(parts, dim=2).cpu().numpy()

    def _logits(self, images: Tensor) -> Tensor:
        r, b, c, h, w = images.shape
        columns, n = max(self.widths), len(self.widths)
        p = {name: weights.flatten(0, 1) for name, weights in self._parameters.items()}  # (widths · r, …)
        x = (images - 0.5) * 4
        x = torch.cat([x, x[..., : columns - 1]], dim=-1).unfold(-1, columns, 1)  # (r, b, c, h, w, columns)
        x = x.permute(0, 1, 4, 2, 3, 5).reshape(r, b * w, c * h * columns)
        # All widths look at the same windows: their filters side by side are one matrix.
        filters = (self._parameters["filters"] * self._seen).permute(1, 2, 0, 3).flatten(2)  # (r, seen, widths · out)
        x = (x @ filters).unflatten(2, (n, -1)).permute(2, 0, 1, 3).flatten(0, 1)  # (widths · r, b · w, out)
        x = (x + p["filters.bias"]).relu()
        x = torch.baddbmm(p["hidden.bias"], x, p["hidden"]).relu()
        x = x.unflatten(1, (b, w)).mean(2)  # (widths · r, b, hidden)
        return torch.baddbmm(p["head.bias"], x, p["head"]).unflatten(0, (n, r))

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.as_tensor(array).to(self._seen.device)
