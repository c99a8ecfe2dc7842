"""The specification's own encoders: they are shown a picture beside its turned copy, as the homework words the task.

The published method, and so the contract, shows one picture at a time. Here the picture and its copy go through the
same small convolutional encoder, and a perceptron reads both features (siamese networks; Bromley et al., 1993).
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, vmap

from spec.common.ensembles import Ensemble

TURNS = 4
HIDDEN = 32


class Quarters(nn.Module):
    """The largest number in each quarter of an image, as `nn.AdaptiveMaxPool2d(2)`, which CUDA does in any order."""

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) → (b, c, 2, 2); the quarters of odd sides share their middle."""
        height, width = x.shape[-2:]
        return F.max_pool2d(x, (-(-height // 2), -(-width // 2)), (height // 2, width // 2))


class Siamese(nn.Module):
    """Scores of 0, 1, 2 and 3 quarter turns between pictures and copies, the two channels of (b, 2, side, side)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            Quarters(),
            nn.Flatten(),  # (b, 8 width)
        )
        self.head = nn.Sequential(nn.Linear(16 * width, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, TURNS))

    def forward(self, pairs: Tensor) -> Tensor:
        """(b, 2, side, side) → (b, 4)."""
        picture, copy = (self.encoder(pairs[:, i : i + 1]) for i in range(2))
        scores: Tensor = self.head(torch.cat([picture, copy], dim=1))
        return scores


class PairNetworks(Ensemble):
    """One siamese network per seed, trained on pairs (r, n, 2, side, side) to tell by how much the copy was turned."""

    def __init__(
        self,
        pairs: np.ndarray,
        quarter_turns: np.ndarray,
        *,
        width: int,
        steps: int,
        batch_size: int,
        learning_rate: float,
        seeds: Sequence[int],
        device: str,
    ) -> None:
        super().__init__(
            lambda: Siamese(width),
            pairs,
            quarter_turns,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            seeds=seeds,
            device=device,
        )

    @torch.inference_mode()
    def features(self, images: np.ndarray) -> np.ndarray:
        """What the encoder makes of single images (r, n, 1, side, side), (r, n, features)."""
        encoder, prefix = self._module.get_submodule("encoder"), "encoder."
        weights = {name.removeprefix(prefix): w for name, w in self._parameters.items() if name.startswith(prefix)}
        encoded = vmap(lambda parameters, replicate: functional_call(encoder, parameters, (replicate,)))
        parts = torch.as_tensor(images).split(max(1, 4096 // len(images)), dim=1)
        features: np.ndarray = (
            torch.cat([encoded(weights, part.to(self._device).float()) for part in parts], dim=1).cpu().numpy()
        )
        return features
