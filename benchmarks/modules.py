"""The two networks of `impl/networks.py` as one would write them with torch.nn: one network, one batch of images.

Their parameters have the same names; torch.nn holds the weights of a linear layer transposed.
"""

from math import sqrt

import torch.nn.functional as F
from torch import Tensor, nn

from impl.networks import AttentionNetwork, ConvolutionalNetwork, Network, Parameters


def module(network: Network) -> nn.Module:
    """The module that computes what the network does."""
    return Convolutional(network) if isinstance(network, ConvolutionalNetwork) else Encoder(network)


def transposed(parameters: Parameters) -> Parameters:
    """Our parameters, (r, …), as torch.nn has them."""
    return {name: value.mT if value.ndim == 3 else value for name, value in parameters.items()}


def linear(network: Network, name: str) -> nn.Linear:
    """A linear layer as wide as the network's of this name."""
    n_in, n_out = network.initial[f"{name}.weight"].shape
    return nn.Linear(n_in, n_out)


class Convolutional(nn.Module):
    """Twice convolution, pooling and ReLU; a hidden layer, and the class scores."""

    def __init__(self, network: ConvolutionalNetwork) -> None:
        super().__init__()
        first, second = network.CHANNELS
        self.convolution0 = nn.Conv2d(network.initial["convolution0.weight"].shape[1], first, 3, padding=1)
        self.convolution1 = nn.Conv2d(first, second, 3, padding=1)
        self.hidden, self.head = linear(network, "hidden"), linear(network, "head")

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (b, classes) of images (b, c, h, w)."""
        for convolution in (self.convolution0, self.convolution1):
            images = F.max_pool2d(convolution(images), 2).relu()
        return self.head(self.hidden(images.flatten(1)).relu())


class Block(nn.Module):
    """Self-attention, then a perceptron, each of what is normalised before."""

    def __init__(self, network: AttentionNetwork, name: str) -> None:
        super().__init__()
        self.heads, self.d = network.HEADS, network.d
        self.query, self.key, self.value = (linear(network, f"{name}.{layer}") for layer in ("query", "key", "value"))
        self.mixed, self.hidden, self.out = (linear(network, f"{name}.{layer}") for layer in ("mixed", "hidden", "out"))

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (b, n, d) to tokens."""
        y = F.layer_norm(x, (self.d,))
        q, k, v = (
            layer(y).unflatten(-1, (self.heads, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        # Written out: scaled_dot_product_attention has no batching rule for vmap on a CPU.
        weights = (q @ k.mT / sqrt(q.shape[-1])).softmax(-1)
        x = x + self.mixed((weights @ v).transpose(1, 2).flatten(-2))
        return x + self.out(self.hidden(F.layer_norm(x, (self.d,))).relu())


class Encoder(nn.Module):
    """Patches, two blocks, and the class scores of the average."""

    def __init__(self, network: AttentionNetwork) -> None:
        super().__init__()
        self.patch_size, self.d = network.patch_size, network.d
        self.embedding, self.head = linear(network, "embedding"), linear(network, "head")
        self.block0, self.block1 = Block(network, "block0"), Block(network, "block1")

    def forward(self, images: Tensor) -> Tensor:
        """Class scores (b, classes) of images (b, c, h, w)."""
        patches = F.unfold(images, self.patch_size, stride=self.patch_size).mT  # (b, patches, c · p · p)
        x = self.block1(self.block0(self.embedding(patches)))
        return self.head(F.layer_norm(x, (self.d,)).mean(1))
