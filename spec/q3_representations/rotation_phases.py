"""The two phases of training by rotation on a few digits, as the exact tests ask for them, and what they measure."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from spec.common.digits import digits
from spec.common.laws import which_are_read
from spec.common.replicates import seeds_of
from spec.contract import FineTunedNetworks, RotationNetworks
from spec.harness import Evidence, Implementation, device_of_run

from .rotation_stimuli import standardised


def some_digits(n: int = 64, start: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two replicates of n real digits each, standardised, (2, n, 1, 8, 8), and their classes, (2, n)."""
    pixels, labels = digits()
    images = standardised(pixels, pixels).astype(np.float32)[start : start + 2 * n]
    return images.reshape(2, n, 1, 8, 8), labels[start : start + 2 * n].reshape(2, n)


TRAINING = {"parameter_budget": 3000, "batch_size": 8, "learning_rate": 1e-2, "device": device_of_run()}
PRETRAINING = TRAINING | {"images": some_digits()[0], "shuffled": False, "steps": 20, "seeds": [1, 2]}
FINE_TUNING = TRAINING | dict(zip(("images", "labels"), some_digits(), strict=True))
FINE_TUNING |= {"encoder": None, "classes": 10, "steps": 20, "seeds": [3, 4], "checkpoints": [0, 20]}
FINE_TUNING |= {"test_images": some_digits(50, start=200)[0]}
BY_HEART = 12
"""Replicates that learn two pictures by heart."""


def pretrained(impl: Implementation, **changes: Any) -> RotationNetworks:
    """The first phase: two encoders, trained on digits without their labels."""
    return impl.rotation.pretrain(**PRETRAINING | {"seeds": seeds_of(1, 2)} | changes)


def fine_tuned(impl: Implementation, encoder: Mapping[str, np.ndarray] | None, **changes: Any) -> FineTunedNetworks:
    """The second phase, on the same digits with their labels; it ends after the last checkpoint that is asked for."""
    steps = changes.get("steps", FINE_TUNING["steps"])
    choices = {"encoder": encoder, "checkpoints": [0, steps][: steps + 1], "seeds": seeds_of(3, 4)}
    return impl.rotation.fine_tune(**FINE_TUNING | choices | changes)


def start(impl: Implementation) -> dict[str, np.ndarray]:
    """What fine-tuning starts from: encoders as a few steps of pre-training left them."""
    return pretrained(impl, steps=5).encoder()


def change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How far each replicate's numbers have moved, as a share of how large they were: (replicates,)."""
    axes = tuple(range(1, before.ndim))
    return np.sqrt(((after - before) ** 2).sum(axes) / (before**2).sum(axes))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean loss of class scores (r, n, classes) on labels (r, n): (r,)."""
    from scipy.special import log_softmax

    return -np.take_along_axis(log_softmax(logits, axis=-1), labels[..., None], axis=-1)[..., 0].mean(-1)


def distance_from_affine(features: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """How far scores (r, n, k) are from the nearest affine function of each replicate's features (r, n, f): (r,)."""
    ones = np.ones((*features.shape[:2], 1))
    inputs, outputs = np.concatenate([features, ones], axis=2, dtype=np.float64), scores.astype(np.float64)
    errors = [np.abs(x @ np.linalg.lstsq(x, y)[0] - y).max() for x, y in zip(inputs, outputs, strict=True)]
    return np.array(errors) / np.maximum(1, np.abs(outputs).max((1, 2)))


def bad_images(good: np.ndarray) -> dict[str, np.ndarray]:
    """Images (…, n, channels, side, side) that are none, by what is wrong with them."""
    with_nan, with_infinity = good.copy(), good.copy()
    with_nan[..., -1, -1], with_infinity.flat[-1] = np.nan, -np.inf
    return {
        "not_square": good[..., :-1],
        "not_finite": with_nan,
        "infinite": with_infinity,
        "none": good[..., :0, :, :, :],
    }


READ = 60
"""Digits of which it is counted how many a training has read."""


def reads_as_many(
    evidence: Evidence, train: Callable[[np.ndarray, list[int]], Any], steps: int, batch_size: int, at_least: int
) -> None:
    """Of 60 digits `train`, given images and seeds, reads as many as fit into the steps, and not far fewer.

    With another seed they are others. Drawn with replacement, eight steps of three (the first and the last may have a
    rate of 0) read fewer than 13 of 60 with probability 4e-6, and two seeds read the same three with 3e-5 squared.
    """
    images, _ = some_digits(READ)

    def read_with(seed: int) -> np.ndarray:
        return which_are_read(lambda copies: train(copies, seeds_of(seed) * len(copies)), images[0], images[1])

    one, other = read_with(7), read_with(8)
    read = int(one.sum())
    evidence.true(read <= steps * batch_size, "no more digits are read than fit", read=read, most=steps * batch_size)
    evidence.true(read >= at_least, "about as many digits are read as fit", read=read, least=at_least)
    evidence.true(bool((one != other).any()), "other digits are read with another seed")


BAD_TRAINING: dict[str, dict[str, Any]] = {
    f"images_{what}": {"images": bad} for what, bad in bad_images(some_digits()[0]).items()
}
BAD_TRAINING |= {f"learning_rate_{rate}": {"learning_rate": rate} for rate in (0.0, -1e-2, np.inf, np.nan)}
BAD_TRAINING |= {"steps": {"steps": -1}, "batch_size": {"batch_size": 0}, "parameter_budget": {"parameter_budget": 0}}
