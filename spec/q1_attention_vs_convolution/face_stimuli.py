"""Faces: drawn ones whose class is a relation between two far parts, and real ones, each also with displaced parts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from skimage.data import lfw_subset

from spec.common.labels import balanced

from .measures import Sample

Layout = Literal["normal", "scrambled"]

CELL = 4
GRID = 4
SIDE = CELL * GRID
CELLS = GRID * GRID
NORMAL_CELLS = (4, 7, 9, 14)
"""Where a normal face has its left eye, right eye, nose and mouth; cells count row by row from the top left."""
DIRECTIONS = 4
"""How many ways an eye can look: up, right, down and left."""
SKIN = 0.5
NOISE = 0.06


@dataclass(frozen=True, eq=False)
class DrawnFaces(Sample):
    """Drawn faces. The class is whether both eyes look in the same direction (1) or not (0)."""

    cells: np.ndarray
    """(replicates, n, 4): the cells of the left eye, right eye, nose and mouth"""
    directions: np.ndarray
    """(replicates, n, 2): where the left and the right eye look, by number; 0 is up"""

    @property
    def eyes(self) -> tuple[np.ndarray, np.ndarray]:
        """The cells of the left and of the right eye, (replicates, n) each."""
        return self.cells[..., 0], self.cells[..., 1]

    @property
    def eye_distance(self) -> np.ndarray:
        """How many cells the eyes lie apart, along rows or columns, whichever is more: (replicates, n)."""
        (left_row, left_column), (right_row, right_column) = (np.divmod(cells, GRID) for cells in self.eyes)
        return np.maximum(np.abs(right_row - left_row), np.abs(right_column - left_column))


def one_eye(faces: DrawnFaces) -> DrawnFaces:
    """The same faces, of class 1 where either eye looks up: a class that takes no relation."""
    return replace(faces, labels=(faces.directions == 0).any(-1).astype(np.int64))


def straddling(faces: DrawnFaces, pixels: int = CELL // 2) -> DrawnFaces:
    """The same faces moved down and to the right, by half a cell: so that their parts lie across patches."""
    return replace(faces, images=np.roll(faces.images, (pixels, pixels), axis=(-2, -1)))


def jittered(faces: DrawnFaces, reach: int, rng: np.random.Generator) -> DrawnFaces:
    """The same faces, each moved by up to `reach` pixels down or up, and to a side; what leaves at one end returns."""
    side = faces.images.shape[-1]
    rows, columns = rng.integers(-reach, reach + 1, size=(2, *faces.labels.shape, 1)) + np.arange(side)
    images = np.take_along_axis(faces.images, rows[..., None, :, None] % side, axis=-2)
    return replace(faces, images=np.take_along_axis(images, columns[..., None, None, :] % side, axis=-1))


def parts(directions: int = DIRECTIONS) -> np.ndarray:
    """What a face is made of: white eyes whose pupils look up, right, down and left, or up and down; a nose; a mouth.

    (directions + 2, 4, 4).
    """
    eyes = np.ones((DIRECTIONS, CELL, CELL))
    for eye, (row, column) in zip(eyes, ((0, 1), (1, 2), (2, 1), (1, 0)), strict=True):
        eye[row : row + 2, column : column + 2] = 0
    nose, mouth = np.full((2, CELL, CELL), SKIN)
    nose[:, 1:3] = mouth[1:3, :] = 0.1
    return np.stack([*eyes[:: DIRECTIONS // directions], nose, mouth])


def draw_faces(
    n: int,
    layout: Layout,
    rng: np.random.Generator,
    directions: int = DIRECTIONS,
    *,
    noise: float = NOISE,
    places: Sequence[int] = NORMAL_CELLS,
    size: int = 1,
) -> DrawnFaces:
    """Draw n faces on a 4×4 grid of cells: normal ones with the parts in their places, scrambled ones anywhere.

    `places` are the cells of a normal face's left eye, right eye, nose and mouth; `size` enlarges everything.

    Each part alone looks the same in both classes: each eye looks in each direction equally often. So a sum of scores
    of single patches is right about at most two thirds, or three quarters where there are two directions.
    """
    labels = balanced(n, rng)
    left = rng.integers(directions, size=n)
    right = (left + np.where(labels == 1, 0, rng.integers(1, directions, size=n))) % directions
    drawn = np.stack([left, right, np.full(n, directions), np.full(n, directions + 1)], axis=1)  # (n, 4)
    cells = np.tile(places, (n, 1))
    if layout == "scrambled":
        cells = rng.permuted(np.tile(np.arange(CELLS), (n, 1)), axis=1)[:, : len(NORMAL_CELLS)]
    tiles = np.full((n, CELLS, CELL, CELL), SKIN, dtype=np.float32)
    tiles[np.arange(n)[:, None], cells] = parts(directions)[drawn]
    images = tiles.reshape(n, GRID, GRID, CELL, CELL).swapaxes(2, 3).reshape(n, 1, SIDE, SIDE)
    images = images.repeat(size, axis=-2).repeat(size, axis=-1)
    images += noise * rng.standard_normal(images.shape, dtype=np.float32)
    return DrawnFaces(images, labels, cells, np.stack([left, right], axis=1))


class Photos(NamedTuple):
    """One split of real photos, (n, 1, 25, 25) with pixels 0 … 1, by class: faces (1) and others (0)."""

    training: Sample
    """1680, augmented"""
    test: Sample
    """60 as they are, half of them faces"""


PHOTO_SIDE = 25
PHOTOS_PER_CLASS = 100
TEST_PER_CLASS = 30
COPIES = 12
"""How many augmented copies of each training photo."""


def split_photos(rng: np.random.Generator, side: int = PHOTO_SIDE, reach: int = 2) -> Photos:
    """Split scikit-image's 100 faces and 100 patches of background at random, and augment the training part.

    Of each the first `side` rows and columns are kept; `reach` is that of `augmented`.
    """
    photos = lfw_subset().astype(np.float32)[:, None, :side, :side]  # the first hundred are the faces
    order = np.stack([rng.permutation(PHOTOS_PER_CLASS), PHOTOS_PER_CLASS + rng.permutation(PHOTOS_PER_CLASS)])
    test, train = order[:, :TEST_PER_CLASS].ravel(), np.tile(order[:, TEST_PER_CLASS:].ravel(), COPIES)
    training, labels = augmented(photos[train], rng, reach), (train < PHOTOS_PER_CLASS).astype(np.int64)
    return Photos(Sample(training, labels), Sample(photos[test], (test < PHOTOS_PER_CLASS).astype(np.int64)))


def augmented(images: np.ndarray, rng: np.random.Generator, reach: int) -> np.ndarray:
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


def scramble_blocks(images: np.ndarray, block: int, permutation: np.ndarray) -> np.ndarray:
    """Move whole blocks of block × block pixels about; rows and columns left over at the far edges stay.

    `images` is (n, channels, height, width); `permutation` is as `block_permutation` returns it.
    """
    n, channels, height, width = images.shape
    rows, columns = height // block, width // block
    whole = images[:, :, : rows * block, : columns * block]
    # (n, channels, rows, columns, block, block)
    blocks = whole.reshape(n, channels, rows, block, columns, block).swapaxes(3, 4)
    moved = blocks.reshape(n, channels, rows * columns, block, block)[:, :, permutation].reshape(blocks.shape)
    result = images.copy()
    result[:, :, : rows * block, : columns * block] = moved.swapaxes(3, 4).reshape(whole.shape)
    return result
