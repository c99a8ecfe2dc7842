"""MONAI's image classifiers: its strided convolutional `Classifier`, and its vision transformer `ViT`.

Each is an encoder of MONAI's with a linear head, as wide as the budget allows, and trained by torch's own AdamW under
its one-cycle schedule, one replicate after another. MONAI does not say which patches may attend to which, nor returns
the values that it mixes: `attend` and `attention_layers` are left out.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
import torch
from monai.networks.nets.classifier import Classifier
from monai.networks.nets.vit import ViT
from torch import nn

HEADS = 4
WARMUP = 0.1  # of the steps


def train_classifiers(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    architecture: Literal["convolution", "attention"],
    patch_size: int,
    positions: bool,
    classes: int,
    parameter_budget: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seeds: list[int],
    device: str,
) -> "TrainedClassifiers":
    """One network per seed, images (r, n, c, h, w) and labels (r, n)."""
    shape = images.shape[2:]
    if architecture == "convolution":
        families = [partial(convolutional, shape, classes, channels) for channels in range(12, 21)]
    else:
        families = [partial(transformer, shape, classes, patch_size, positions, hidden_size(parameter_budget))]
    network = largest(families, parameter_budget)
    networks = []
    for replicate_images, replicate_labels, seed in zip(images, labels, seeds, strict=True):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            networks.append(network().to(device))
            train(
                networks[-1],
                torch.from_numpy(replicate_images).float().to(device),
                torch.from_numpy(replicate_labels).long().to(device),
                steps=steps,
                batch_size=batch_size,
                learning_rate=learning_rate,
            )
    return TrainedClassifiers(networks, device)


def convolutional(shape: tuple[int, ...], classes: int, channels: int, hidden: int) -> nn.Sequential:
    """Two convolutions with stride 2, a hidden layer, and the class scores."""
    encoder = Classifier(shape, hidden, channels=(8, channels), strides=(2, 2), num_res_units=0, last_act="relu")
    return nn.Sequential(encoder, nn.Linear(hidden, classes))


def transformer(
    shape: tuple[int, ...], classes: int, patch_size: int, positions: bool, d: int, hidden: int
) -> nn.Sequential:
    """Two transformer blocks over patches, whose average the class scores are of."""
    vit = ViT(
        in_channels=shape[0],
        img_size=shape[1:],
        patch_size=patch_size,
        hidden_size=d,
        mlp_dim=hidden,
        num_layers=2,
        num_heads=HEADS,
        pos_embed_type="learnable" if positions else "none",
        spatial_dims=2,
    )
    return nn.Sequential(Averaged(vit), nn.Linear(d, classes))


def hidden_size(budget: int) -> int:
    """How many numbers stand for a patch: two blocks with an MLP twice as wide would have 16 d² weights."""
    return HEADS * int((budget / 16) ** 0.5 / HEADS)


class Averaged(nn.Module):
    """The mean over what a `ViT` makes of the patches."""

    def __init__(self, vit: ViT) -> None:
        super().__init__()
        self.vit = vit

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (b, d) for images (b, c, h, w)."""
        return self.vit(images)[0].mean(1)


def largest(families: Sequence[Callable[[int], nn.Sequential]], budget: int) -> Callable[[], nn.Sequential]:
    """Of networks whose hidden layer is as wide as the budget allows, the one with the most parameters."""

    def size(network: nn.Module) -> int:
        return sum(parameter.numel() for parameter in network.parameters())

    sized: list[tuple[int, Callable[[], nn.Sequential]]] = []
    # On the meta device a network has shapes and no numbers, which is all that its size depends on.
    with torch.device("meta"):
        for family in families:
            one, two = size(family(1)), size(family(2))
            units = (budget - one) // (two - one)
            sized.append((one + units * (two - one), partial(family, 1 + units)))
    return max(sized, key=lambda pair: pair[0])[1]


def train(
    network: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
) -> None:
    """`AdamW` under `OneCycleLR`, on batches of all images in a random order, then in another."""
    if steps == 0:
        return
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=WARMUP)
    order = torch.cat([torch.randperm(len(images)) for _ in range(-(-steps * batch_size // len(images)))])
    for batch in order[: steps * batch_size].split(batch_size):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
        optimiser.step()
        schedule.step()


class TrainedClassifiers:
    """Trained networks, one per seed; see the contract."""

    def __init__(self, networks: list[nn.Sequential], device: str) -> None:
        self._networks, self._device = networks, device

    def logits(self, images: np.ndarray, attend: np.ndarray | None = None) -> np.ndarray:
        """(r, n, classes)."""
        if attend is not None:
            raise NotImplementedError("MONAI's self-attention masks keys for all queries alike")
        return self._evaluate(images, self._networks)

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the head reads, (r, n, features)."""
        return self._evaluate(images, [network[0] for network in self._networks])

    def filters(self) -> np.ndarray:
        """The first convolution's, (r, 8, c, 3, 3)."""
        weights = [network[0].get_parameter("net.layer_0.conv.weight") for network in self._networks]
        return np.stack([weight.detach().cpu().numpy() for weight in weights])

    def parameters(self) -> dict[str, np.ndarray]:
        """Every trained number, by MONAI's names, (r, …)."""
        networks = [dict(network.named_parameters()) for network in self._networks]
        return {name: np.stack([values[name].detach().cpu().numpy() for values in networks]) for name in networks[0]}

    def set_parameters(self, parameters: dict[str, np.ndarray]) -> None:
        """Replace them."""
        for i, network in enumerate(self._networks):
            network.load_state_dict({name: torch.from_numpy(value[i]) for name, value in parameters.items()})

    @torch.inference_mode()
    def _evaluate(self, images: np.ndarray, networks: Sequence[nn.Module]) -> np.ndarray:
        pixels = torch.from_numpy(images).float().to(self._device)
        return np.stack([network(x).cpu().numpy() for network, x in zip(networks, pixels, strict=True)])
