"""Faces: drawn ones whose class is a relation between two far parts, and real ones, each also with displaced parts."""

from typing import Literal, NamedTuple

import numpy as np
from skimage.data import lfw_subset

Layout = Literal["normal", "scrambled"]

CELL = 4
GRID = 4
SIDE = CELL * GRID
CELLS = GRID * GRID
NORMAL_CELLS = (4, 7, 9, 14)
"""Where a normal face has its left eye, right eye, nose and mouth; cells count row by row from the top left."""
DIRECTIONS = 4
SKIN = 0.5
NOISE = 0.06


class RelationalFaces(NamedTuple):
    """Drawn faces. The class is whether both eyes look in the same direction (1) or not (0)."""

    images: np.ndarray
    """(n, 1, 16, 16), float32"""
    labels: np.ndarray
    """(n,), 0 or 1"""
    cells: np.ndarray
    """(n, 4): the cells of the left eye, right eye, nose and mouth"""
    directions: np.ndarray
    """(n, 2): where the left and the right eye look: up, right, down or left"""


def eye(direction: int) -> np.ndarray:
    """A white eye whose pupil is moved up, right, down or left: (4, 4)."""
    picture = np.ones((CELL, CELL))
    row, column = ((0, 1), (1, 2), (2, 1), (1, 0))[direction]
    picture[row : row + 2, column : column + 2] = 0
    return picture


def nose() -> np.ndarray:
    """A dark upright bar: (4, 4)."""
    picture = np.full((CELL, CELL), SKIN)
    picture[:, 1:3] = 0.1
    return picture


def mouth() -> np.ndarray:
    """A dark lying bar: (4, 4)."""
    picture = np.full((CELL, CELL), SKIN)
    picture[1:3, :] = 0.1
    return picture


def relational_faces(n: int, layout: Layout, rng: np.random.Generator) -> RelationalFaces:
    """Draw n faces on a 4×4 grid of cells: normal ones with the parts in their places, scrambled ones anywhere.

    Each part alone looks the same in both classes: each eye looks in each direction equally often. So a sum of scores
    of single patches is right about at most two thirds.
    """
    labels = rng.permutation(np.arange(n) % 2)
    left = rng.integers(DIRECTIONS, size=n)
    right = (left + np.where(labels == 1, 0, rng.integers(1, DIRECTIONS, size=n))) % DIRECTIONS
    parts = np.array([*(eye(direction) for direction in range(DIRECTIONS)), nose(), mouth()])
    drawn = np.stack([left, right, np.full(n, DIRECTIONS), np.full(n, DIRECTIONS + 1)], axis=1)  # (n, 4)
    cells = np.tile(NORMAL_CELLS, (n, 1))
    if layout == "scrambled":
        cells = rng.permuted(np.tile(np.arange(CELLS), (n, 1)), axis=1)[:, : len(NORMAL_CELLS)]
    tiles = np.full((n, CELLS, CELL, CELL), SKIN, dtype=np.float32)
    tiles[np.arange(n)[:, None], cells] = parts[drawn]
    images = tiles.reshape(n, GRID, GRID, CELL, CELL).swapaxes(2, 3).reshape(n, 1, SIDE, SIDE)
    images += NOISE * rng.standard_normal(images.shape, dtype=np.float32)
    return RelationalFaces(images, labels, cells, np.stack([left, right], axis=1))


class RealFaces(NamedTuple):
    """One split of real photos, with the class of each: a face (1) or not (0)."""

    images: np.ndarray
    """(n, 1, 25, 25), float32, 0 … 1: augmented photos to train on"""
    labels: np.ndarray
    """(n,)"""
    test_images: np.ndarray
    """(60, 1, 25, 25), as they are"""
    test_labels: np.ndarray
    """(60,), half of them faces"""


PHOTO_SIDE = 25
PHOTOS_PER_CLASS = 100
TEST_PER_CLASS = 30
COPIES = 12
"""How many augmented copies of each training photo."""


def real_faces(rng: np.random.Generator) -> RealFaces:
    """Split scikit-image's 100 faces and 100 patches of background at random, and augment the training part."""
    photos = lfw_subset().astype(np.float32)[:, None]  # the first hundred are the faces
    order = np.stack([rng.permutation(PHOTOS_PER_CLASS), PHOTOS_PER_CLASS + rng.permutation(PHOTOS_PER_CLASS)])
    test, train = order[:, :TEST_PER_CLASS].ravel(), np.tile(order[:, TEST_PER_CLASS:].ravel(), COPIES)
    return RealFaces(
        augmented(photos[train], rng),
        (train < PHOTOS_PER_CLASS).astype(np.int64),
        photos[test],
        (test < PHOTOS_PER_CLASS).astype(np.int64),
    )


def augmented(images: np.ndarray, rng: np.random.Generator, reach: int = 2) -> np.ndarray:
    """Mirror half of the images, move each by up to `reach` pixels, and make it up to a fifth brighter or darker."""
    n, _, height, width = images.shape
    mirrored = np.where(rng.random((n, 1, 1, 1)) < 0.5, images[..., ::-1], images)
    padded = np.pad(mirrored, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    row, column = rng.integers(2 * reach + 1, size=(2, n, 1, 1))
    rows, columns = row + np.arange(height)[:, None], column + np.arange(width)  # (n, height, 1), (n, 1, width)
    moved = padded[np.arange(n)[:, None, None], 0, rows, columns][:, None]
    return np.clip(moved * rng.uniform(0.8, 1.2, size=(n, 1, 1, 1)), 0, 1).astype(np.float32)


def block_permutation(blocks: int, rng: np.random.Generator) -> np.ndarray:
    """A random single cycle (Sattolo, 1986), so that no block stays in its place: block i shows what was block p[i]."""
    cycle = rng.permutation(blocks)
    permutation = np.empty(blocks, dtype=np.int64)
    permutation[cycle] = np.roll(cycle, 1)
    return permutation


def scrambled(images: np.ndarray, block: int, permutation: np.ndarray) -> np.ndarray:
    """Move whole blocks of block × block pixels about; rows and columns left over at the far edges stay.

    `images` is (n, channels, height, width); `permutation` is as `block_permutation` returns it.
    """
    n, channels, height, width = images.shape
    rows, columns = height // block, width // block
    whole = images[:, :, : rows * block, : columns * block]
    blocks = whole.reshape(n, channels, rows, block, columns, block).swapaxes(
        3, 4
    )  # (n, c, rows, columns, block, block)
    moved = blocks.reshape(n, channels, rows * columns, block, block)[:, :, permutation].reshape(blocks.shape)
    result = images.copy()
    result[:, :, : rows * block, : columns * block] = moved.swapaxes(3, 4).reshape(whole.shape)
    return result
