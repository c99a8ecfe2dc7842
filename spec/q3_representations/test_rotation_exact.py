"""Question 3a: what rotated copies are, and what passes from pre-training to fine-tuning, exactly."""

from typing import ClassVar
from unittest.mock import Mock, create_autospec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.digits import digits
from spec.contract import Rotation
from spec.harness import claim

from .rotation_experiments import NoisyDisplacedDigits
from .rotation_stimuli import draw_clean_centred_digits, turned_by

TURNS = st.lists(st.integers(0, 3), min_size=1, max_size=6)
SEEDS = st.integers(0, 2**32 - 1)
FLOAT32 = 1e-4
"""Rounding of a network in single precision, relative to outputs of about 1 to 10."""


def pictures(seed: int, n: int) -> np.ndarray:
    """Draw n square images, all pixels different, so that no turn leaves one as it was: (n, channels, s, s)."""
    rng = np.random.default_rng(seed)
    channels, side = rng.integers(1, 4), rng.integers(2, 7)
    return rng.permutation(n * channels * side * side).reshape(n, channels, side, side) / 8


def some_digits() -> tuple[np.ndarray, np.ndarray]:
    """Two replicates of 64 real digits each, (2, 64, 1, 8, 8), and their classes, (2, 64)."""
    pixels, labels = digits()
    return (pixels[:128] / 16).reshape(2, 64, 1, 8, 8).astype(np.float32), labels[:128].reshape(2, 64)


TRAINING = {"parameter_budget": 3000, "batch_size": 8, "learning_rate": 1e-2, "device": "cpu"}


def pretrained(impl, steps=20):
    """The first phase, on digits without their labels."""
    return impl.rotation.pretrain(some_digits()[0], shuffled=False, steps=steps, seeds=[1, 2], **TRAINING)


def fine_tuned(impl, encoder, *, steps, labels=None, classes=10):
    """The second phase, on the same digits; `labels` takes the place of their classes."""
    images, digit = some_digits()
    options = {"classes": classes, "steps": steps, "test_images": images, "checkpoints": [0], "seeds": [3, 4]}
    return impl.rotation.fine_tune(images, digit if labels is None else labels, encoder=encoder, **options, **TRAINING)


