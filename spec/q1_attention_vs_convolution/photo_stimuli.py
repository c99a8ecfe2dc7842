"""Real photos for question 1's cats: six in colour, of which small crops are told apart, and faces among other things.

The six come with scikit-image (an astronaut, the cat Chelsea, a cup of coffee, a rocket) and scikit-learn (a temple in
China, a flower). Crops to train on are from the left half of a photo, those to test on from the right half.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from .cat_stimuli import Conversion, as_colour
from .face_stimuli import split_photos
from .measures import Sample

CROP = 18
COLOUR_PHOTOS = 6
FROM_SKIMAGE, FROM_SKLEARN = ("astronaut", "chelsea", "coffee", "rocket"), ("china.jpg", "flower.jpg")


class Split(NamedTuple):
    """Pictures of one version, in pixels, of one replicate or of all."""

    training: Sample
    test: Sample


@cache
def colour_photos(height: int) -> list[np.ndarray]:
    """The six photos, (3, height, width) each, 0 … 1, float32."""
    # These take a second to import, and collection has no use for them.
    from skimage import data
    from skimage.transform import resize
    from sklearn.datasets import load_sample_image

    photos = [getattr(data, name)() for name in FROM_SKIMAGE] + [load_sample_image(name) for name in FROM_SKLEARN]
    shapes = [(height, round(height * photo.shape[1] / photo.shape[0])) for photo in photos]
    return [
        resize(photo / 255, shape, anti_aliasing=True).transpose(2, 0, 1).astype(np.float32)
        for photo, shape in zip(photos, shapes, strict=True)
    ]


def crops(
    rng: np.random.Generator, *, training: int, test: int, height: int, conversion: Callable[[np.ndarray], np.ndarray]
) -> Split:
    """Crops of the six photos in one version, made of whole photos: which photo is it from?"""
    photos = [conversion(photo) for photo in colour_photos(height)]
    return Split(*(_crops(photos, n, rng, left=left) for n, left in ((training, True), (test, False))))


def _crops(photos: list[np.ndarray], n: int, rng: np.random.Generator, *, left: bool) -> Sample:
    labels = rng.permutation(np.arange(n) % len(photos))
    images = []
    for label in labels:
        _, height, width = photos[label].shape
        row = rng.integers(height - CROP + 1)
        column = rng.integers(width // 2 - CROP + 1) if left else rng.integers(width // 2, width - CROP + 1)
        crop = photos[label][:, row : row + CROP, column : column + CROP]
        images.append(crop[..., :: rng.choice([-1, 1])])
    return Sample(np.stack(images).astype(np.float32), labels)


def faces(rng: np.random.Generator, *, conversion: Conversion) -> Split:
    """One split of scikit-image's faces and other photos, which are grey, in one version."""
    photos = split_photos(rng)
    return Split(*(Sample(conversion(as_colour(part.images[:, 0])), part.labels) for part in photos))
