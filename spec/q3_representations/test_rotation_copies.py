"""Question 3a: what rotated copies are, and the task that is made of them, exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.laws import refuses
from spec.harness import claim, seed_of_test

from .rotation_phases import bad_images
from .rotation_stimuli import turned_by

TURNS = st.lists(st.integers(0, 3), min_size=1, max_size=6)
SEEDS = st.integers(0, 2**32 - 1)
FLOATS = st.sampled_from([np.float32, np.float64])
FEW = settings(max_examples=25)


def pictures(seed: int, n: int, dtype: type = np.float64) -> np.ndarray:
    """Draw n square images, all pixels different, so that no turn leaves one as it was: (n, channels, s, s).

    Pixels are no bytes: some are negative, some beyond 255, and as float64 they are no numbers of float32.
    """
    rng = np.random.default_rng(seed)
    channels, side = rng.integers(1, 5), rng.integers(2, 13)
    order = rng.permutation(n * channels * side * side).reshape(n, channels, side, side)
    return ((order - order.size // 3) * 0.7).astype(dtype)


@claim("rotation.rotated-copy")
@FEW
@given(SEEDS, TURNS, FLOATS)
def test_each_image_is_turned_by_its_own_number(impl, evidence, seed, turns, dtype):
    """Each image is turned counter-clockwise by its number of quarter turns, channel by channel, as numpy turns it."""
    images = pictures(seed, len(turns), dtype)
    turned = impl.rotation.rotate(images, np.array(turns))
    evidence.equal(turned, turned_by(images, np.array(turns)), "turned images, and numpy's", tolerance=0)


@claim("rotation.rotated-copy")
def test_hundreds_of_images_are_turned_at_once(impl, evidence):
    """In a call with more images than a batch, or a byte, has room for, each is turned by its own number too."""
    rng = np.random.default_rng(seed_of_test())
    images, turns = rng.normal(size=(300, 3, 16, 16)), rng.integers(4, size=300)
    evidence.equal(impl.rotation.rotate(images, turns), turned_by(images, turns), "turned images", tolerance=0)


@claim("rotation.rotated-copy")
@pytest.mark.parametrize(("n", "channels", "side"), [(1, 1, 1), (4, 3, 1), (4, 1, 260), (4, 40, 5)])
def test_images_of_any_size_are_turned(impl, evidence, n, channels, side):
    """A single pixel, hundreds in a row, and dozens of channels are turned as all others are."""
    images, turns = np.random.default_rng(seed_of_test()).normal(size=(n, channels, side, side)), np.arange(n)
    evidence.equal(impl.rotation.rotate(images, turns), turned_by(images, turns), "turned images", tolerance=0)


@claim("rotation.rotated-copy")
@pytest.mark.parametrize("scale", [2.0**-1074, 2.0**-140, 2.0**900], ids=str)
def test_pixels_of_any_size_are_kept(impl, evidence, scale):
    """Pixels are no rounder for being the smallest numbers that there are, or very large ones."""
    images = np.random.default_rng(seed_of_test()).integers(-99, 100, (4, 2, 5, 5)) * scale
    turned = impl.rotation.rotate(images, np.arange(4)) / scale
    evidence.equal(turned, turned_by(images, np.arange(4)) / scale, "turned images", tolerance=0)


@claim("rotation.rotated-copy")
@FEW
@given(SEEDS, TURNS, st.integers(0, 3))
def test_quarter_turns_form_a_group(impl, evidence, seed, turns, more):
    """Turns add up, modulo four: four quarter turns give the image back, and the last undo the first."""
    images, first, second = pictures(seed, len(turns)), np.array(turns), np.full(len(turns), more)
    twice = impl.rotation.rotate(impl.rotation.rotate(images, first), second)
    evidence.equal(twice, impl.rotation.rotate(images, (first + second) % 4), "two turns, and their sum", tolerance=0)
    undone = impl.rotation.rotate(impl.rotation.rotate(images, first), -first % 4)
    evidence.equal(undone, images, "images turned and turned back, and themselves", tolerance=0)


@claim("rotation.rotated-copy")
@FEW
@given(SEEDS, TURNS)
def test_every_channel_keeps_its_pixels(impl, evidence, seed, turns):
    """Turning moves the pixels of each channel of each image about and changes none; the image itself has changed."""
    images = pictures(seed, len(turns))
    turned = impl.rotation.rotate(images, np.array(turns))
    pixels, expected = (np.sort(x.reshape(*x.shape[:2], -1), axis=-1) for x in (turned, images))
    evidence.equal(pixels, expected, "pixels of each channel, sorted", tolerance=0)
    moved = (turned != images).any(axis=(1, 2, 3))
    evidence.equal(moved, np.array(turns) != 0, "which images changed, and which were turned")


@claim("rotation.rotated-copy")
@FEW
@given(SEEDS, st.integers(1, 6))
def test_every_orientation_comes_once(impl, evidence, seed, n):
    """The task holds each image in all four orientations: labels come equally often, image by image."""
    task = impl.rotation.rotation_task(pictures(seed, n))
    evidence.equal(np.sort(task["labels"], axis=1), np.tile(np.arange(4), (n, 1)), "labels of each image, and 0 … 3")


BAD_PICTURES = bad_images(pictures(0, 4))
BAD_TURNS = {"four": np.array([0, 1, 2, 4]), "negative": np.array([0, 1, 2, -1]), "too_few": np.arange(3)}
BAD_TURNS |= {"halves": np.array([0, 1, 2, 0.5]), "floats": np.arange(4.0)}
BAD_TURNS |= {"one_for_all": np.array([1]), "too_many": np.arange(5) % 4}


@claim("rotation.rotated-copy")
@pytest.mark.parametrize("images", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_what_cannot_be_turned_is_refused(impl, evidence, images):
    """Images that are not square, not finite or not there are refused."""
    for turns in (np.arange(len(images)), np.arange(len(images)) % 2 * 2):
        refuses(evidence, impl.rotation.rotate, {"quarter_turns": turns}, images=images)


@claim("rotation.rotated-copy")
@pytest.mark.parametrize("turns", BAD_TURNS.values(), ids=BAD_TURNS)
def test_other_than_quarter_turns_are_refused(impl, evidence, turns):
    """Numbers of quarter turns other than 0, 1, 2 and 3, and other than one per image, are refused."""
    refuses(evidence, impl.rotation.rotate, {"images": pictures(0, 4)}, "images", quarter_turns=turns)


@claim("rotation.is-self-supervised")
@FEW
@given(SEEDS, st.integers(1, 6), FLOATS)
def test_the_label_is_the_turn_that_was_made(impl, evidence, seed, n, dtype):
    """Each copy is its image after as many quarter turns as its label says, and turning it back gives the image."""
    images = pictures(seed, n, dtype)
    task = impl.rotation.rotation_task(images)
    copies, labels = task["images"].reshape(4 * n, *images.shape[1:]), task["labels"].ravel()
    repeated = np.repeat(images, 4, axis=0)
    evidence.equal(copies, turned_by(repeated, labels), "copies, and images turned by the label", tolerance=0)
    evidence.equal(impl.rotation.rotate(copies, -labels % 4), repeated, "copies turned back, and images", tolerance=0)


@claim("rotation.is-self-supervised")
def test_a_task_of_hundreds_of_images_is_made_to_its_end(impl, evidence):
    """Of 300 images each one's copies are it, turned as their labels say."""
    images = np.random.default_rng(seed_of_test()).normal(size=(300, 1, 5, 5))
    task = impl.rotation.rotation_task(images)
    copies, labels = task["images"].reshape(1200, 1, 5, 5), task["labels"].ravel()
    expected = turned_by(np.repeat(images, 4, axis=0), labels)
    evidence.equal(copies, expected, "copies, and images turned by the label", tolerance=0)
    evidence.equal(np.bincount(labels, minlength=4), np.full(4, 300), "how often each label comes, and once per image")


@claim("rotation.is-self-supervised")
@FEW
@given(SEEDS, st.integers(1, 6))
def test_labels_come_from_the_images_alone(impl, evidence, seed, n):
    """Nobody supplies a label: the same images give the same copies and labels again."""
    images = pictures(seed, n)
    first, again = (impl.rotation.rotation_task(images) for _ in range(2))
    evidence.equal(again, first, "copies and labels made twice", tolerance=0)


@claim("rotation.is-self-supervised")
@pytest.mark.parametrize("images", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_no_task_is_made_of_what_cannot_be_turned(impl, evidence, images):
    """Images that are not square, not finite or not there are refused."""
    refuses(evidence, impl.rotation.rotation_task, {}, images=images)
