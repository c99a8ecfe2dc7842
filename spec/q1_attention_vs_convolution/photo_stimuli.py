"""Real photos for question 1's cats: six in colour, of which small crops are told apart, and faces among other things.

The six come with scikit-image (an astronaut, the cat Chelsea, a cup of coffee, a rocket) and scikit-learn (a temple in
China, a flower). Crops to train on are from the left half of a photo, those to test on from the right half.
"""

from functools import cache

import numpy as np

from .cat_stimuli import Conversion
from .face_stimuli import split_photos
from .measures import Sample

CROP = 18
COLOUR_PHOTOS = 6
FROM_SKIMAGE, FROM_SKLEARN = ("astronaut", "chelsea", "coffee", "rocket"), ("china.jpg", "flower.jpg")


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


def crops(n: int, part: str, rng: np.random.Generator, *, height: int, conversion: Conversion) -> Sample:
    """Crops of one version of the six photos, made of whole photos, from their left halves ("training") or right ones.

    The class is which photo a crop is from. Half of the crops are mirrored.
    """
    photos = [conversion(photo) for photo in colour_photos(height)]
    labels = rng.permutation(np.arange(n) % len(photos))
    images = []
    for label in labels:
        _, height, width = photos[label].shape
        first, last = (0, width // 2 - CROP) if part == "training" else (width // 2, width - CROP)
        row, column = rng.integers(height - CROP + 1), rng.integers(first, last + 1)
        crop = photos[label][:, row : row + CROP, column : column + CROP]
        images.append(crop[..., :: rng.choice([-1, 1])])
    return Sample(np.stack(images).astype(np.float32), labels)


def faces(part: str, rng: np.random.Generator, *, conversion: Conversion) -> Sample:
    """A part of one split of scikit-image's faces and other photos, "training" or "test", in one version, grey."""
    sample: Sample = getattr(split_photos(rng), part)
    return Sample(conversion(sample.images)[:, :1], sample.labels)
