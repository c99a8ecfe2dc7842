"""Strips of pixels in which nothing but a relation at a distance tells two classes apart.

Four columns of a strip, whose ends meet, are marked: two pairs, each of two columns a given distance apart. Each mark
is white or black. In class 1 the two of a pair match, in class 0 they do not. Either way two marks are white and two
are black, and columns of different pairs lie further apart than those of one. So any window that is too small for a
pair sees one mark or none, and sees the same windows, equally often, in every strip.
"""

from typing import NamedTuple

import numpy as np

HEIGHT, WIDTH = 2, 44
DISTANCES = (6, 8, 10)
MARK = 1
"""How many columns a mark takes."""
NOISE = 0.1


class Strips(NamedTuple):
    """Strips, and whether the marks of a pair match (1) or not (0)."""

    images: np.ndarray
    """(n, 1, 2, 44), float32"""
    labels: np.ndarray
    """(n,)"""


def strips(n: int, distance: int, rng: np.random.Generator, noise: float = NOISE) -> Strips:
    """Draw n strips whose pairs are `distance` columns apart: one begins in an even column, the other in an odd one."""
    labels = rng.permutation(np.arange(n) % 2)
    first = rng.choice([-1, 1], size=n)
    second = np.where(labels == 1, first, -first)
    start, other = 2 * rng.integers(WIDTH // 2, size=n), WIDTH // 2 + 1
    rows = np.zeros((n, WIDTH))
    for column, mark in ((0, first), (distance, second), (other, -first), (other + distance, -second)):
        rows[np.arange(n), (start + column) % WIDTH] = mark
    images = np.repeat(0.5 + 0.5 * rows[:, None, None], HEIGHT, axis=2)
    images += noise * rng.standard_normal(images.shape)
    return Strips(images.astype(np.float32), labels)


def windows(strip: np.ndarray, height: int, width: int) -> list[bytes]:
    """Every window of a strip (2, 44) whose ends meet, as a sorted list."""
    closed = np.concatenate([strip, strip[:, : width - 1]], axis=1)
    every = np.lib.stride_tricks.sliding_window_view(closed, (height, width))
    return sorted(window.tobytes() for row in every for window in row)
