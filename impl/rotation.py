"""Pre-training by predicting rotations, then fine-tuning on labels.

Source: Gidaris, Singh & Komodakis, *Unsupervised Representation Learning by Predicting Image Rotations*, 2018: a
network is shown one image, turned by k ∈ {0, 1, 2, 3} quarter turns, and learns to tell k (equations 2 and 3: the
cross-entropy, averaged over the four orientations). The encoder is in `encoders.py`, the optimiser in `training.py`.
Shapes: images (r, n, c, side, side), one replicate per seed, standardised where they are learned from.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from . import checks
from .budget import widest
from .encoders import Encoder, FineTunedNetworks, RotationNetworks, evaluate, starting_from
from .training import available, batches, descent, deterministic, initialise

TURNS = 4


def rotate(images: np.ndarray, quarter_turns: np.ndarray) -> np.ndarray:
    """Turn each image (n, c, side, side) counter-clockwise by its number of quarter turns, 0 … 3."""
    turned = _turned(images)
    checks.classes("quarter_turns", quarter_turns, images.shape[:1], TURNS)
    return turned[np.arange(len(images)), quarter_turns]


def rotation_task(images: np.ndarray) -> dict[str, np.ndarray]:
    """Each image in all four orientations, images (n, 4, c, side, side), and its quarter turns, labels (n, 4)."""
    return {"images": _turned(images), "labels": np.tile(np.arange(TURNS), (len(images), 1))}


def _turned(images: np.ndarray) -> np.ndarray:
    """`orientations` of images, once they are known to be square and finite."""
    checks.floats("images", images, "n c side side")
    square = images.shape[2] == images.shape[3] and images.size > 0
    checks.require("images", square, f"shape {images.shape}", "square images, at least one")
    return orientations(torch.from_numpy(images.copy())).numpy()


def orientations(images: Tensor) -> Tensor:
    """Images (n, c, side, side) after 0, 1, 2 and 3 quarter turns, (n, 4, c, side, side)."""
    return torch.stack([torch.rot90(images, turns, (-2, -1)) for turns in range(TURNS)], dim=1)


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
) -> RotationNetworks:
    """Train encoder and head to tell by how many quarter turns an image was turned; no labels but these are used.

    Each step takes `batch_size` images, in all four orientations. If `shuffled`, each copy's label is drawn at random,
    once. `steps = 0` returns the networks as initialised.
    """
    checks.require("shuffled", isinstance(shuffled, bool), repr(shuffled), "True or False")
    encoder = _checked(images, parameter_budget, steps, batch_size, learning_rate, seeds)
    where = available(device)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    parameters = initialise(encoder.with_head(TURNS), generators, where)
    n = images.shape[1]
    # Drawn in any case, so that the same images come in the same order with them and without.
    random = torch.stack([torch.randint(TURNS, (n, TURNS), generator=g) for g in generators])  # (r, n, 4)
    labels = (random if shuffled else torch.arange(TURNS).expand(len(seeds), n, TURNS)).to(where)
    pixels = torch.as_tensor(images).to(where)
    order = batches(n, batch_size, steps, generators)

    def loss() -> Tensor:
        shown, turns = _at(next(order).to(where), pixels, labels)  # (r, b, c, side, side), (r, b, 4)
        copies = orientations(shown.float().flatten(0, 1)).unflatten(0, shown.shape[:2])  # (r, b, 4, c, side, side)
        return _cross_entropy(encoder.logits(parameters, copies.flatten(1, 2)), turns.flatten(1))

    with deterministic():
        for _ in descent(parameters, loss, steps, learning_rate):
            pass
    return RotationNetworks(encoder, parameters, images.shape[2:])


def fine_tune(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    encoder: dict[str, np.ndarray] | None,
    classes: int,
    parameter_budget: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    test_images: np.ndarray,
    checkpoints: list[int],
    seeds: list[int],
    device: str,
) -> FineTunedNetworks:
    """Train encoder and a fresh head on labels (r, n), from the weights `encoder` or, where None, from random ones.

    `test_images` (r, m, c, side, side) are classified after each number of steps in `checkpoints`.
    """
    network = _checked(images, parameter_budget, steps, batch_size, learning_rate, seeds)
    checks.whole("classes", classes, 2)
    checks.classes("labels", labels, images.shape[:2], classes)
    checks.images("test_images", test_images, len(seeds))
    alike = test_images.shape[2:] == images.shape[2:]
    checks.require("test_images", alike, f"shape {test_images.shape}", f"images of shape {images.shape[2:]}")
    if not isinstance(checkpoints, list):
        raise TypeError(f"checkpoints is {checkpoints!r:.80}; expected a list of whole numbers")
    for position, checkpoint in enumerate(checkpoints):
        checks.whole(f"checkpoints[{position}]", checkpoint, 0)
    fit = checkpoints == sorted(set(checkpoints)) and len(checkpoints) > 0 and checkpoints[-1] <= steps
    checks.require("checkpoints", fit, checkpoints, f"one or more ascending numbers of steps, at most {steps}")
    where = available(device)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    # All are drawn in any case, so that the head and all that follows is the same whatever the encoder starts from.
    parameters = initialise(network.with_head(classes), generators, where)
    if encoder is not None:
        parameters |= starting_from(encoder, network, parameters)
    pixels, targets = torch.as_tensor(images).to(where), torch.as_tensor(labels).to(where, torch.long)
    order = batches(images.shape[1], batch_size, steps, generators)

    def loss() -> Tensor:
        shown, classes_shown = _at(next(order).to(where), pixels, targets)
        return _cross_entropy(network.logits(parameters, shown.float()), classes_shown)

    with deterministic():
        curve = [
            evaluate(network.logits, parameters, test_images)
            for step in descent(parameters, loss, steps, learning_rate)
            if step in checkpoints
        ]
    return FineTunedNetworks(network, parameters, images.shape[2:], np.stack(curve, axis=1))


def _checked(
    images: np.ndarray, parameter_budget: int, steps: int, batch_size: int, learning_rate: float, seeds: list[int]
) -> Encoder:
    """The encoder that training within this budget trains, once the arguments are known to make sense."""
    for name, value, least in (
        ("parameter_budget", parameter_budget, 1),
        ("steps", steps, 0),
        ("batch_size", batch_size, 1),
    ):
        checks.whole(name, value, least)
    checks.rate(learning_rate)
    checks.seeds(seeds)
    checks.images("images", images, len(seeds))
    *_, channels, height, width = images.shape
    expected = "square images, 4 × 4 or more, to be turned and pooled twice"
    checks.require("images", height == width >= 4, f"{height} × {width} pixels", expected)
    return widest(lambda filters: Encoder(channels, filters), parameter_budget, share=0.9)


def _at(index: Tensor, *arrays: Tensor) -> list[Tensor]:
    """Each replicate's own entries of arrays (r, n, …) at index (r, b): (r, b, …)."""
    replicate = torch.arange(len(index), device=index.device).unsqueeze(1)
    return [array[replicate, index] for array in arrays]


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean over each replicate's rows, summed over replicates: each has the gradient it would have alone."""
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum") / labels.shape[1]
