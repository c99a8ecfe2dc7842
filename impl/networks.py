"""Two small image classifiers, as functions of their parameters: a convolutional network and a transformer encoder.

Sources: LeCun et al., *Gradient-Based Learning Applied to Document Recognition*, 1998 (convolution, pooling, fully
connected layers); Dosovitskiy et al., *An Image is Worth 16x16 Words*, 2021 (patches as tokens), with the blocks of
Vaswani et al., *Attention Is All You Need*, 2017, normalised before each sublayer.

Replicates are an axis: every parameter is (r, …), images are (r, b, c, h, w), and replicate i's parameters meet only
replicate i's images. A network holds no numbers: it says how each parameter starts (`initial`), and computes the class
scores (`logits`), or what the last layer reads (`features`), from given ones.
"""

from math import prod, sqrt
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

Parameters = dict[str, Tensor]
ImageShape = tuple[int, int, int]
"""Channels, height and width."""


class Initial(NamedTuple):
    """How one parameter of one replicate starts: normal, with this deviation."""

    shape: tuple[int, ...]
    deviation: float = 0.0


Initials = dict[str, Initial]


class HasInitials(Protocol):
    """A network, as far as its parameters can be counted."""

    initial: Initials


def dense(name: str, n_in: int, n_out: int, gain: float = 1.0) -> Initials:
    """A linear layer; gain √2 keeps the variance through a following ReLU (He et al., 2015)."""
    return {f"{name}.weight": Initial((n_in, n_out), gain / sqrt(n_in)), f"{name}.bias": Initial((n_out,))}


def linear(x: Tensor, parameters: Parameters, name: str) -> Tensor:
    """Return x W + b, with each replicate's own W: (r, …, in) → (r, …, out)."""
    weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
    rows = x.flatten(1, -2)  # (r, rows, in)
    return torch.baddbmm(bias.unsqueeze(1), rows, weight).unflatten(1, x.shape[1:-1])


class ConvolutionalNetwork:
    """Twice convolution 3×3, ReLU, max pooling 2×2; then a fully connected hidden layer and the class scores."""

    CHANNELS = (8, 16)

    def __init__(self, image_shape: ImageShape, classes: int, hidden: int) -> None:
        channels, height, width = image_shape
        self.initial: Initials = {}
        for layer, n_out in enumerate(self.CHANNELS):
            self.initial[f"convolution{layer}.weight"] = Initial((n_out, channels, 3, 3), sqrt(2 / (9 * channels)))
            self.initial[f"convolution{layer}.bias"] = Initial((n_out,))
            channels, height, width = n_out, height // 2, width // 2
        self.initial |= dense("hidden", channels * height * width, hidden, sqrt(2)) | dense("head", hidden, classes)

    def features(self, parameters: Parameters, images: Tensor) -> Tensor:
        """The hidden layer, (r, b, hidden)."""
        r, b, c, h, w = images.shape
        # All replicates in one convolution: replicates side by side as groups of channels.
        x = images.transpose(0, 1).reshape(b, r * c, h, w)
        x = x.contiguous(memory_format=torch.channels_last)  # a third faster on a CPU
        for layer in range(len(self.CHANNELS)):
            weight, bias = parameters[f"convolution{layer}.weight"], parameters[f"convolution{layer}.bias"]
            x = F.conv2d(x, weight.flatten(0, 1), bias.flatten(), padding=1, groups=r)  # (b, r · out, h, w)
            x = F.max_pool2d(x, 2).relu()  # ReLU is monotone: after pooling it has a quarter of the work
        x = x.reshape(b, r, -1).transpose(0, 1)  # (r, b, channels · height · width)
        return linear(x, parameters, "hidden").relu()

    def logits(self, parameters: Parameters, images: Tensor) -> Tensor:
        """The class scores, (r, b, classes)."""
        return linear(self.features(parameters, images), parameters, "head")


FUSED_FROM = 64
"""Patches from which on torch's fused attention is faster than plain products."""


class AttentionLayer(NamedTuple):
    """What one attention layer computed: output = weights · values, each (r, b, heads, patches, …)."""

    weights: Tensor
    values: Tensor
    output: Tensor


