"""Other image classifiers that somebody could have compared, convolutional and with attention, as `torch.nn` modules.

The convolutional ones average their channels over the image, and read the average with a hidden layer. In "pooled" no
patch meets another before: it is a Deep Sets model of patches (Zaheer et al., 2017) as well. The others follow VGG
(Simonyan & Zisserman, 2015) and squeeze-and-excitation networks (Hu et al., 2018). `Encoder` is the vision transformer
(Dosovitskiy et al., 2021).
"""

from bisect import bisect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

Apart = tuple[int, ...]
"""Two patches that never attend to each other, or none."""

HIDDEN = 64
"""The width of the layer that reads an average."""


def initialised(module: nn.Module, gain: float = 2**0.5) -> nn.Module:
    """Biases 0, and weights drawn so that variances are kept; with √2 through ReLU (He et al., 2015)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.normal_(layer.weight, std=gain / layer.weight[0].numel() ** 0.5)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # each has one
    return module


class Averaged(nn.Module):
    """Channels averaged over the image, one hidden layer, and the class scores."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2))

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) → (b, 2)."""
        return self.layers(x.mean((-2, -1)))


class Patches(nn.Module):
    """The pixels of each patch in a row: a linear map of them is a convolution whose windows are the patches."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) → (b, patches, c · size · size)."""
        rows = x.unflatten(-1, (-1, self.size)).unflatten(2, (-1, self.size))  # (b, c, h/size, size, w/size, size)
        return rows.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)


class Mean(nn.Module):
    """The average over patches."""

    def forward(self, x: Tensor) -> Tensor:
        """(b, patches, width) → (b, width)."""
        return x.mean(1)


def pooled(width: int, channels: int, patch: int, **_other: object) -> nn.Module:
    """A convolution whose windows are the patches, two of 1×1, and an average: patches never meet before it."""
    layers: list[nn.Module] = [Patches(patch), nn.Linear(channels * patch**2, width), nn.ReLU()]
    for _ in range(2):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return initialised(nn.Sequential(*layers, Mean(), nn.Linear(width, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2)))


def vgg(width: int, channels: int, **_other: object) -> nn.Module:
    """Convolutions of 3×3 at stride 1, two of them max-pooled, and an average."""
    layers: list[nn.Module] = []
    for n_in, n_out, pool in ((channels, width, True), (width, 2 * width, True), (2 * width, 2 * width, False)):
        layers += [nn.Conv2d(n_in, n_out, 3, padding=1), nn.ReLU(), *([nn.MaxPool2d(2)] if pool else [])]
    return initialised(nn.Sequential(*layers, Averaged(2 * width)))


class Excited(nn.Module):
    """A residual block whose channels are scaled by what a small network makes of their averages."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, width, affine=False)
        self.convolutions = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 1))
        self.gates = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) → the same."""
        y = self.convolutions(self.norm(x))
        return x + y * self.gates(y.mean((-2, -1)))[..., None, None]


def squeeze_excite(width: int, channels: int, **_other: object) -> nn.Module:
    """A strided convolution, three residual blocks with squeeze-and-excitation, and an average."""
    blocks = [Excited(width) for _ in range(3)]
    stem = nn.Conv2d(channels, width, 3, stride=2, padding=1)
    return initialised(nn.Sequential(stem, *blocks, nn.ReLU(), Averaged(width)))


class Block(nn.Module):
    """Self-attention and a hidden layer, each on what is normalised, and added."""

    def __init__(self, d: int, heads: int, apart: Apart) -> None:
        super().__init__()
        self.heads, self.apart = heads, apart
        self.projections, self.mixed = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.hidden = nn.Sequential(nn.Linear(d, 2 * d), nn.ReLU(), nn.Linear(2 * d, d))

    def forward(self, x: Tensor) -> Tensor:
        """(b, patches, d) → the same."""
        normal = partial(nn.functional.layer_norm, normalized_shape=x.shape[-1:])
        q, k, v = self.projections(normal(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5  # (b, heads, patches, patches)
        if self.apart:
            cut = torch.zeros(scores.shape[-2:], dtype=torch.bool)
            cut[self.apart, self.apart[::-1]] = True
            scores = scores.masked_fill(cut.to(x.device), -torch.inf)
        x = x + self.mixed((scores.softmax(-1) @ v).transpose(1, 2).flatten(-2))
        return x + self.hidden(normal(x))


class Encoder(nn.Module):
    """A transformer encoder over patches, whose average or class token gives the class scores."""

    def __init__(
        self,
        width: int,
        channels: int,
        patch: int,
        *,
        patches: int,
        positions: bool,
        depth: int = 2,
        stem: bool = False,
        class_token: bool = False,
        apart: Apart = (),
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, 8, 3, padding=1) if stem else None
        self.embedding = nn.Sequential(Patches(patch), nn.Linear((8 if stem else channels) * patch**2, width))
        self.positions = nn.Parameter(0.02 * torch.randn(patches, width)) if positions else None
        self.token = nn.Parameter(0.02 * torch.randn(1, width)) if class_token else None
        self.blocks = nn.Sequential(*(Block(width, 2, apart) for _ in range(depth)))
        self.head = nn.Linear(width, 2)
        initialised(self, gain=1)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, h, w) → (b, 2)."""
        if self.stem is not None:
            x = self.stem(x).relu()
        x = self.embedding(x)  # (b, patches, width)
        if self.positions is not None:
            x = x + self.positions
        if self.token is not None:
            x = torch.cat([self.token.expand(len(x), 1, -1), x], dim=1)
        x = nn.functional.layer_norm(self.blocks(x), x.shape[-1:])
        return self.head(x.mean(1) if self.token is None else x[:, 0])


BUILDS: dict[str, Callable[..., nn.Module]] = {
    "pooled": pooled,
    "vgg": vgg,
    "squeeze_excite": squeeze_excite,
    "two_layers": Encoder,
    "one_layer": partial(Encoder, depth=1),
    "four_layers": partial(Encoder, depth=4),
    "class_token": partial(Encoder, class_token=True),
    "stem": partial(Encoder, stem=True),
}


def widest(name: str, shape: tuple[int, ...], budget: int, *, patch: int, **choices: Any) -> Callable[[], nn.Module]:
    """How to make the network whose width, an even number, is the largest within a number of parameters.

    `shape` is that of an image, (channels, height, width).
    """
    channels, height, across = shape
    patches = (height // patch) * (across // patch)

    def build(width: int) -> nn.Module:
        return BUILDS[name](width=width, channels=channels, patch=patch, patches=patches, **choices)

    def count(width: int) -> int:
        with torch.random.fork_rng(devices=[]):  # what is drawn here is thrown away
            return sum(weights.numel() for weights in build(width).parameters())

    widths = range(2, 257, 2)
    return partial(build, widths[bisect(widths, budget, key=count) - 1])
