"""A convolutional encoder under a linear head: what pre-training hands to fine-tuning, and how it is asked.

Sources: Gidaris, Singh & Komodakis, *Unsupervised Representation Learning by Predicting Image Rotations*, 2018 (a
convolutional network, pooled over the image, under a linear classifier); Ba, Kiros & Hinton, *Layer Normalization*,
2016. Replicates are an axis, as in `networks.py`: parameters (r, …), images (r, b, c, side, side).
"""

from collections.abc import Callable
from math import sqrt

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from . import checks
from .networks import ImageShape, Initial, Initials, Parameters, dense, linear
from .training import deterministic

EVALUATION_ROWS = 1024  # images at a time, over all replicates: bounds the memory


class Encoder:
    """Twice convolution 3×3, ReLU, max pooling 2×2; a third convolution; its mean and maximum over the image.

    These are normalised, so that a fresh head learns as fast on trained weights as on random ones.
    """

    CHANNELS = (8, 16)

    def __init__(self, channels: int, filters: int) -> None:
        self.channels = channels
        self.features_count = 2 * filters
        self.initial: Initials = {}
        for layer, n_out in enumerate((*self.CHANNELS, filters)):
            self.initial[f"convolution{layer}.weight"] = Initial((n_out, channels, 3, 3), sqrt(2 / (9 * channels)))
            self.initial[f"convolution{layer}.bias"] = Initial((n_out,))
            channels = n_out

    def with_head(self, classes: int) -> Initials:
        """How the encoder's parameters start, and those of a linear head on it."""
        return self.initial | dense("head", self.features_count, classes)

    def features(self, parameters: Parameters, images: Tensor) -> Tensor:
        """What the head reads, (r, b, features)."""
        r, b, c, h, w = images.shape
        # All replicates in one convolution: replicates side by side as groups of channels.
        x = images.transpose(0, 1).reshape(b, r * c, h, w).contiguous(memory_format=torch.channels_last)
        for layer in range(len(self.CHANNELS) + 1):
            weight, bias = parameters[f"convolution{layer}.weight"], parameters[f"convolution{layer}.bias"]
            x = F.conv2d(x, weight.flatten(0, 1), bias.flatten(), padding=1, groups=r)  # (b, r · out, h, w)
            x = (F.max_pool2d(x, 2) if layer < len(self.CHANNELS) else x).relu()
        x = x.unflatten(1, (r, -1)).transpose(0, 1)  # (r, b, filters, h, w)
        pooled = torch.cat([x.mean((-2, -1)), x.amax((-2, -1))], dim=-1)
        return F.layer_norm(pooled, pooled.shape[-1:])

    def logits(self, parameters: Parameters, images: Tensor) -> Tensor:
        """The head's scores, (r, b, classes)."""
        return linear(self.features(parameters, images), parameters, "head")


@torch.inference_mode()
def evaluate(read: Callable[[Parameters, Tensor], Tensor], parameters: Parameters, images: np.ndarray) -> np.ndarray:
    """What `read` makes of images (r, n, c, side, side), (r, n, …), some images at a time."""
    device = next(iter(parameters.values())).device
    size = max(1, EVALUATION_ROWS // len(images))
    starts = range(0, images.shape[1], size)
    with deterministic():
        parts = [read(parameters, torch.as_tensor(images[:, i : i + size]).to(device).float()).cpu() for i in starts]
    return torch.cat(parts, dim=1).numpy()


class Networks:
    """Encoders under heads, one per seed, asked about images (r, m, c, side, side), each replicate's own."""

    def __init__(self, network: Encoder, parameters: Parameters, image_shape: ImageShape) -> None:
        self._network, self._parameters, self._image_shape = network, parameters, image_shape

    def logits(self, images: np.ndarray) -> np.ndarray:
        """The head's scores, (r, m, classes)."""
        return self._evaluated(self._network.logits, images)

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the head reads, (r, m, features)."""
        return self._evaluated(self._network.features, images)

    def encoder(self) -> dict[str, np.ndarray]:
        """The encoder's weights by name, (r, …)."""
        return {name: self._parameters[name].cpu().numpy().copy() for name in self._network.initial}

    def _evaluated(self, read: Callable[[Parameters, Tensor], Tensor], images: np.ndarray) -> np.ndarray:
        checks.images("images", images, len(next(iter(self._parameters.values()))))
        fits = images.shape[2:] == self._image_shape
        checks.require("images", fits, f"shape {images.shape}", f"images of shape {self._image_shape}")
        return evaluate(read, self._parameters, images)


class RotationNetworks(Networks):
    """Networks that tell by how much an image was turned, one per seed; see the contract."""


class FineTunedNetworks(Networks):
    """Classifiers, one per seed; see the contract."""

    def __init__(self, network: Encoder, parameters: Parameters, image_shape: ImageShape, curve: np.ndarray) -> None:
        super().__init__(network, parameters, image_shape)
        self._curve = curve

    def learning_curve(self) -> np.ndarray:
        """The class scores of the test images after each number of steps asked for, (r, checkpoints, m, classes)."""
        return self._curve.copy()


def starting_from(weights: dict[str, np.ndarray], encoder: Encoder, drawn: Parameters) -> Parameters:
    """`weights` in place of the encoder's `drawn` ones, once they are known to have the same names and shapes."""
    if not isinstance(weights, dict):
        raise TypeError(f"encoder is {weights!r:.80}; expected weights by name, or None")
    checks.parameters("encoder", weights, {name: drawn[name] for name in encoder.initial})
    return {
        name: torch.tensor(array, dtype=torch.float32, device=drawn[name].device) for name, array in weights.items()
    }
