"""What the networks learn from: a ring whose truth is known, and real digits."""

from functools import cache
from typing import NamedTuple

import numpy as np

from spec.common.digits import digits

MODES = 8
RADIUS = 2.0
DEVIATION = 0.1
CENTRES = RADIUS * np.stack([f(2 * np.pi * np.arange(MODES) / MODES) for f in (np.cos, np.sin)], axis=-1)
"""(8, 2)"""


def ring(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n points: one of eight modes on a circle, equally likely, and normal noise around it, (n, 2)."""
    points = CENTRES[rng.integers(MODES, size=n)] + DEVIATION * rng.standard_normal((n, 2))
    return points.astype(np.float32)


class DigitSplit(NamedTuple):
    """The 1797 digits as vectors of 64 pixels from −1 to 1, dealt out once and for all."""

    known: np.ndarray
    """(500, 64), with their classes: what the judge learns from"""
    known_classes: np.ndarray
    reference: np.ndarray
    """(400, 64), with their classes: what the judge is tested on and compares samples with"""
    reference_classes: np.ndarray
    others: np.ndarray
    """(897, 64): what GANs learn from, and what their losses are evaluated on"""


@cache
def split_digits() -> DigitSplit:
    """Deal them out, the same way every time."""
    images, classes = digits()
    order = np.random.default_rng(0).permutation(len(images))
    images, classes = (images.reshape(-1, 64)[order] / 8 - 1).astype(np.float32), classes[order]
    return DigitSplit(images[:500], classes[:500], images[500:900], classes[500:900], images[900:])


def shuffled_digits() -> np.ndarray:
    """The digits that the judge does not know, the pixels of each in an order of its own: ink without a shape."""
    return np.random.default_rng(0).permuted(split_digits().others, axis=1)
