"""Question 3a: how pre-training goes, and what both phases of training have in common, exactly."""

import numpy as np
import pytest

from spec.common.laws import (
    LEARNED,
    ROUNDING,
    answers_each_by_itself,
    follows_each_seed,
    learns_at_the_rate,
    refuses,
    which_are_read,
)
from spec.common.replicates import seeds_of
from spec.harness import claim, seed_of_test

from .rotation_phases import (
    BAD_TRAINING,
    BY_HEART,
    FINE_TUNING,
    PRETRAINING,
    change,
    cross_entropy,
    distance_from_affine,
    fine_tuned,
    pretrained,
    reads_as_many,
    some_digits,
    start,
)
from .rotation_stimuli import standardised


def told(impl, *, shuffled: bool) -> np.ndarray:
    """What networks that have learned two pictures by heart say of the turns of their copies: (replicates, 2, 4, 4)."""
    pair = np.zeros((2, 3, 8, 8), dtype=np.float32)
    pair[0, -1, :4, :4] = pair[1, -1, :4] = 1  # a quarter, and a half, of the last of three channels
    images = np.repeat(standardised(pair, pair)[None], BY_HEART, axis=0)
    options = {"images": images, "shuffled": shuffled, "seeds": seeds_of(*range(BY_HEART)), "steps": 100}
    networks = pretrained(impl, **options, batch_size=2)
    copies = np.stack([np.rot90(images, k, axes=(3, 4)) for k in range(4)], axis=2)
    return networks.logits(copies.reshape(BY_HEART, 8, 3, 8, 8)).reshape(BY_HEART, 2, 4, 4)


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
    four different ones (3/32), 3e-9; of 96 labels, fewer than 6 are of one kind (1/4 each), or the true ones, 5 · 3e-7;
    of the 24 of one turn, 20 or more are true, 4 · 3e-9.
    There is room for some that have not learned.
    """
    logits = told(impl, shuffled=True)
    labels = logits.argmax(-1)
    doubt = np.median(cross_entropy(logits.reshape(BY_HEART, 8, 4), labels.reshape(BY_HEART, 8)))
    evidence.true(bool(doubt < 0.3), "labels are dealt once, so that networks tell them with little doubt", doubt=doubt)
    same = (labels[:, 0] == labels[:, 1]).all(-1)
    evidence.true(same.sum() < 6, "two pictures do not share their labels", share=int(same.sum()), of=BY_HEART)
    kinds = np.array([len(set(four)) for four in labels.reshape(-1, 4).tolist()])
    evidence.true((kinds == 1).sum() < 9, "a picture's copies do not share one label", share=int((kinds == 1).sum()))
    evidence.true((kinds == 4).sum() < 14, "a picture's copies may share labels", share_none=int((kinds == 4).sum()))
    counts = np.bincount(labels.ravel(), minlength=4)
    evidence.true(counts >= 6, "every label is dealt, the true one too", times=counts)
    true = int((labels == np.arange(4)).sum())
    evidence.true(6 <= true < 60, "labels are the true ones now and then", true=true, of=labels.size)
    each = (labels == np.arange(4)).sum((0, 1))
    evidence.true(each < 20, "no turn has its true label in nearly all of 24 pictures", true=each)


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


@claim("rotation.two-phases")
def test_pretraining_reads_as_many_images_as_it_may(impl, evidence):
    """Ten steps of three images read at most 30 of them, and more than 12."""

    def train(images, seeds):
        return pretrained(impl, images=images, steps=10, batch_size=3, seeds=seeds).encoder()

    reads_as_many(evidence, train, 10, 3, at_least=13)


@claim("rotation.two-phases")
@pytest.mark.parametrize("shuffled", [False, True], ids=["turns", "shuffled"])
def test_pretraining_follows_each_seed(impl, evidence, shuffled):
    """What a replicate learns is a function of its own seed: others, their order and their number do not matter."""
    images = some_digits()[0][:1]

    def draw(seeds):
        options = {"steps": 3, "shuffled": shuffled, "seeds": seeds}
        repeated = np.repeat(images, len(seeds), axis=0)
        return pretrained(impl, images=repeated, **options).features(repeated)

    follows_each_seed(evidence, draw, tolerance=LEARNED)


@claim("rotation.two-phases")
def test_fine_tuning_follows_each_seed(impl, evidence):
    """Fine-tuning too: encoder, head and the order of images are a function of a replicate's own seed."""
    data = {name: FINE_TUNING[name][:1] for name in ("images", "labels", "test_images")}

    def draw(seeds):
        repeated = {name: np.repeat(array, len(seeds), axis=0) for name, array in data.items()}
        return fine_tuned(impl, None, steps=3, seeds=seeds, **repeated).learning_curve()

    follows_each_seed(evidence, draw, tolerance=LEARNED)