def change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How far each replicate's numbers have moved, as a share of how large they were: (replicates,)."""
    axes = tuple(range(1, before.ndim))
    return np.sqrt(((after - before) ** 2).sum(axes) / (before**2).sum(axes))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean loss of class scores (r, n, classes) on labels (r, n): (r,)."""
    from scipy.special import log_softmax

    return -np.take_along_axis(log_softmax(logits, axis=-1), labels[..., None], axis=-1)[..., 0].mean(-1)


@claim("rotation.rotated-copy")
@settings(max_examples=50)
@given(SEEDS, TURNS)
def test_each_image_is_turned_by_its_own_number(impl, evidence, seed, turns):
    """Each image is turned counter-clockwise by its number of quarter turns, channel by channel, as numpy turns it."""
    images = pictures(seed, len(turns))
    turned = impl.rotation.rotate(images, np.array(turns))
    evidence.equal(turned, turned_by(images, np.array(turns)), "turned images, and numpy's", tolerance=0)


@claim("rotation.rotated-copy")
@settings(max_examples=50)
@given(SEEDS, TURNS, st.integers(0, 3))
def test_quarter_turns_form_a_group(impl, evidence, seed, turns, more):
    """Turns add up, modulo four: four quarter turns give the image back, and the last undo the first."""
    images, first, second = pictures(seed, len(turns)), np.array(turns), np.full(len(turns), more)
    twice = impl.rotation.rotate(impl.rotation.rotate(images, first), second)
    evidence.equal(twice, impl.rotation.rotate(images, (first + second) % 4), "two turns, and their sum", tolerance=0)
    undone = impl.rotation.rotate(impl.rotation.rotate(images, first), -first % 4)
    evidence.equal(undone, images, "images turned and turned back, and themselves", tolerance=0)


@claim("rotation.rotated-copy")
@settings(max_examples=50)
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
@settings(max_examples=50)
@given(SEEDS, st.integers(1, 6))
def test_every_orientation_comes_once(impl, evidence, seed, n):
    """The task holds each image in all four orientations: labels come equally often, image by image."""
    task = impl.rotation.rotation_task(pictures(seed, n))
    evidence.equal(np.sort(task["labels"], axis=1), np.tile(np.arange(4), (n, 1)), "labels of each image, and 0 … 3")


@claim("rotation.is-self-supervised")
@settings(max_examples=50)
@given(SEEDS, st.integers(1, 6))
def test_the_label_is_the_turn_that_was_made(impl, evidence, seed, n):
    """Each copy is its image after as many quarter turns as its label says, and turning it back gives the image."""
    images = pictures(seed, n)
    task = impl.rotation.rotation_task(images)
    copies, labels = task["images"].reshape(4 * n, *images.shape[1:]), task["labels"].ravel()
    repeated = np.repeat(images, 4, axis=0)
    evidence.equal(copies, turned_by(repeated, labels), "copies, and images turned by the label", tolerance=0)
    evidence.equal(impl.rotation.rotate(copies, -labels % 4), repeated, "copies turned back, and images", tolerance=0)


@claim("rotation.is-self-supervised")
@settings(max_examples=50)
@given(SEEDS, st.integers(1, 6))
def test_labels_come_from_the_images_alone(impl, evidence, seed, n):
    """Nobody supplies a label: the same images give the same copies and labels again."""
    images = pictures(seed, n)
    first, again = (impl.rotation.rotation_task(images) for _ in range(2))
    evidence.equal(again, first, "copies and labels made twice", tolerance=0)


@claim("rotation.two-phases")
def test_the_second_phase_ends_where_the_first_has_led_it(impl, evidence):
    """The same fine-tuning gives other class scores from pre-trained weights than from the same ones untrained."""
    from_untrained, from_pretrained = (
        fine_tuned(impl, pretrained(impl, steps).encoder(), steps=20).logits(some_digits()[0]) for steps in (0, 20)
    )
    moved = change(from_untrained, from_pretrained)
    evidence.true(moved > 0.01, "class scores differ by over 1 % in each replicate", moved=moved)


@claim("rotation.two-phases")
def test_the_second_phase_leaves_the_first_as_it_was(impl, evidence):
    """Pre-training is over when fine-tuning begins: it leaves the pre-trained network as it was, bit for bit."""
    networks, images = pretrained(impl), some_digits()[0]
    before = {"encoder": networks.encoder(), "logits": networks.logits(images)}
    fine_tuned(impl, networks.encoder(), steps=20)
    after = {"encoder": networks.encoder(), "logits": networks.logits(images)}
    evidence.equal(after, before, "the pre-trained network after fine-tuning, and before", tolerance=0)


@claim("rotation.no-labels")
def test_labels_leave_no_trace_in_pretraining(impl, evidence):
    """Pre-training gives the same encoder, bit for bit, before any label was seen, after, and after permuted ones."""
    images, labels = some_digits()
    networks = pretrained(impl)
    moved = change(pretrained(impl, 0).features(images), networks.features(images))
    evidence.true(moved > 0.01, "pre-training changes the features by over 1 % in each replicate", moved=moved)
    encoders = [networks.encoder()]
    for classes in (labels, np.random.default_rng(0).permuted(labels, axis=1)):
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
    evidence.equal(features, expected, "features at step 0, and the pre-trained", tolerance=FLOAT32)
    moved = change(fine_tuned(impl, None, steps=0).features(images), features)
    evidence.true(moved > 0.01, "random features differ by over 1 % in each replicate", moved=moved)


@claim("rotation.yields-initial-weights")
def test_the_learning_curve_begins_before_the_first_step(impl, evidence):
    """The class scores recorded at step 0 of a training are those of the same start before any step."""
    encoder, images = pretrained(impl).encoder(), some_digits()[0]
    at_start = fine_tuned(impl, encoder, steps=20).learning_curve()[:, 0]
    expected = fine_tuned(impl, encoder, steps=0).logits(images)
    evidence.equal(at_start, expected, "class scores recorded at step 0, and before any", tolerance=FLOAT32)


@claim("rotation.yields-initial-weights")
def test_the_head_is_fresh(impl, evidence):
    """Where there are four classes, as there are four turns, the classes' first scores are not those of the turns."""
    networks, (images, labels) = pretrained(impl), some_digits()
    scores = fine_tuned(impl, networks.encoder(), steps=0, labels=labels % 4, classes=4).logits(images)
    moved = change(networks.logits(images), scores)
    evidence.true(moved > 0.1, "scores of classes and turns differ by over 10 % in each replicate", moved=moved)


@claim("rotation.fine-tunes")
def test_fine_tuning_moves_the_encoder(impl, evidence):
    """After fine-tuning from the pre-trained weights, the encoder's features are no longer the pre-trained ones."""
    networks, images = pretrained(impl), some_digits()[0]
    features = fine_tuned(impl, networks.encoder(), steps=60).features(images)
    moved = change(networks.features(images), features)
    evidence.true(moved > 0.01, "features have moved by over 1 % in each replicate", moved=moved)


@claim("rotation.fine-tunes")
def test_fine_tuning_lowers_the_loss(impl, evidence):
    """After fine-tuning from the pre-trained weights, the loss on the labelled images has fallen by over a tenth."""
    encoder, (images, labels) = pretrained(impl).encoder(), some_digits()
    before, after = (cross_entropy(fine_tuned(impl, encoder, steps=n).logits(images), labels) for n in (0, 60))
    evidence.true(after < 0.9 * before, "loss after fine-tuning below nine tenths", before=before, after=after)


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
    for train, start in ((experiment.learning_curve, other), (experiment.accuracy_on_all_labels, "rotation")):
        train("random")
        train(start)
    tunings = [(list(call.args), dict(call.kwargs)) for call in rotation.fine_tune.call_args_list]
    starts = [options.pop("encoder") for _, options in tunings]
    evidence.equal([start is None for start in starts], [True, False] * 2, "who starts from random weights")
    for random, pretrained_start in (tunings[:2], tunings[2:]):
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
