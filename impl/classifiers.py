"""Small image classifiers, trained from scratch within a budget of parameters, steps and images.

The two networks, with their sources, are in `networks.py`, how wide they are in `budget.py`, and how they are trained
in `training.py`. Here they are offered as arrays: images (r, n, c, h, w) and labels (r, n), one replicate per seed.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from . import checks
from .budget import widest_attention, widest_convolutional
from .networks import AttentionLayer, AttentionNetwork, ConvolutionalNetwork, ImageShape, Network, Parameters
from .training import available, deterministic, initialise, train

ARCHITECTURES = ("convolution", "attention")
EVALUATION_ROWS = 1024  # images at a time, over all replicates: bounds the memory


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
    """Train one classifier per seed, each on its own images and labels (0 … classes − 1).

    "convolution" ignores `patch_size` and `positions`; "attention" is an encoder over patches of `patch_size` pixels
    that knows where a patch lies only if `positions` is true. The hidden layers are as wide as `parameter_budget`
    allows. `steps = 0` returns the networks as initialised.
    """
    checks.require("architecture", architecture in ARCHITECTURES, repr(architecture), "'convolution' or 'attention'")
    for name, value, least in (
        ("classes", classes, 2),
        ("parameter_budget", parameter_budget, 1),
        ("steps", steps, 0),
        ("batch_size", batch_size, 1),
    ):
        checks.whole(name, value, least)
    checks.rate(learning_rate)
    checks.seeds(seeds)
    checks.images("images", images, len(seeds))
    checks.classes("labels", labels, images.shape[:2], classes)
    image_shape: ImageShape = images.shape[2:]
    _, height, width = image_shape
    if architecture == "convolution":
        pooled_twice = f"{height} × {width} pixels"
        checks.require("images", min(height, width) >= 4, pooled_twice, "4 × 4 or more, to be pooled twice")
        network = widest_convolutional(image_shape, classes, parameter_budget)
    else:
        checks.whole("patch_size", patch_size, 1)
        fits = height % patch_size == 0 and width % patch_size == 0
        checks.require("patch_size", fits, patch_size, f"a divisor of the height {height} and the width {width}")
        checks.require("positions", isinstance(positions, bool), repr(positions), "True or False")
        network = widest_attention(image_shape, classes, patch_size, positions, parameter_budget)
    where = available(device)

    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    parameters = initialise(network.initial, generators, where)
    with deterministic():
        train(
            network,
            parameters,
            images,
            labels,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            generators=generators,
        )
    return TrainedClassifiers(network, parameters, image_shape)


class TrainedClassifiers:
    """Trained classifiers, one per seed; see the contract. Images are (r, n, c, h, w), each replicate's own."""

    def __init__(self, network: Network, parameters: Parameters, image_shape: ImageShape) -> None:
        self._network, self._parameters, self._image_shape = network, parameters, image_shape

    def logits(self, images: np.ndarray, attend: np.ndarray | None = None) -> np.ndarray:
        """Class scores (r, n, classes); patch i gives patch j no attention where attend[i, j] is False."""
        if attend is None:
            return self._evaluate(images, lambda x: [self._network.logits(self._parameters, x)])[0]
        network = self._attention("attend")
        mask = self._mask(network, attend)
        return self._evaluate(images, lambda x: [network.logits(self._parameters, x, mask)])[0]

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the last, linear layer reads, (r, n, features)."""
        return self._evaluate(images, lambda x: [self._network.features(self._parameters, x)])[0]

    def attention_layers(self, images: np.ndarray, attend: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Weights, values and output of each attention layer, (r, n, layers, heads, patches, …)."""
        network = self._attention("attention_layers")
        mask = None if attend is None else self._mask(network, attend)

        def read(x: Tensor) -> list[Tensor]:
            layers: list[AttentionLayer] = []
            network.encode(self._parameters, x, mask, layers)
            return [torch.stack(parts, dim=2) for parts in zip(*layers, strict=True)]  # (r, b, layers, heads, …)

        return dict(zip(("weights", "values", "output"), self._evaluate(images, read), strict=True))

    def filters(self) -> np.ndarray:
        """The filters of the first convolution, (r, out, c, 3, 3)."""
        if not isinstance(self._network, ConvolutionalNetwork):
            raise ValueError("filters is asked of an attention network; expected a convolutional one")
        return self._parameters["convolution0.weight"].cpu().numpy().copy()

    def parameters(self) -> dict[str, np.ndarray]:
        """Every number that the answers depend on, by name, (r, …)."""
        return {name: value.cpu().numpy().copy() for name, value in self._parameters.items()}

    def set_parameters(self, parameters: dict[str, np.ndarray]) -> None:
        """Replace the trained numbers; the same names and shapes as `parameters` returns."""
        checks.parameters("parameters", parameters, self._parameters)
        self._parameters = {
            name: torch.tensor(parameters[name], dtype=torch.float32, device=self._device) for name in self._parameters
        }

    @property
    def _device(self) -> torch.device:
        return next(iter(self._parameters.values())).device

    def _attention(self, argument: str) -> AttentionNetwork:
        if not isinstance(self._network, AttentionNetwork):
            raise ValueError(f"{argument} is asked of a convolutional network; expected one of attention")
        return self._network

    def _mask(self, network: AttentionNetwork, attend: np.ndarray) -> Tensor:
        shape = (network.patches, network.patches)
        fits = attend.shape == shape and attend.dtype == bool and attend.any(axis=1).all()
        checks.require("attend", fits, attend, f"bool, of shape {shape}, with a True in each row")
        return torch.as_tensor(attend).to(self._device)

    @torch.inference_mode()
    def _evaluate(self, images: np.ndarray, read: Callable[[Tensor], list[Tensor]]) -> list[np.ndarray]:
        """What `read` returns for (r, b, c, h, w) images, some images at a time."""
        replicates = len(next(iter(self._parameters.values())))
        checks.images("images", images, replicates)
        fits = images.shape[2:] == self._image_shape
        checks.require("images", fits, f"shape {images.shape}", f"(replicates, n, *{self._image_shape})")
        size = max(1, EVALUATION_ROWS // replicates)
        with deterministic():
            parts = [
                [part.cpu() for part in read(torch.as_tensor(images[:, i : i + size]).to(self._device).float())]
                for i in range(0, max(1, images.shape[1]), size)
            ]
        return [torch.cat(part, dim=1).numpy() for part in zip(*parts, strict=True)]
