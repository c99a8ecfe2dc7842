"""The digits that networks learn from, are evaluated on and are tested on: scikit-learn's, in random splits."""

from typing import NamedTuple

import numpy as np

from spec.common.digits import digits

TRAINING, EVALUATION = 600, 500
"""How many digits are learned from and how many evaluated on; the other 697 are to test on."""


class DigitSet(NamedTuple):
    """Some of the digits."""

    rows: np.ndarray  # (n,), which of all they are
    pixels: np.ndarray  # (n, 64), standardised
    labels: np.ndarray  # (n,), from 0 to 9


class Split(NamedTuple):
    """Digits for three purposes; no digit serves two."""

    training: DigitSet
    evaluation: DigitSet
    test: DigitSet


def all_digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (1797, 64), float32, 0 on average and 1 in size, and labels (1797,)."""
    pixels, labels = digits()
    return ((pixels.reshape(len(pixels), -1) - pixels.mean()) / pixels.std()).astype(np.float32), labels


def draw_split(rng: np.random.Generator) -> Split:
    """Deal all digits out at random."""
    pixels, labels = all_digits()
    parts = np.split(rng.permutation(len(labels)), [TRAINING, TRAINING + EVALUATION])
    return Split(*(DigitSet(rows, pixels[rows], labels[rows]) for rows in parts))


def averaged(some: DigitSet, size: int) -> DigitSet:
    """Digits of 8 × 8 pixels at a lower resolution, means over blocks, standardised: pixels (n, 64) → (n, size²)."""
    pixels, _ = all_digits()
    block = 8 // size
    means = pixels.reshape(-1, size, block, size, block).mean(axis=(2, 4)).reshape(len(pixels), -1)
    return some._replace(pixels=(means / means.std())[some.rows])
