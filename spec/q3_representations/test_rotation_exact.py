"""Question 3a: what rotated copies are, how training goes, and what passes between its phases, exactly."""

from functools import partial
from typing import ClassVar
from unittest.mock import Mock, create_autospec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.digits import digits
from spec.common.laws import (
    ROUNDING,
    answers_each_by_itself,
    follows_each_seed,
    learns_at_the_rate,
    refuses,
    samples_read,
)
from spec.common.replicates import seeds_of
from spec.contract import Rotation
from spec.harness import claim, device_of_run, seed_of_test

from .rotation_experiments import NoisyDisplacedDigits
from .rotation_stimuli import draw_clean_centred_digits, standardised, turned_by

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


def some_digits(n: int = 64, start: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two replicates of n real digits each, standardised, (2, n, 1, 8, 8), and their classes, (2, n)."""
    pixels, labels = digits()
    images = standardised(pixels, pixels).astype(np.float32)[start : start + 2 * n]
    return images.reshape(2, n, 1, 8, 8), labels[start : start + 2 * n].reshape(2, n)


TRAINING = {"parameter_budget": 3000, "batch_size": 8, "learning_rate": 1e-2, "device": device_of_run()}
PRETRAINING = TRAINING | {"images": some_digits()[0], "shuffled": False, "steps": 20, "seeds": [1, 2]}
FINE_TUNING = TRAINING | dict(zip(("images", "labels"), some_digits(), strict=True))
FINE_TUNING |= {"encoder": None, "classes": 10, "steps": 20, "seeds": [3, 4], "checkpoints": [0, 20]}
FINE_TUNING |= {"test_images": some_digits(50, start=200)[0]}


def pretrained(impl, **changes):
    """The first phase: two encoders, trained on digits without their labels."""
    return impl.rotation.pretrain(**PRETRAINING | {"seeds": seeds_of(1, 2)} | changes)


def fine_tuned(impl, encoder, **changes):
    """The second phase, on the same digits with their labels; it ends after the last checkpoint that is asked for."""
    steps = changes.get("steps", FINE_TUNING["steps"])
    choices = {"encoder": encoder, "checkpoints": [0, steps][: steps + 1], "seeds": seeds_of(3, 4)}
    return impl.rotation.fine_tune(**FINE_TUNING | choices | changes)


def start(impl):
    """What fine-tuning starts from: encoders as a few steps of pre-training left them."""
    return pretrained(impl, steps=5).encoder()


def change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How far each replicate's numbers have moved, as a share of how large they were: (replicates,)."""
    axes = tuple(range(1, before.ndim))
    return np.sqrt(((after - before) ** 2).sum(axes) / (before**2).sum(axes))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean loss of class scores (r, n, classes) on labels (r, n): (r,)."""
    from scipy.special import log_softmax

    return -np.take_along_axis(log_softmax(logits, axis=-1), labels[..., None], axis=-1)[..., 0].mean(-1)


def distance_from_affine(features: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """How far scores (r, n, k) are from the nearest affine function of each replicate's features (r, n, f): (r,)."""
    ones = np.ones((*features.shape[:2], 1))
    inputs, outputs = np.concatenate([features, ones], axis=2, dtype=np.float64), scores.astype(np.float64)
    errors = [np.abs(x @ np.linalg.lstsq(x, y)[0] - y).max() for x, y in zip(inputs, outputs, strict=True)]
    return np.array(errors) / np.maximum(1, np.abs(outputs).max((1, 2)))


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
@pytest.mark.parametrize(("channels", "side"), [(1, 1), (3, 1), (1, 260), (40, 5)])
def test_images_of_any_size_are_turned(impl, evidence, channels, side):
    """A single pixel, hundreds in a row, and dozens of channels are turned as all others are."""
    images, turns = np.random.default_rng(seed_of_test()).normal(size=(4, channels, side, side)), np.arange(4)
    evidence.equal(impl.rotation.rotate(images, turns), turned_by(images, turns), "turned images", tolerance=0)


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


def bad_images(good: np.ndarray) -> dict[str, np.ndarray]:
    """Images (…, n, channels, side, side) that are none, by what is wrong with them."""
    with_nan, with_infinity = good.copy(), good.copy()
    with_nan[..., -1, -1], with_infinity.flat[-1] = np.nan, -np.inf
    return {
        "not_square": good[..., :-1],
        "not_finite": with_nan,
        "infinite": with_infinity,
        "none": good[..., :0, :, :, :],
    }


BAD_PICTURES = bad_images(pictures(0, 4))
BAD_TURNS = {"four": np.array([0, 1, 2, 4]), "negative": np.array([0, 1, 2, -1]), "too_few": np.arange(3)}
BAD_TURNS |= {"halves": np.array([0, 1, 2, 0.5])}


@claim("rotation.rotated-copy")
@pytest.mark.parametrize("images", BAD_PICTURES.values(), ids=BAD_PICTURES)
def test_what_cannot_be_turned_is_refused(impl, evidence, images):
    """Images that are not square, not finite or not there are refused."""
    good = {"images": images, "quarter_turns": np.arange(len(images))}
    refuses(evidence, impl.rotation.rotate, good, images=images)


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


BY_HEART = 12
"""Replicates that learn two pictures by heart."""


def told(impl, *, shuffled: bool) -> np.ndarray:
    """What networks that have learned two pictures by heart say of the turns of their copies: (replicates, 2, 4, 4)."""
    pair = np.zeros((2, 1, 8, 8), dtype=np.float32)
    pair[0, 0, :4, :4] = pair[1, 0, :4] = 1  # a quarter, and a half
    images = np.repeat(standardised(pair, pair)[None], BY_HEART, axis=0)
    options = {"images": images, "shuffled": shuffled, "seeds": seeds_of(*range(BY_HEART)), "steps": 100}
    networks = pretrained(impl, **options, batch_size=2)
    copies = np.stack([np.rot90(images, k, axes=(3, 4)) for k in range(4)], axis=2)
    return networks.logits(copies.reshape(BY_HEART, 8, 1, 8, 8)).reshape(BY_HEART, 2, 4, 4)


@claim("rotation.predicts-the-angle")
def test_pretraining_learns_the_turns_that_were_made(impl, evidence):
    """After long training on two pictures, the networks predict the turns that `rotate` takes, with little doubt.

    The least cross-entropy is .08 where a tenth of each label is spread over the turns, and more where some copies have
    another turn than their label, or pictures are mirrored.
    """
    logits = told(impl, shuffled=False).reshape(BY_HEART, 8, 4)
    right = (logits.argmax(-1) == np.tile(np.arange(4), 2)).mean(1)
    evidence.true(np.median(right) == 1, "all turns of both are told by most networks", right=right)
    doubt = cross_entropy(logits, np.tile(np.arange(4), (BY_HEART, 2)))
    evidence.true(bool(np.median(doubt) < 0.05), "the cross-entropy of most networks", doubt=doubt)


@claim("rotation.predicts-the-angle")
def test_shuffled_rotations_are_dealt_out_copy_by_copy(impl, evidence):
    """Where rotations are shuffled, each copy has a label of its own: memorised labels are independent of rotations.

    A right implementation is refuted with probability 2e-6: of 12 networks, 6 or more have two pictures whose four
    labels agree (1/256 each), 3e-12; of 24 pictures, 9 or more have four equal labels (1/64), 6e-11, or 14 or more
    four different ones (3/32), 3e-9; of 96 labels, fewer than 6 are of one kind (1/4 each), or the true ones, 5 · 3e-7.
    There is room for some that have not learned.
    """
    labels = told(impl, shuffled=True).argmax(-1)
    same = (labels[:, 0] == labels[:, 1]).all(-1)
    evidence.true(same.sum() < 6, "two pictures do not share their labels", share=int(same.sum()), of=BY_HEART)
    kinds = np.array([len(set(four)) for four in labels.reshape(-1, 4).tolist()])
    evidence.true((kinds == 1).sum() < 9, "a picture's copies do not share one label", share=int((kinds == 1).sum()))
    evidence.true((kinds == 4).sum() < 14, "a picture's copies may share labels", share_none=int((kinds == 4).sum()))
    counts = np.bincount(labels.ravel(), minlength=4)
    evidence.true(counts >= 6, "every label is dealt, the true one too", times=counts)
    true = int((labels == np.arange(4)).sum())
    evidence.true(6 <= true < 60, "labels are the true ones now and then", true=true, of=labels.size)


@claim("rotation.predicts-the-angle")
def test_what_looks_the_same_however_turned_has_all_turns_alike(impl, evidence):
    """Of a picture that a quarter turn leaves as it is, all turns come to be told with 1/4: each step has all four.

    Where a step has some of the four, the networks tell those that came last, or most.
    """
    from scipy.special import softmax

    half = np.random.default_rng(seed_of_test()).normal(size=(4, 4))
    ring = np.block([[half, np.rot90(half, 3)], [np.rot90(half), np.rot90(half, 2)]])
    images = np.tile(standardised(ring, ring).astype(np.float32), (BY_HEART, 1, 1, 1, 1))
    options = {"images": images, "steps": 60, "batch_size": 1, "seeds": seeds_of(*range(BY_HEART))}
    told = softmax(pretrained(impl, **options).logits(images)[:, 0].astype(np.float64), axis=-1)
    off = np.abs(told - 1 / 4).max(1)
    evidence.true(bool(np.median(off) < 0.02), "most networks tell each turn with about 1/4", off_by=off)


READ = 60
"""Digits of which it is counted how many a training has read."""


def which_are_read(train) -> int:
    """How many of 60 digits have an effect on what `train` gives, all replicates having one seed."""
    images, _ = some_digits(READ)
    return samples_read(train, images[0], images[1])


def reads_as_many(evidence, read: int, steps: int, batch_size: int, at_least: int) -> None:
    """So many digits were read as fit into the steps, and not far fewer.

    Drawn with replacement, eight steps of three (the first and the last may have a rate of 0) read fewer than 13 of 60
    with probability 4e-6.
    """
    evidence.true(read <= steps * batch_size, "no more digits are read than fit", read=read, most=steps * batch_size)
    evidence.true(read >= at_least, "about as many digits are read as fit", read=read, least=at_least)


@claim("rotation.two-phases")
def test_pretraining_reads_as_many_images_as_it_may(impl, evidence):
    """Ten steps of three images read at most 30 of them, and more than 12."""

    def train(images):
        options = {"steps": 10, "batch_size": 3, "seeds": seeds_of(7) * len(images)}
        return pretrained(impl, images=images, **options).encoder()

    reads_as_many(evidence, which_are_read(train), 10, 3, at_least=13)


@claim("rotation.fine-tunes")
@pytest.mark.parametrize(("checkpoint", "at_least"), [(3, 1), (10, 13)], ids=["on_the_way", "at_the_end"])
def test_fine_tuning_reads_as_many_images_as_it_may(impl, evidence, checkpoint, at_least):
    """After three steps of three images at most 9 have had an effect, and after ten at most 30 and more than 12."""

    def train(images):
        tested, labels = some_digits(20, start=200)[0], some_digits(READ)[1][0]
        data = {"images": images, "labels": np.tile(labels, (len(images), 1))}
        data |= {"test_images": np.repeat(tested[:1], len(images), axis=0), "seeds": seeds_of(7) * len(images)}
        tuned = fine_tuned(impl, None, steps=10, batch_size=3, checkpoints=[checkpoint], **data)
        return tuned.learning_curve()[:, 0]

    reads_as_many(evidence, which_are_read(train), checkpoint, 3, at_least)


@claim("rotation.two-phases")
@pytest.mark.parametrize("shuffled", [False, True], ids=["turns", "shuffled"])
def test_pretraining_follows_each_seed(impl, evidence, shuffled):
    """What a replicate learns is a function of its own seed: others, their order and their number do not matter."""
    images = some_digits()[0][:1]

    def draw(seeds):
        options = {"steps": 3, "shuffled": shuffled, "seeds": seeds}
        return pretrained(impl, images=np.repeat(images, len(seeds), axis=0), **options).encoder()

    follows_each_seed(evidence, draw)


@claim("rotation.two-phases")
def test_fine_tuning_follows_each_seed(impl, evidence):
    """Fine-tuning too: encoder, head and the order of images are a function of a replicate's own seed."""
    data = {name: FINE_TUNING[name][:1] for name in ("images", "labels", "test_images")}

    def draw(seeds):
        repeated = {name: np.repeat(array, len(seeds), axis=0) for name, array in data.items()}
        return fine_tuned(impl, None, steps=3, seeds=seeds, **repeated).learning_curve()

    follows_each_seed(evidence, draw)


@claim("rotation.two-phases")
@pytest.mark.parametrize("phase", ["pretrained", "fine_tuned"])
def test_encoders_move_by_the_rate(impl, evidence, phase):
    """At a hundredth of the rate either phase moves the encoder less."""
    begin = start(impl)

    def encoder(steps=10, rate=1e-2):
        options = {"steps": steps, "learning_rate": rate}
        networks = pretrained(impl, **options) if phase == "pretrained" else fine_tuned(impl, begin, **options)
        return networks.encoder()

    learns_at_the_rate(evidence, encoder(steps=0), lambda rate: encoder(rate=rate), 1e-2)


@claim("rotation.two-phases")
@pytest.mark.parametrize("phase", ["pretrained", "fine_tuned"])
def test_networks_answer_each_image_by_itself(impl, evidence, phase):
    """Features and scores of an image are the same in a second call, alone, and among others in any order."""
    networks = pretrained(impl) if phase == "pretrained" else fine_tuned(impl, start(impl), steps=5)

    def ask(images):
        return {"logits": networks.logits(images), "features": networks.features(images)}

    answers_each_by_itself(evidence, ask, some_digits()[0])


@claim("rotation.two-phases")
@pytest.mark.parametrize("phase", ["pretrained", "fine_tuned"])
def test_the_head_is_linear_in_the_features(impl, evidence, phase):
    """Scores are an affine function of the features, one for all images: the head reads these and nothing else."""
    networks, images = pretrained(impl) if phase == "pretrained" else fine_tuned(impl, None), some_digits(600)[0]
    error = distance_from_affine(networks.features(images), networks.logits(images))
    evidence.equal(error, np.zeros(2), "the distance of scores from an affine function of features", ROUNDING)


@claim("rotation.two-phases")
@pytest.mark.parametrize(("channels", "side", "budget"), [(1, 8, 2500), (3, 12, 6000)], ids=["small", "colour"])
def test_the_encoder_is_as_large_as_it_may_be(impl, evidence, channels, side, budget):
    """An encoder holds between 90 % and 100 % of as many numbers as it may."""
    images = np.random.default_rng(seed_of_test()).normal(size=(2, 8, channels, side, side)).astype(np.float32)
    encoder = pretrained(impl, images=images, parameter_budget=budget, steps=0).encoder()
    size = sum(array[0].size for array in encoder.values())
    evidence.true(0.9 * budget <= size <= budget, "numbers of the encoder", holds=size, may=budget)


BAD_TRAINING = {f"images_{what}": {"images": bad} for what, bad in bad_images(some_digits()[0]).items()}
BAD_TRAINING |= {f"learning_rate_{rate}": {"learning_rate": rate} for rate in (0.0, -1e-2, np.inf, np.nan)}
BAD_TRAINING |= {"steps": {"steps": -1}, "batch_size": {"batch_size": 0}, "parameter_budget": {"parameter_budget": 0}}


@claim("rotation.two-phases")
@pytest.mark.parametrize("bad", BAD_TRAINING.values(), ids=BAD_TRAINING)
def test_what_cannot_be_pretrained_on_is_refused(impl, evidence, bad):
    """Invalid images, rates, steps, batches and budgets are refused."""
    refuses(evidence, impl.rotation.pretrain, PRETRAINING | {"steps": 1}, **bad)


@claim("rotation.two-phases")
@pytest.mark.parametrize("phase", ["pretrain", "fine_tune"])
def test_seeds_other_than_one_per_replicate_are_refused(impl, evidence, phase):
    """Three seeds for two replicates are refused."""
    good = (PRETRAINING if phase == "pretrain" else FINE_TUNING) | {"steps": 1}
    refuses(evidence, getattr(impl.rotation, phase), good, "images", seeds=[1, 2, 3])


@claim("rotation.two-phases")
def test_the_second_phase_ends_where_the_first_has_led_it(impl, evidence):
    """The same fine-tuning gives other class scores from pre-trained weights than from the same ones untrained."""
    from_untrained, from_pretrained = (
        fine_tuned(impl, pretrained(impl, steps=steps).encoder()).logits(some_digits()[0]) for steps in (0, 20)
    )
    moved = change(from_untrained, from_pretrained)
    evidence.true(moved > 0.001, "class scores differ by over 0.1 % in each replicate", moved=moved)


@claim("rotation.two-phases")
def test_the_second_phase_leaves_the_first_as_it_was(impl, evidence):
    """Pre-training is over when fine-tuning begins: it leaves the pre-trained network as it was, bit for bit."""
    networks, images = pretrained(impl), some_digits()[0]
    before = {"encoder": networks.encoder(), "logits": networks.logits(images)}
    fine_tuned(impl, networks.encoder())
    after = {"encoder": networks.encoder(), "logits": networks.logits(images)}
    evidence.equal(after, before, "the pre-trained network after fine-tuning, and before", tolerance=0)


@claim("rotation.no-labels")
def test_labels_leave_no_trace_in_pretraining(impl, evidence):
    """Pre-training gives the same encoder, bit for bit, before any label was seen, after, and after permuted ones."""
    images, labels = some_digits()
    networks = pretrained(impl)
    moved = change(pretrained(impl, steps=0).features(images), networks.features(images))
    evidence.true(moved > 0.01, "pre-training changes the features by over 1 % in each replicate", moved=moved)
    encoders = [networks.encoder()]
    for classes in (labels, np.random.default_rng(seed_of_test()).permuted(labels, axis=1)):
        fine_tuned(impl, encoders[0], steps=5, labels=classes)
        encoders.append(pretrained(impl).encoder())
    evidence.equal(encoders[1], encoders[0], "encoder after fine-tuning on the labels, and before", tolerance=0)
    evidence.equal(encoders[2], encoders[0], "encoder after fine-tuning on permuted labels, and before", tolerance=0)


@claim("rotation.yields-initial-weights")
def test_fine_tuning_begins_with_the_pretrained_features(impl, evidence):
    """Before its first step the classifier has the features of the pre-trained encoder, not those of a random one."""
    networks, images = pretrained(impl), some_digits()[0]
    expected = networks.features(images)
    features = fine_tuned(impl, networks.encoder(), steps=0).features(images)
    evidence.equal(features, expected, "features at step 0, and the pre-trained", tolerance=ROUNDING)
    moved = change(fine_tuned(impl, None, steps=0).features(images), features)
    evidence.true(moved > 0.01, "random features differ by over 1 % in each replicate", moved=moved)


@claim("rotation.yields-initial-weights")
def test_the_encoder_is_all_that_features_depend_on(impl, evidence):
    """The encoder of a fine-tuned classifier, handed on, gives its features; and it is what was handed on."""
    tuned, images = fine_tuned(impl, None), some_digits()[0]
    again = fine_tuned(impl, tuned.encoder(), steps=0, seeds=seeds_of(8, 9))
    evidence.equal(again.features(images), tuned.features(images), "features, and those handed on", ROUNDING)
    evidence.equal(again.encoder(), tuned.encoder(), "the encoder at step 0, and the one handed on", ROUNDING)


@claim("rotation.yields-initial-weights")
def test_the_learning_curve_begins_before_the_first_step(impl, evidence):
    """The class scores recorded at step 0 of a training are those of the same start before any step."""
    encoder = start(impl)
    at_start = fine_tuned(impl, encoder).learning_curve()[:, 0]
    expected = fine_tuned(impl, encoder, steps=0).logits(FINE_TUNING["test_images"])
    evidence.equal(at_start, expected, "class scores recorded at step 0, and before any", tolerance=ROUNDING)


@claim("rotation.yields-initial-weights")
def test_the_head_is_fresh(impl, evidence):
    """Where there are four classes, as there are four turns, the classes' first scores are not those of the turns."""
    networks, (images, labels) = pretrained(impl), some_digits()
    scores = fine_tuned(impl, networks.encoder(), steps=0, labels=labels % 4, classes=4).logits(images)
    moved = change(networks.logits(images), scores)
    evidence.true(moved > 0.1, "scores of classes and turns differ by over 10 % in each replicate", moved=moved)


@claim("rotation.yields-initial-weights")
def test_the_head_is_the_same_on_any_encoder(impl, evidence):
    """The fresh head is a function of the seed: one affine function gives the scores on any encoder's features."""
    images = some_digits(600)[0]
    tuned = [fine_tuned(impl, encoder, steps=0) for encoder in (None, start(impl))]
    features, scores = (
        np.concatenate([getattr(networks, ask)(images) for networks in tuned], axis=1) for ask in ("features", "logits")
    )
    error = distance_from_affine(features, scores)
    evidence.equal(error, np.zeros(2), "the distance of both scores from one affine function of features", ROUNDING)


@claim("rotation.yields-initial-weights")
def test_only_the_initial_weights_differ(impl, evidence):
    """Handed the random weights that it would have drawn, training goes the same way: the order of images and all."""
    drawn = fine_tuned(impl, None, steps=0).encoder()
    handed_on, own = (fine_tuned(impl, encoder, steps=5).learning_curve() for encoder in (drawn, None))
    evidence.equal(
        handed_on, own, "scores from random weights handed over, and from the same drawn", tolerance=ROUNDING
    )


def bad_encoders(good: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Encoders that do not fit, by what is wrong with them."""
    name, array = max(good.items(), key=lambda item: item[1].ndim)
    return {
        "a_name_too_few": {key: value for key, value in good.items() if key != name},
        "a_name_too_many": good | {"another": array},
        "another_shape": good | {name: array[..., :-1]},
        "not_finite": good | {name: np.full_like(array, np.nan)},
    }


@claim("rotation.yields-initial-weights")
@pytest.mark.parametrize("wrong", ["a_name_too_few", "a_name_too_many", "another_shape", "not_finite"])
def test_weights_that_do_not_fit_are_refused(impl, evidence, wrong):
    """An encoder with other names or shapes, or that is not finite, is refused and not taken in part."""
    refuses(evidence, impl.rotation.fine_tune, FINE_TUNING, encoder=bad_encoders(start(impl))[wrong])


@claim("rotation.fine-tunes")
@pytest.mark.parametrize("begin", ["pretrained", "random"])
def test_fine_tuning_moves_the_encoder(impl, evidence, begin):
    """After fine-tuning the encoder's features are no longer those that it began with, pre-trained or random."""
    encoder, images = start(impl) if begin == "pretrained" else None, some_digits()[0]
    before, after = (fine_tuned(impl, encoder, steps=steps).features(images) for steps in (0, 30))
    moved = change(before, after)
    evidence.true(moved > 0.01, "features have moved by over 1 % in each replicate", moved=moved)


@claim("rotation.fine-tunes")
def test_fine_tuning_lowers_the_loss(impl, evidence):
    """The loss on the labelled images falls by over a tenth in most replicates of five, each learning its own labels.

    To tell zeros from other digits is easy; every second replicate's labels are the other way round. One in 20 begins
    with nearly all others told, at a loss of .3, and one in 15 ends no better, so that of one replicate the loss does
    not fall in .003 of all cases, and of three of five in 3e-7.
    """
    images, digit = (np.tile(each, (5, *[1] * (each.ndim - 1))) for each in some_digits())
    labels = np.where(np.arange(10)[:, None] % 2 == 0, digit == 0, digit != 0).astype(np.int64)
    options = {"images": images, "labels": labels, "test_images": images[:, :1], "classes": 2, "batch_size": 16}
    options |= {"seeds": seeds_of(*range(10))}
    encoder = {name: np.tile(array, (5, *[1] * (array.ndim - 1))) for name, array in start(impl).items()}
    before, after = (
        cross_entropy(fine_tuned(impl, encoder, steps=steps, **options).logits(images), labels) for steps in (0, 100)
    )
    share = np.median((after / before).reshape(5, 2), axis=0)
    evidence.true(share < 0.9, "the loss falls by over a tenth in the middle one of five replicates", share=share)


@claim("rotation.fine-tunes")
def test_fine_tuning_moves_every_layer(impl, evidence):
    """Every array of weights that the encoder begins with is another in the end, in each replicate."""
    begin = start(impl)
    end = fine_tuned(impl, begin, steps=30).encoder()
    # Of arrays of one number per filter, some may be statistics or constants.
    moved = {name: (end[name] != array).reshape(2, -1).any(1) for name, array in begin.items() if array.ndim > 2}
    stay = [name for name, each in moved.items() if not each.all()]
    evidence.true(bool(moved) and not stay, "every array of weights moves", arrays_that_stay=stay)


@claim("rotation.fine-tunes")
def test_fine_tuning_learns_labels_as_often_as_they_are_given(impl, evidence):
    """A picture of one label comes to have it beyond doubt; one with two labels, 6 times and twice, each by its share.

    Smoothed labels leave a cross-entropy of .09 at least to the first, and weights of classes even out the second.
    """
    from scipy.special import log_softmax

    pair = np.random.default_rng(seed_of_test()).normal(size=(2, 1, 8, 8)).astype(np.float32)
    which, labels = np.repeat([0, 1], 8), np.array([3] * 8 + [1] * 6 + [2] * 2)
    data = {"images": pair[which], "labels": labels, "test_images": pair}
    options = {name: np.repeat(array[None], BY_HEART, axis=0) for name, array in data.items()}
    options |= {"steps": 100, "batch_size": 16, "seeds": seeds_of(*range(BY_HEART))}
    logs = log_softmax(fine_tuned(impl, None, **options).logits(options["test_images"]).astype(np.float64), axis=-1)
    doubt = np.median(-logs[:, 0, 3])
    evidence.true(bool(doubt < 0.05), "the cross-entropy of most networks on the first picture", doubt=doubt)
    share = 1 / (1 + np.exp(logs[:, 1, 2] - logs[:, 1, 1])).mean()
    evidence.true(bool(0.65 < share < 0.85), "the share of the second picture's first label is about 3/4", share=share)


@claim("rotation.fine-tunes")
def test_there_may_be_more_classes_than_labels_seen(impl, evidence):
    """Where only three of ten classes occur there are ten scores nevertheless, and training goes the same way."""
    tuned = fine_tuned(impl, None, steps=5, labels=some_digits()[1] % 3)
    scores = tuned.logits(FINE_TUNING["test_images"])
    evidence.equal(scores.shape, (2, 50, 10), "the shape of scores")
    evidence.equal(tuned.learning_curve()[:, -1], scores, "scores recorded at the end, and scores", tolerance=ROUNDING)


@claim("rotation.fine-tunes")
def test_every_step_changes_the_network(impl, evidence):
    """Recorded after each of 12 steps, scores differ from one to the next, but perhaps for the first and the last."""
    curve = fine_tuned(impl, start(impl), steps=12, checkpoints=list(range(13))).learning_curve()
    changed = (curve[:, 1:] != curve[:, :-1]).any((2, 3))  # (replicates, steps)
    evidence.true(changed[:, 1:-1], "scores after a step are other than before", changed=changed)


@claim("rotation.fine-tunes")
def test_the_learning_curve_ends_where_training_does(impl, evidence):
    """The class scores recorded after the last step are those that the classifier gives; others were before that."""
    tuned = fine_tuned(impl, start(impl), checkpoints=[0, 10, 20])
    curve, scores = tuned.learning_curve(), tuned.logits(FINE_TUNING["test_images"])
    evidence.equal(curve[:, -1], scores, "scores recorded after the last step, and scores", tolerance=ROUNDING)
    moved = np.stack([change(curve[:, i], curve[:, i + 1]) for i in range(2)])
    evidence.true(moved > 0.001, "scores move from one checkpoint to the next", moved=moved)


@claim("rotation.fine-tunes")
def test_looking_on_changes_nothing(impl, evidence):
    """What is recorded after three steps, and the end, do not depend on what else is recorded, or of which images."""
    encoder, (images, others) = start(impl), (some_digits(50, start=s)[0] for s in (200, 400))
    often = fine_tuned(impl, encoder, steps=6, test_images=images, checkpoints=[0, 1, 3, 4, 6])
    once = fine_tuned(impl, encoder, steps=6, test_images=images[:, ::2], checkpoints=[3])
    curve = often.learning_curve()
    evidence.equal(once.learning_curve()[:, 0], curve[:, 2, ::2], "scores recorded once, and often", ROUNDING)
    evidence.equal(once.logits(others), often.logits(others), "scores at the end, watched once, and often", ROUNDING)


LABELS = FINE_TUNING["labels"]
BAD_FINE_TUNING = {
    f"test_{what}": {"test_images": bad["images"]} for what, bad in BAD_TRAINING.items() if "images" in bad
}
BAD_FINE_TUNING |= {f"checkpoints_{steps}": {"checkpoints": steps} for steps in ([], [3, 3], [5, 3], [-1, 3], [3, 21])}
BAD_LABELS = {"negative": LABELS - 1, "beyond": LABELS + 1, "too_few": LABELS[:, :-1]}


@claim("rotation.fine-tunes")
@pytest.mark.parametrize("bad", (BAD_TRAINING | BAD_FINE_TUNING).values(), ids=BAD_TRAINING | BAD_FINE_TUNING)
def test_what_cannot_be_fine_tuned_on_is_refused(impl, evidence, bad):
    """What pre-training refuses, invalid test images, and checkpoints that do not ascend are refused."""
    refuses(evidence, impl.rotation.fine_tune, FINE_TUNING, **bad)


@claim("rotation.fine-tunes")
@pytest.mark.parametrize("labels", BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels_that_are_none_are_refused(impl, evidence, labels):
    """Labels other than the classes, and other than one per image, are refused."""
    refuses(evidence, impl.rotation.fine_tune, FINE_TUNING, "images", "classes", labels=labels)


@claim("rotation.fine-tunes")
def test_a_single_class_is_refused(impl, evidence):
    """A classifier tells at least two classes apart."""
    refuses(evidence, impl.rotation.fine_tune, FINE_TUNING | {"labels": LABELS * 0}, classes=1)


class SomeDigits(NoisyDisplacedDigits):
    """The experiment with digits that are read sooner than MNIST's: for what is handed on, they do as well."""

    budget: ClassVar = {name: number for number, name in enumerate(NoisyDisplacedDigits.budget, start=3)}
    """A number of its own for each, so that one in place of another shows; nothing is trained with them."""

    def draw(self, rng):
        """scikit-learn's."""
        return draw_clean_centred_digits(rng, turned=False)


def recorded():
    """The experiment with an implementation that learns nothing, and that implementation, which records its calls."""
    rotation = create_autospec(Rotation, instance=True)
    rotation.pretrain.return_value.encoder.return_value = {"weight": np.full((2, 1), 0.5)}
    rotation.fine_tune.side_effect = lambda images, _, *, checkpoints, test_images, classes, **__: Mock(
        learning_curve=lambda: np.zeros((len(images), len(checkpoints), test_images.shape[1], classes))
    )
    return SomeDigits(Mock(rotation=rotation), [1, 2], "cpu"), rotation


@claim("rotation.higher-accuracy", role="control")
@pytest.mark.parametrize("other", ["rotation", "shuffled"])
def test_arms_differ_in_what_they_start_from_and_in_nothing_else(evidence, other):
    """Whatever it starts from, fine-tuning is handed the same images, labels, seeds and digits to be tested on."""
    experiment, rotation = recorded()
    augmented = partial(experiment.learning_curve, augmented=True)
    few, everything = experiment.learning_curve, experiment.accuracy_on_all_labels
    for train, start in ((few, other), (augmented, other), (everything, "rotation")):
        train("random")
        train(start)
    tunings = [(list(call.args), dict(call.kwargs)) for call in rotation.fine_tune.call_args_list]
    starts = [options.pop("encoder") for _, options in tunings]
    evidence.equal([start is None for start in starts], [True, False] * 3, "who starts from random weights")
    for random, pretrained_start in (tunings[:2], tunings[2:4], tunings[4:]):
        evidence.equal(pretrained_start, random, "what fine-tuning was handed, and from random weights", tolerance=0)
    for learned, tested in zip(experiment.digits.images, experiment.digits.test_images, strict=True):
        same = (learned[:, None] == tested).reshape(len(learned), len(tested), -1).all(-1)
        evidence.equal(int(same.sum()), 0, "digits both learned from and tested on, and none")


@claim("rotation.learns-good-features", role="control")
def test_pretraining_is_handed_images_and_no_labels(evidence):
    """Pre-training sees the same images in each arm, none of them tested on later, and nothing that tells a class."""
    experiment, rotation = recorded()
    for pretraining in ("rotation", "shuffled", "untrained"):
        experiment.pretrained(pretraining)
    calls = [{"images": call.args[0], **call.kwargs} for call in rotation.pretrain.call_args_list]
    options = {"parameter_budget", "steps", "batch_size", "learning_rate", "seeds", "device", "shuffled", "images"}
    evidence.equal([sorted(call) for call in calls], [sorted(options)] * 3, "what pre-training is handed")
    for call in calls:
        evidence.equal(call["images"], experiment.digits.images, "images pre-trained on, and the digits", tolerance=0)
    true, shuffled, untrained = calls
    evidence.equal(shuffled | {"shuffled": False}, true, "what the shuffled arm is handed, but for that")
    evidence.equal(untrained | {"steps": true["steps"]}, true, "what the untrained arm is handed, but for steps")
