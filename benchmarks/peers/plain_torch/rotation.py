"""Pre-training by predicting rotations, then fine-tuning (Gidaris, Singh & Komodakis, 2018)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import torch

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


class Networks:
    """Trained networks, one per seed, with what was recorded while they learned; see the contract."""

    def __init__(self, networks: Sequence[Classifier], curve: np.ndarray | None = None) -> None:
        self._networks, self._curve = networks, curve

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Class scores of each network's own images."""
        return answers(self._networks, Classifier.forward, images)

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the head reads."""
        return answers(self._networks, lambda network, x: network.encoder(x), images)

    def encoder(self) -> Parameters:
        """Everything in the encoders."""
        return parameters_of([network.encoder for network in self._networks])

    def learning_curve(self) -> np.ndarray:
        """Class scores of the test images at each checkpoint."""
        require(self._curve is not None, "learning_curve", "None", "a network that was fine-tuned")
        return np.array(self._curve)


def rotate(images: np.ndarray, quarter_turns: np.ndarray) -> np.ndarray:
    """Turn each image counter-clockwise by its own number of quarter turns."""
    _check_images("images", images)
    shape("quarter_turns", quarter_turns, len(images))
    whole("quarter_turns", quarter_turns, 0, 4)
    return np.stack([np.rot90(image, k, axes=(1, 2)) for image, k in zip(images, quarter_turns, strict=True)])


def rotation_task(images: np.ndarray) -> dict[str, np.ndarray]:
    """All four orientations of each image, (n, 4, channels, side, side), and their labels, (n, 4)."""
    copies = [rotate(images, np.full(len(images), k)) for k in range(4)]
    return {"images": np.stack(copies, axis=1), "labels": np.tile(np.arange(4), (len(images), 1))}


def pretrain(
    images: np.ndarray,
    *,
    shuffled: bool,
    parameter_budget: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seeds: list[int],
    device: str,
) -> Networks:
    """Train one network per seed to tell the orientation."""
    _check_training(images, parameter_budget, steps, batch_size, learning_rate, seeds)
    place, networks = device_of(device), []
    for seed, own in zip(seeds, images, strict=True):
        generator = seeded(seed)
        network = _network(own.shape[1], own.shape[2], 4, parameter_budget).to(place)
        task = rotation_task(own)
        labels = torch.as_tensor(task["labels"], device=place)
        if shuffled:
            labels = torch.randint(4, labels.shape, generator=generator).to(place)
        x = torch.as_tensor(task["images"], dtype=torch.float32, device=place)
        minimise_cross_entropy(network, x, labels, batches(len(own), batch_size, steps, generator), learning_rate)
        networks.append(network)
    return Networks(networks)


def fine_tune(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    encoder: Parameters | None,
    classes: int,
    parameter_budget: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    test_images: np.ndarray,
    checkpoints: list[int],
    seeds: list[int],
    device: str,
) -> Networks:
    """Train encoder and head on labelled images, from pre-trained or random weights."""
    _check_training(images, parameter_budget, steps, batch_size, learning_rate, seeds)
    _check_images("test_images", test_images)
    shape("test_images", test_images, len(seeds), None, *images.shape[2:])
    require(classes >= 2, "classes", classes, "2 or more")
    shape("labels", labels, *images.shape[:2])
    whole("labels", labels, 0, classes)
    ascend = all(a < b for a, b in pairwise(checkpoints))
    inside = all(0 <= step <= steps for step in checkpoints)
    expected = f"one or more ascending numbers from 0 to {steps}"
    require(len(checkpoints) > 0 and ascend and inside, "checkpoints", checkpoints, expected)

    for name, array in (encoder or {}).items():
        require(
            len(array) == len(seeds), f"encoder[{name!r}]", f"of {len(array)} replicates", f"{len(seeds)}, as seeds"
        )
    place, networks, curves = device_of(device), [], []
    for i, seed in enumerate(seeds):
        generator = seeded(seed)
        network = _network(images.shape[2], images.shape[3], classes, parameter_budget).to(place)
        if encoder is not None:
            start = {name: array[i : i + 1] for name, array in encoder.items()}
            parameters_like(start, parameters_of([network.encoder]), "encoder")
            load_parameters([network.encoder], start)
        x = torch.as_tensor(images[i], dtype=torch.float32, device=place)
        y = torch.as_tensor(labels[i], dtype=torch.int64, device=place)
        order = batches(images.shape[1], batch_size, steps, generator)
        curves.append(_learning_curve(network, x, y, order, learning_rate, test_images[i], checkpoints))
        networks.append(network)
    return Networks(networks, np.stack(curves))


def _network(channels: int, side: int, classes: int, budget: int) -> Classifier:
    first, second, features = convolutional_sizes(channels, side, side, 0, budget, 0.9)
    return Classifier(ConvolutionalEncoder(channels, side, side, first, second, features), features, classes)


def _learning_curve(
    network: Classifier,
    images: torch.Tensor,
    labels: torch.Tensor,
    order: Iterator[torch.Tensor],
    learning_rate: float,
    test_images: np.ndarray,
    checkpoints: list[int],
) -> np.ndarray:
    """Train, and return the class scores of the test images after each number of steps in `checkpoints`."""
    curve = []

    def record(step: int) -> None:
        if step in checkpoints:
            curve.append(answers([network], Classifier.forward, [test_images])[0])

    record(0)
    minimise_cross_entropy(network, images, labels, order, learning_rate, record)
    return np.stack(curve)


def _check_images(name: str, images: np.ndarray) -> None:
    require(images.size > 0, name, f"of shape {images.shape}", "at least one image")
    require(images.shape[-1] == images.shape[-2], name, f"of shape {images.shape}", "square images")
    finite(name, images)


def _check_training(
    images: np.ndarray, budget: int, steps: int, batch_size: int, learning_rate: float, seeds: list[int]
) -> None:
    _check_images("images", images)
    seeds_of(seeds, len(images))
    for name, value, least in (("steps", steps, 0), ("batch_size", batch_size, 1), ("parameter_budget", budget, 1)):
        require(value >= least, name, value, f"{least} or more")
    rate(learning_rate)
