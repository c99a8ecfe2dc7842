"""Image classifiers: a small convolutional network and a small vision transformer, one trained per seed."""

from functools import partial

import numpy as np
import torch
from torch import nn

from .checks import device_of, finite, parameters_like, rate, require, seeds_of, shape, whole
from .networks import Classifier, ConvolutionalEncoder, convolutional_sizes
from .training import (
    Parameters,
    answers,
    batches,
    load_parameters,
    minimise_cross_entropy,
    parameters_of,
    seeded,
)
from .transformer import TransformerEncoder, transformer_sizes


class TrainedClassifiers:
    """One trained network per seed; see the contract."""

    def __init__(self, networks: list[Classifier], image_shape: tuple[int, ...]) -> None:
        self._networks, self._image_shape = networks, image_shape

    def logits(self, images: np.ndarray, attend: np.ndarray | None = None) -> np.ndarray:
        """Class scores of each network's own images."""
        self._check_images(images)
        mask = self._mask(attend)
        return answers(self._networks, lambda network, x: network(x, mask), images)

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the last layer reads."""
        self._check_images(images)
        return answers(self._networks, lambda network, x: network.encoder(x), images)

    def attention_layers(self, images: np.ndarray, attend: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Weights, values and outputs of all blocks."""
        self._check_images(images)
        require(self._attends(), "architecture", "convolution", "attention, for attention_layers")
        mask = self._mask(attend)

        def inside(network: Classifier, x: torch.Tensor, part: int) -> torch.Tensor:
            network(x, mask)
            return torch.stack([block.attention.inside[part] for block in network.encoder.blocks], dim=1)

        names = ("weights", "values", "output")
        return {name: answers(self._networks, partial(inside, part=i), images) for i, name in enumerate(names)}

    def filters(self) -> np.ndarray:
        """The weights of the first convolution."""
        require(not self._attends(), "architecture", "attention", "convolution, for filters")
        return self.parameters()["encoder.first.weight"]

    def parameters(self) -> Parameters:
        """Everything in the networks."""
        return parameters_of(self._networks)

    def set_parameters(self, parameters: Parameters) -> None:
        """Replace it."""
        parameters_like(parameters, self.parameters(), "parameters")
        load_parameters(self._networks, parameters)

    def _attends(self) -> bool:
        return isinstance(self._networks[0].encoder, TransformerEncoder)

    def _check_images(self, images: np.ndarray) -> None:
        shape("images", images, len(self._networks), None, *self._image_shape)
        require(images.shape[1] > 0, "images", f"of shape {images.shape}", "at least one image")
        finite("images", images)

    def _mask(self, attend: np.ndarray | None) -> torch.Tensor | None:
        if attend is None:
            return None
        require(self._attends(), "attend", "an array", "None, as the architecture is convolution")
        patches = (self._image_shape[1] * self._image_shape[2]) // self._networks[0].encoder.patch ** 2
        shape("attend", attend, patches, patches)
        require(bool(attend.any(axis=1).all()), "attend", "an array with an empty row", "a True in every row")
        return torch.from_numpy(attend).to(next(self._networks[0].parameters()).device)


def train_classifiers(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    architecture: str,
    patch_size: int,
    positions: bool,
    classes: int,
    parameter_budget: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seeds: list[int],
    device: str,
) -> TrainedClassifiers:
    """Train one network per seed with Adam."""
    replicates, n, channels, height, width = images.shape
    require(architecture in ("convolution", "attention"), "architecture", architecture, "convolution or attention")
    for name, value, least in (("classes", classes, 2), ("steps", steps, 0), ("batch_size", batch_size, 1)):
        require(value >= least, name, value, f"{least} or more")
    require(images.size > 0, "images", f"of shape {images.shape}", "at least one image")
    finite("images", images)
    shape("labels", labels, replicates, n)
    whole("labels", labels, 0, classes)
    seeds_of(seeds, replicates)
    rate(learning_rate)
    if architecture == "attention":
        fits = patch_size >= 1 and height % patch_size == 0 and width % patch_size == 0
        require(fits, "patch_size", patch_size, f"one that divides both sides, {height} and {width}")
        patches = (height // patch_size) * (width // patch_size)
        sizes = transformer_sizes(channels, patch_size, patches, positions, classes, parameter_budget)
        features = sizes[0]
    else:
        sizes = convolutional_sizes(channels, height, width, classes, parameter_budget, 0.95)
        features = sizes[-1]
    place, networks = device_of(device), []
    for seed, own_images, own_labels in zip(seeds, images, labels, strict=True):
        generator = seeded(seed)
        if architecture == "attention":
            encoder: nn.Module = TransformerEncoder(channels, patch_size, patches, positions, *sizes)
        else:
            encoder = ConvolutionalEncoder(channels, height, width, *sizes)
        network = Classifier(encoder, features, classes).to(place)
        x = torch.as_tensor(own_images, dtype=torch.float32, device=place)
        y = torch.as_tensor(own_labels, dtype=torch.int64, device=place)
        minimise_cross_entropy(network, x, y, batches(n, batch_size, steps, generator), learning_rate)
        networks.append(network)
    return TrainedClassifiers(networks, (channels, height, width))
