"""Small image classifiers, trained from scratch within a budget of parameters, steps and images.

The two networks, with their sources, are in `networks.py`, how wide they are in `budget.py`, and how they are trained
in `training.py`. Here they are offered as arrays: images (r, n, c, h, w) and labels (r, n), one replicate per seed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from .budget import widest_attention, widest_convolutional
from .networks import AttentionNetwork, ImageShape, Network, Parameters
from .training import initialise, train

LEARNING_RATE = {"convolution": 4e-3, "attention": 3e-3}
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
    seeds: list[int],
    device: str,
) -> "TrainedClassifiers":
    """Train one classifier per seed, each on its own images (pixels about 0 … 1) and labels (0 … classes − 1).

    "convolution" ignores `patch_size` and `positions`; "attention" is an encoder over patches of `patch_size` pixels
    that knows where a patch lies only if `positions` is true. The hidden layers are as wide as `parameter_budget`
    allows. `steps = 0` returns the networks as initialised.
    """
    require("architecture", architecture in LEARNING_RATE, repr(architecture), "'convolution' or 'attention'")
    require("steps", steps >= 0, steps, "0 or more")
    require("batch_size", batch_size >= 1, batch_size, "1 or more")
    check_data(images, labels, classes, seeds)
    image_shape: ImageShape = images.shape[2:]
    _, height, width = image_shape
    if architecture == "convolution":
        require("images", min(height, width) >= 4, f"{height} × {width} pixels", "4 × 4 or more, to be pooled twice")
        network = widest_convolutional(image_shape, classes, parameter_budget)
    else:
        fits = patch_size >= 1 and height % patch_size == 0 and width % patch_size == 0
        require("patch_size", fits, patch_size, f"a divisor of the height {height} and the width {width}")
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
            learning_rate=LEARNING_RATE[architecture],
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
        shape = (network.patches, network.patches)
        fits = attend.shape == shape and attend.dtype == bool and attend.any(axis=1).all()
        require("attend", fits, attend, f"bool, of shape {shape}, with a True in each row")
        mask = torch.as_tensor(attend).to(self._device)
        return self._evaluate(images, lambda x: [network.logits(self._parameters, x, mask)])[0]

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the last, linear layer reads, (r, n, features)."""
        return self._evaluate(images, lambda x: [self._network.features(self._parameters, x)])[0]

    def attention_layers(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Weights, values and output of each attention layer, (r, n, layers, heads, patches, …)."""
        network = self._attention("attention_layers")

        def read(x: Tensor) -> list[Tensor]:
            layers = network.encode(self._parameters, x)[1]
            return [torch.stack(parts, dim=2) for parts in zip(*layers, strict=True)]  # (r, b, layers, heads, …)

        return dict(zip(("weights", "values", "output"), self._evaluate(images, read), strict=True))

    def parameters(self) -> dict[str, np.ndarray]:
        """Every trained number, by name, (r, …)."""
        return {name: value.cpu().numpy().copy() for name, value in self._parameters.items()}

    def set_parameters(self, parameters: dict[str, np.ndarray]) -> None:
        """Replace the trained numbers; the same names and shapes as `parameters` returns."""
        require("parameters", parameters.keys() == self._parameters.keys(), list(parameters), list(self._parameters))
        for name, value in self._parameters.items():
            shape = parameters[name].shape
            require(f"parameters[{name!r}]", shape == value.shape, f"shape {shape}", f"shape {tuple(value.shape)}")
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

    @torch.inference_mode()
    def _evaluate(self, images: np.ndarray, read: Callable[[Tensor], list[Tensor]]) -> list[np.ndarray]:
        """What `read` returns for (r, b, c, h, w) images, some images at a time."""
        replicates = len(next(iter(self._parameters.values())))
        fits = images.ndim == 5 and len(images) == replicates and images.shape[2:] == self._image_shape
        require(
            "images", fits, f"shape {images.shape}", f"(replicates, n, …) = {(replicates, 'n', *self._image_shape)}"
        )
        size = max(1, EVALUATION_ROWS // replicates)
        with deterministic():
            parts = [
                [part.cpu() for part in read(torch.as_tensor(images[:, i : i + size]).to(self._device).float())]
                for i in range(0, max(1, images.shape[1]), size)
            ]
        return [torch.cat(part, dim=1).numpy() for part in zip(*parts, strict=True)]


def check_data(images: np.ndarray, labels: np.ndarray, classes: int, seeds: list[int]) -> None:
    """One clear error for images, labels or seeds that do not fit together."""
    require("seeds", len(seeds) >= 1, seeds, "one per replicate")
    require("classes", classes >= 2, classes, "2 or more")
    floating = np.issubdtype(images.dtype, np.floating)
    require("images", floating, f"dtype {images.dtype}", "floating-point pixels, about 0 … 1")
    fits = images.ndim == 5 and len(images) == len(seeds) and images.size > 0
    expected = f"shape (replicates, n, channels, height, width), {len(seeds)} replicates for as many seeds"
    require("images", fits, f"shape {images.shape}", expected)
    require("images", bool(np.isfinite(images.sum(dtype=np.float64))), "not finite everywhere", "finite pixels")
    require("labels", np.issubdtype(labels.dtype, np.integer), f"dtype {labels.dtype}", "integers")
    require("labels", labels.shape == images.shape[:2], f"shape {labels.shape}", f"shape {images.shape[:2]}")
    in_range = labels.min() >= 0 and labels.max() < classes
    require("labels", in_range, f"{labels.min()} … {labels.max()}", f"0 … {classes - 1}")


def require(argument: str, satisfied: bool | np.bool_, value: object, expected: object) -> None:
    """Refuse an argument, naming it, its value and what was expected."""
    if not satisfied:
        raise ValueError(f"{argument} is {value}; expected {expected}")


def available(device: str) -> torch.device:
    """The device of this name, if this machine has it."""
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device is {device!r}; expected one that torch can use here, such as 'cpu'") from error


@contextmanager
def deterministic() -> Iterator[None]:
    """On CUDA, the same algorithm every time, in full float32; nothing to do on a CPU."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield
