"""Drawn cats and dogs: told apart by their ears, by the colour of their fur, or by both; and their edge pictures.

Fur and background each have a grey of their own, either the darker one, so that an outline says nothing about which
side is brighter. Ginger and blue fur have the same grey: the mean over red, green and blue knows nothing of colour.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SIDE = 18
GINGER = np.array([0.3, 0.0, -0.3])
"""What full ginger adds to the grey of fur; blue takes it away."""
GREEN = np.array([-0.1, 0.2, -0.1])
"""What full green adds to the grey of a background; purple takes it away."""
NOISE = 0.04
REACH = 1
"""By how many pixels an animal is moved about, at most."""


class Animals(NamedTuple):
    """Drawn animals: cats (1) and dogs (0)."""

    images: np.ndarray
    """(n, 3, 18, 18), float32"""
    labels: np.ndarray
    """(n,), 0 or 1"""
    ears: np.ndarray
    """(n, 18, 18), bool: what of the ears the head does not cover"""
    fur: np.ndarray
    """(n, 18, 18), bool: head and ears"""


def animals(n: int, colour_agrees: float, ears_agree: float, rng: np.random.Generator) -> Animals:
    """Draw n animals, half of them cats.

    With probability `colour_agrees` a cat is ginger and a dog is blue, else the other way round; with probability
    `ears_agree` a cat has pointed ears and a dog hanging ones, else the other way round.
    """
    labels = rng.permutation(np.arange(n) % 2)
    ginger, pointed = ((rng.random(n) < share) == labels for share in (colour_agrees, ears_agree))
    row, column = rng.integers(-REACH, REACH + 1, size=(2, n, 1, 1))
    middle = (SIDE - 1) / 2
    y, x = np.arange(SIDE)[:, None] - middle - 2 - row, np.arange(SIDE) - middle - column  # from the head's middle
    head = np.hypot(y, x) <= 4.6
    aside = np.abs(x)  # an animal is its own mirror image
    upright = (np.abs(aside - 3) <= (y + 8.5) / 2) & (y <= -3)
    hanging = np.hypot((aside - 5.5) / 1.7, (y - 0.5) / 4) <= 1
    ears = np.where(pointed[:, None, None], upright, hanging) & ~head
    fur = head | ears
    eyes = (np.abs(y + 1) <= 1) & (np.abs(aside - 2) <= 1)

    light = rng.uniform(0.3, 0.7, size=(n, 1))
    background = light + np.where(light < 0.5, 1, -1) * rng.uniform(0.2, 0.45, size=(n, 1))
    fur_colour = light + np.where(ginger, 1, -1)[:, None] * rng.uniform(0.3, 1, size=(n, 1)) * GINGER  # (n, 3)
    background_colour = background + rng.uniform(-1, 1, size=(n, 1)) * GREEN
    images = NOISE * rng.standard_normal((n, 3, SIDE, SIDE), dtype=np.float32)
    for region, colour in ((~fur, background_colour), (fur & ~eyes, fur_colour), (eyes, background)):
        images += region[:, None] * colour[:, :, None, None].astype(np.float32)
    return Animals(images, labels, ears, fur)


def colour(images: np.ndarray) -> np.ndarray:
    """The images as they are."""
    return images


def grey(images: np.ndarray) -> np.ndarray:
    """Red, green and blue replaced by their mean: (…, 3, h, w) → (…, 3, h, w)."""
    return as_colour(images.mean(axis=-3))


def sobel(images: np.ndarray) -> np.ndarray:
    """How strong Sobel's edges of the grey picture are, the strongest of each picture 1: (…, 3, h, w)."""
    from scipy.ndimage import correlate1d

    picture = images.mean(axis=-3)
    smooth, slope = (1, 2, 1), (-1, 0, 1)
    gradients = [
        correlate1d(correlate1d(picture, smooth, axis=along, mode="nearest"), slope, axis=across, mode="nearest")
        for along, across in ((-1, -2), (-2, -1))
    ]
    edges = np.hypot(*gradients)
    return as_colour(edges / edges.max(axis=(-2, -1), keepdims=True))


def canny(images: np.ndarray) -> np.ndarray:
    """Canny's edges of the grey picture, 1 on an edge and 0 elsewhere: (…, 3, h, w)."""
    from skimage.feature import canny as edges_of

    pictures = images.mean(axis=-3)
    edges = [
        edges_of(picture, sigma=0.7, low_threshold=0.2, high_threshold=0.4, mode="nearest")
        for picture in pictures.reshape(-1, *pictures.shape[-2:])
    ]
    return as_colour(np.reshape(edges, pictures.shape).astype(np.float32))


def as_colour(pictures: np.ndarray) -> np.ndarray:
    """Grey pictures as images whose red, green and blue are equal: (…, h, w) → (…, 3, h, w)."""
    return np.repeat(pictures[..., None, :, :], 3, axis=-3)


VERSIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    version.__name__: version for version in (colour, grey, sobel, canny)
}
"""The four versions of a picture that networks are tested on."""
