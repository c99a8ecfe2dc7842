"""Pictures with an up side: real digits, noisy and displaced or clean and centred, and real faces."""

from typing import NamedTuple

import numpy as np

from spec.common.digits import digits, mnist

CLASSES = 10
TURNS = 4
FACES, TEST_FACES = 100, 40


class DigitSets(NamedTuple):
    """Digits for one replicate: many without their classes, few with them, and others to test on."""

    images: np.ndarray  # (n, 1, side, side), float32, standardised: to pre-train on
    labels: np.ndarray  # (n,): their classes, for those who fine-tune on all of them
    few_images: np.ndarray  # (subsets, few, 1, side, side): draws from these, equally many of each class
    few_labels: np.ndarray  # (subsets, few)
    test_images: np.ndarray  # (m, 1, side, side): others
    test_labels: np.ndarray  # (m,)


class FaceSets(NamedTuple):
    """Photos of faces for one replicate."""

    images: np.ndarray  # (60, 1, 12, 12), float32, standardised: to train on
    test_images: np.ndarray  # (40, 1, 12, 12): others


def scikit_learn() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits as they are: images (1797, 1, 8, 8), 0 … 1, and classes."""
    pixels, labels = digits()
    return (pixels[:, None] / 16).astype(np.float32), labels


def draw_noisy_displaced_digits(
    rng: np.random.Generator, source: str, *, canvas: int, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """The digits of a `source`, each at a random place on a canvas, under noise, and their classes."""
    images, labels = mnist() if source == "mnist" else scikit_learn()
    tile = images.shape[-1]
    displaced = np.zeros((len(images), 1, canvas, canvas), dtype=np.float32)
    row, column = rng.integers(canvas - tile + 1, size=(2, len(images), 1, 1))
    rows, columns = row + np.arange(tile)[:, None], column + np.arange(tile)  # (n, tile, 1), (n, 1, tile)
    displaced[np.arange(len(images))[:, None, None], 0, rows, columns] = images[:, 0]
    displaced += noise * rng.standard_normal(displaced.shape, dtype=np.float32)
    return displaced, labels


def draw_clean_centred_digits(rng: np.random.Generator, *, turned: bool) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits as they are, or each `turned` by a random number of quarter turns, and their classes."""
    images, labels = scikit_learn()
    return turned_by(images, rng.integers(TURNS, size=len(images))) if turned else images, labels


def deal_digits(
    images: np.ndarray, labels: np.ndarray, rng: np.random.Generator, per_class: int, subsets: int, test: int
) -> DigitSets:
    """Deal out images at random: `test` to test on, the others to train on, `per_class` of each class per subset.

    They are standardised, as those to train on are.
    """
    order = rng.permutation(len(images))
    held_out, training = order[:test], order[test:]
    images = standardised(images, images[training])
    few = np.array(
        [
            np.concatenate([rng.permutation(training[labels[training] == k])[:per_class] for k in range(CLASSES)])
            for _ in range(subsets)
        ]
    )
    return DigitSets(images[training], labels[training], images[few], labels[few], images[held_out], labels[held_out])


def deal_faces(rng: np.random.Generator) -> FaceSets:
    """Split scikit-image's 100 faces at random; they are halved in size, which leaves out the last row and column."""
    from skimage.data import lfw_subset

    photos = lfw_subset()[:FACES, :24, :24].reshape(FACES, 12, 2, 12, 2).mean((2, 4))[:, None].astype(np.float32)
    order = rng.permutation(FACES)
    held_out, training = photos[order[:TEST_FACES]], photos[order[TEST_FACES:]]
    return FaceSets(standardised(training, training), standardised(held_out, training))


def moved_copies(images: np.ndarray, rng: np.random.Generator, copies: int, shift: int, noise: float) -> np.ndarray:
    """So many copies of images (n, c, side, side), one of all after the other, (copies · n, …).

    Each is moved by up to `shift` pixels along either axis, what leaves on one side coming back on the other, and has
    noise of its own.
    """
    n, side = len(images), images.shape[-1]
    padded = np.pad(images, [(0, 0), (0, 0), (shift, shift), (shift, shift)], mode="wrap")
    moved = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(2, 3))  # (n, c, places, places, …)
    row, column = rng.integers(2 * shift + 1, size=(2, copies * n))
    chosen = moved[np.tile(np.arange(n), copies), :, row, column]
    return chosen + noise * rng.standard_normal(chosen.shape, dtype=np.float32)


def standardised(images: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Images whose pixels are about 0 on average, and about 1 in size: those of the images to train on are exactly."""
    return (images - training.mean()) / training.std()


def turned_by(images: np.ndarray, quarter_turns: np.ndarray) -> np.ndarray:
    """Each image (n, c, side, side) after its number of quarter turns, counter-clockwise."""
    return np.stack([np.rot90(image, k, axes=(1, 2)) for image, k in zip(images, quarter_turns, strict=True)])


def all_orientations(images: np.ndarray) -> np.ndarray:
    """Images (r, n, c, side, side) after 0, 1, 2 and 3 quarter turns, (r, 4 n, c, side, side): n after none first."""
    return np.concatenate([np.rot90(images, k, axes=(3, 4)) for k in range(4)], axis=1)


def symmetrised(images: np.ndarray) -> np.ndarray:
    """Each pixel the brightest of the four that quarter turns bring to its place: no turn changes such an image."""
    return np.max([np.rot90(images, k, axes=(-2, -1)) for k in range(4)], axis=0)