@claim("rotation.two-phases")
def test_every_image_has_its_turn_in_pretraining(impl, evidence):
    """Of 8 images, 40 steps of 4 learn from all: one is left out with probability 8 · (7/8)^156, 7e-9."""
    shown, others = some_digits(8)[0]

    def train(copies: np.ndarray) -> dict[str, np.ndarray]:
        seeds = seeds_of(7) * len(copies)
        return pretrained(impl, images=copies, seeds=seeds, steps=40, batch_size=4).encoder()

    evidence.true(which_are_read(train, shown, others), "the image is learned from")


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
@pytest.mark.parametrize(
    ("channels", "side", "budget"), [(1, 8, 2000), (3, 12, 6000), (1, 9, 60_000), (2, 11, 400_000)], ids=str
)
def test_the_encoder_is_as_large_as_it_may_be(impl, evidence, channels, side, budget):
    """An encoder holds between 90 % and 100 % of as many numbers as it may."""
    images = np.random.default_rng(seed_of_test()).normal(size=(2, 8, channels, side, side)).astype(np.float32)
    encoder = pretrained(impl, images=images, parameter_budget=budget, steps=0).encoder()
    size = sum(array[0].size for array in encoder.values())
    evidence.true(0.9 * budget <= size <= budget, "numbers of the encoder", holds=size, may=budget)


@claim("rotation.two-phases")
@pytest.mark.parametrize("bad", BAD_TRAINING.values(), ids=BAD_TRAINING)
def test_what_cannot_be_pretrained_on_is_refused(impl, evidence, bad):
    """Invalid images, rates, steps, batches and budgets are refused, also where no step is to be taken."""
    for steps in (1, 0):
        refuses(evidence, impl.rotation.pretrain, PRETRAINING | {"steps": steps}, **bad)


@claim("rotation.two-phases")
@pytest.mark.parametrize("phase", ["pretrain", "fine_tune"])
def test_seeds_other_than_one_per_replicate_are_refused(impl, evidence, phase):
    """Three seeds for two replicates are refused, and one."""
    good = (PRETRAINING if phase == "pretrain" else FINE_TUNING | {"checkpoints": [0]}) | {"steps": 1}
    for seeds in ([1, 2, 3], [1]):
        refuses(evidence, getattr(impl.rotation, phase), good, "images", seeds=seeds)


@claim("rotation.two-phases")
@pytest.mark.parametrize(("channels", "side"), [(1, 9), (3, 11), (2, 33)], ids=str)
def test_each_border_of_an_image_matters(impl, evidence, channels, side):
    """Also where sides are odd, features move with the first and the last row and column."""
    images = np.random.default_rng(seed_of_test()).normal(size=(2, 8, channels, side, side)).astype(np.float32)
    networks = pretrained(impl, images=images, steps=2)
    others = np.repeat(images[:, :1], 4, axis=1)
    others[:, 0, :, 0], others[:, 1, :, -1], others[:, 2, :, :, 0], others[:, 3, :, :, -1] = 3, 3, 3, 3
    moved = np.abs(networks.features(others) - networks.features(images[:, :1])).max(-1)
    evidence.true(moved > 1e-5, "features move with each border", moved=moved)


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
