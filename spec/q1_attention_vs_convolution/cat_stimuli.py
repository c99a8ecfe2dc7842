"""The stimuli of question 1's cats: drawn cats and dogs with their edge pictures, and strips with distant marks.

Of an animal, fur and background each have their own shade of grey, either the darker one, so that an outline says
nothing about which side is brighter. Ginger and blue fur have the same grey: the mean over red, green and blue knows
nothing of colour. Fur may be striped, too, upright or lying.

Of a strip, whose ends meet, four columns are marked: two pairs, each of two columns a given distance apart. Each mark
is white or black. In class 1 the two of a pair match, in class 0 they do not. Either way two marks are white and two
are black, and columns of different pairs lie further apart than those of one. So any window that is too small for a
pair contains one mark or none, and the windows of every strip are the same, equally often.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from spec.common.labels import balanced

from .measures import Sample

Version = Literal["colour", "grey", "sobel", "canny"]
Fur = Literal["colour", "stripes"]
Conversion = Callable[[np.ndarray], np.ndarray]

SIDE = 18
GINGER = np.array([0.3, 0.0, -0.3])
"""What full ginger adds to the grey of fur; blue takes it away."""
GREEN = np.array([-0.1, 0.2, -0.1])
"""What full green adds to the grey of a background; purple takes it away."""
NOISE = 0.04
REACH = 1
"""By how many pixels an animal is moved about, at most."""
STRIPES, STRIPE = 0.12, 2
"""By how much stripes are brighter or darker than fur, and how many pixels wide they are."""


@dataclass(frozen=True, eq=False)
class DrawnAnimals(Sample):
    """Drawn animals: cats (1) and dogs (0), images of 3 colours and 18 × 18 pixels."""

    ears: np.ndarray
    """(replicates, n, 18, 18), bool: what of the ears the head does not cover"""
    fur: np.ndarray
    """(replicates, n, 18, 18), bool: head and ears"""


def draw_animals(
    n: int,
    fur_agrees: float,
    ears_agree: float,
    rng: np.random.Generator,
    *,
    fur_differs_in: Fur = "colour",
    noise: float = NOISE,
) -> DrawnAnimals:
    """Draw n animals, half of them cats.

    With probability `fur_agrees` a cat is ginger and a dog is blue, else the other way round; with probability
    `ears_agree` a cat has pointed ears and a dog hanging ones, else the other way round. Where fur differs in its
    stripes, those of a cat are upright and those of a dog lie, and colour says nothing.
    """
    labels = balanced(n, rng)
    by_fur, pointed = ((rng.random(n) < share) == labels for share in (fur_agrees, ears_agree))
    ginger = by_fur if fur_differs_in == "colour" else rng.random(n) < 0.5
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
    images = noise * rng.standard_normal((n, 3, SIDE, SIDE), dtype=np.float32)
    for region, colour in ((~fur, background_colour), (fur & ~eyes, fur_colour), (eyes, background)):
        images += region[:, None] * colour[:, :, None, None].astype(np.float32)
    if fur_differs_in == "stripes":
        images += striped(by_fur, fur & ~eyes, rng)
    return DrawnAnimals(images, labels, ears, fur)


def striped(upright: np.ndarray, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stripes, upright or lying, there where (n, 18, 18) is true and 0 elsewhere: (n, 1, 18, 18)."""
    phase = rng.integers(2 * STRIPE, size=(len(upright), 1))
    profile = np.where((np.arange(SIDE) + phase) // STRIPE % 2, STRIPES, -STRIPES).astype(np.float32)  # (n, 18)
    stripes = np.where(upright[:, None, None], profile[:, None, :], profile[:, :, None])
    return (stripes * where)[:, None]


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


CANNY = (0.7, 0.2, 0.4)
"""The width of Canny's smoothing in pixels, and his lower and upper threshold."""


def canny(images: np.ndarray, setting: Sequence[float] = CANNY) -> np.ndarray:
    """Canny's edges of the grey picture, 1 on an edge and 0 elsewhere: (…, 3, h, w)."""
    from skimage.feature import canny as edges_of

    sigma, low, high = setting
    pictures = images.mean(axis=-3)
    edges = [
        edges_of(picture, sigma=sigma, low_threshold=low, high_threshold=high, mode="nearest")
        for picture in pictures.reshape(-1, *pictures.shape[-2:])
    ]
    return as_colour(np.reshape(edges, pictures.shape).astype(np.float32))


def as_colour(pictures: np.ndarray) -> np.ndarray:
    """Grey pictures as images whose red, green and blue are equal: (…, h, w) → (…, 3, h, w)."""
    return np.repeat(pictures[..., None, :, :], 3, axis=-3)


VERSIONS: dict[Version, Conversion] = {"colour": np.asarray, "grey": grey, "sobel": sobel, "canny": canny}
"""The four versions of a picture that networks are tested on."""


def versions(canny_setting: Sequence[float]) -> dict[Version, Conversion]:
    """The four versions, with Canny's edges as they are set."""
    return VERSIONS | {"canny": partial(canny, setting=tuple(canny_setting))}


def cat_photo() -> np.ndarray:
    """scikit-image's photo of the cat Chelsea, every third pixel: (100, 151, 3), 0 … 1."""
    from skimage.data import chelsea

    return chelsea()[::3, ::3] / 255


STRIP_HEIGHT, STRIP_WIDTH = 2, 44
DISTANCES = (6, 8, 10)
"""How many columns the marks of a pair may lie apart."""
STRIP_NOISE = 0.1


def draw_strips(n: int, distance: int, rng: np.random.Generator, noise: float = STRIP_NOISE) -> Sample:
    """Draw n strips (n, 1, 2, 44) whose marks match (1) or not (0), `distance` columns apart in each pair.

    One pair begins in an even column, the other in an odd one.
    """
    labels = balanced(n, rng)
    first = rng.choice([-1, 1], size=n)
    second = np.where(labels == 1, first, -first)
    start, other = 2 * rng.integers(STRIP_WIDTH // 2, size=n), STRIP_WIDTH // 2 + 1
    rows = np.zeros((n, STRIP_WIDTH))
    for column, mark in ((0, first), (distance, second), (other, -first), (other + distance, -second)):
        rows[np.arange(n), (start + column) % STRIP_WIDTH] = mark
    images = np.repeat(0.5 + 0.5 * rows[:, None, None], STRIP_HEIGHT, axis=2)
    images += noise * rng.standard_normal(images.shape)
    return Sample(images.astype(np.float32), labels)