class AttentionNetwork:
    """A transformer encoder over patches p × p, which are averaged before the class scores."""

    DEPTH = 2
    HEADS = 2

    def __init__(
        self, image_shape: ImageShape, classes: int, patch_size: int, positions: bool, d: int, hidden: int
    ) -> None:
        channels, height, width = image_shape
        self.patch_size, self.d = patch_size, d
        self.patches = (height // patch_size) * (width // patch_size)
        self.initial: Initials = dense("embedding", channels * patch_size**2, d)
        if positions:
            self.initial["positions"] = Initial((self.patches, d), 0.02)
        for block in range(self.DEPTH):
            for name in ("query", "key", "value", "mixed"):
                self.initial |= dense(f"block{block}.{name}", d, d)
            self.initial |= dense(f"block{block}.hidden", d, hidden, sqrt(2)) | dense(f"block{block}.out", hidden, d)
        self.initial |= dense("head", d, classes)

    def tokens(self, images: Tensor) -> Tensor:
        """The pixels of each patch in a row, patches row by row: (r, b, patches, c · p · p)."""
        p = self.patch_size
        r, b, c, h, w = images.shape
        x = images.reshape(r, b, c, h // p, p, w // p, p).permute(0, 1, 3, 5, 2, 4, 6)  # (r, b, h/p, w/p, c, p, p)
        return x.reshape(r, b, self.patches, c * p * p)

    def heads(self, parameters: Parameters, block: int, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, (r, b, heads, patches, d_k)."""
        q, k, v = (
            linear(x, parameters, f"block{block}.{name}").unflatten(-1, (self.HEADS, -1)).transpose(2, 3)
            for name in ("query", "key", "value")
        )
        return q, k, v

    def attention(self, parameters: Parameters, block: int, x: Tensor, attend: Tensor | None) -> AttentionLayer:
        """softmax(Q Kᵀ / √d_k) V in each head; patch i ignores patch j where attend[i, j] is False."""
        q, k, v = self.heads(parameters, block, x)
        scores = q @ k.transpose(-1, -2) / sqrt(q.shape[-1])  # (r, b, heads, patches, patches)
        if attend is not None:
            scores = scores.masked_fill(~attend, -torch.inf)
        weights = scores.softmax(-1)
        return AttentionLayer(weights, v, weights @ v)

    def attended(self, parameters: Parameters, block: int, x: Tensor, attend: Tensor | None) -> Tensor:
        """The output of `attention` alone, (r, b, heads, patches, d_k); of many patches, the weights are never held."""
        # On CUDA the fused kernel's gradients are sums in any order, in single precision.
        if self.patches < FUSED_FROM or x.device.type != "cpu":
            return self.attention(parameters, block, x, attend).output
        q, k, v = (part.flatten(0, 1) for part in self.heads(parameters, block, x))
        return F.scaled_dot_product_attention(q, k, v, attend).unflatten(0, x.shape[:2])

    def encode(
        self,
        parameters: Parameters,
        images: Tensor,
        attend: Tensor | None = None,
        layers: list[AttentionLayer] | None = None,
    ) -> Tensor:
        """The averaged patches (r, b, d); what happened in each attention layer is put into `layers`, if given."""
        x = linear(self.tokens(images), parameters, "embedding")  # (r, b, patches, d)
        if "positions" in parameters:
            x = x + parameters["positions"].unsqueeze(1)
        for block in range(self.DEPTH):
            if layers is None:
                output = self.attended(parameters, block, self.normalised(x), attend)
            else:
                layers.append(self.attention(parameters, block, self.normalised(x), attend))
                output = layers[-1].output
            x = x + linear(output.transpose(2, 3).flatten(-2), parameters, f"block{block}.mixed")
            hidden = linear(self.normalised(x), parameters, f"block{block}.hidden").relu()
            x = x + linear(hidden, parameters, f"block{block}.out")
        return self.normalised(x).mean(2)

    def normalised(self, x: Tensor) -> Tensor:
        """Layer normalisation; its gain and bias are left to the linear map that follows."""
        return F.layer_norm(x, (self.d,))

    def features(self, parameters: Parameters, images: Tensor) -> Tensor:
        """The averaged patches, (r, b, d)."""
        return self.encode(parameters, images)

    def logits(self, parameters: Parameters, images: Tensor, attend: Tensor | None = None) -> Tensor:
        """The class scores, (r, b, classes)."""
        return linear(self.encode(parameters, images, attend), parameters, "head")


Network = ConvolutionalNetwork | AttentionNetwork


def count(network: HasInitials) -> int:
    """The number of parameters of one replicate."""
    return sum(prod(initial.shape) for initial in network.initial.values())
