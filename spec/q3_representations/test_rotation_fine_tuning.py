"""Question 3a: what passes from pre-training to fine-tuning, and how that goes, exactly."""

import numpy as np
import pytest

from spec.common.laws import ROUNDING, follows_each_seed, refuses
from spec.common.replicates import seeds_of
from spec.harness import claim, seed_of_test

from .rotation_phases import (
    BAD_TRAINING,
    BY_HEART,
    FINE_TUNING,
    READ,
    change,
    cross_entropy,
    distance_from_affine,
    fine_tuned,
    pretrained,
    reads_as_many,
    some_digits,
    start,
)


@claim("rotation.fine-tunes")
@pytest.mark.parametrize(("checkpoint", "at_least"), [(3, 1), (10, 13)], ids=["on_the_way", "at_the_end"])
def test_fine_tuning_reads_as_many_images_as_it_may(impl, evidence, checkpoint, at_least):
    """After three steps of three images at most 9 have had an effect, and after ten at most 30 and more than 12."""

    def train(images, seeds):
        tested, labels = some_digits(20, start=200)[0], some_digits(READ)[1][0]
        data = {"images": images, "labels": np.tile(labels, (len(images), 1)), "seeds": seeds}
        data |= {"test_images": np.repeat(tested[:1], len(images), axis=0)}
        tuned = fine_tuned(impl, None, steps=10, batch_size=3, checkpoints=[checkpoint], **data)
        return tuned.learning_curve()[:, 0]

    reads_as_many(evidence, train, checkpoint, 3, at_least)


@claim("rotation.yields-initial-weights")
def test_fine_tuning_begins_with_the_pretrained_features(impl, evidence):
    """Before its first step the classifier has the features of the pre-trained encoder, not those of a random one."""
    networks, images = pretrained(impl), some_digits()[0]
    expected = networks.features(images)
    features = fine_tuned(impl, networks.encoder(), steps=0).features(images)
    evidence.equal(features, expected, "features at step 0, and the pre-trained", tolerance=ROUNDING)
    turned = dict(reversed(networks.encoder().items()))
    evidence.equal(
        fine_tuned(impl, turned, steps=0).features(images), features, "features, of names in turned order", 0
    )
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


@claim("rotation.fine-tunes")
def test_steps_of_a_pass_that_is_not_whole_are_all_taken(impl, evidence):
    """Of 150 images one at a time, training still goes on in the last of 299 steps.

    Where there is nothing left to learn from, what an optimiser remembers has faded: of Adam's momentum .9¹⁴⁰ is left.
    """
    images, labels = some_digits(150)
    data = {"images": images, "labels": labels, "test_images": images[:, :20], "batch_size": 1}
    scores = fine_tuned(impl, None, **data, steps=299, checkpoints=[290, 295]).learning_curve().astype(np.float64)
    moved = np.abs(scores[:, 1] - scores[:, 0]).reshape(2, -1).max(1)
    evidence.true(moved > 1e-5, "late steps change class scores", changes=moved)


@claim("rotation.yields-initial-weights")
def test_the_head_is_fresh(impl, evidence):
    """Where there are four classes, as there are four turns, the classes' first scores are not those of the turns."""
    networks, (images, labels) = pretrained(impl), some_digits()
    scores = fine_tuned(impl, networks.encoder(), steps=0, labels=labels % 4, classes=4).logits(images)
    moved = change(networks.logits(images), scores)
    evidence.true(moved > 0.1, "scores of classes and turns differ by over 10 % in each replicate", moved=moved)


@claim("rotation.yields-initial-weights")
def test_the_head_follows_each_seed(impl, evidence):
    """On the same encoder, each seed has a head of its own."""
    encoder, data = start(impl), {name: FINE_TUNING[name] for name in ("images", "labels", "test_images")}

    def draw(seeds):
        own, learned = (
            {name: np.repeat(array[:1], len(seeds), axis=0) for name, array in arrays.items()}
            for arrays in (encoder, data)
        )
        return fine_tuned(impl, own, steps=0, seeds=seeds, **learned).logits(learned["test_images"])

    follows_each_seed(evidence, draw)


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
        "infinite_in_a_place": good | {name: np.where(np.arange(array.size).reshape(array.shape) == 7, np.inf, array)},
        "axes_exchanged": good | {name: array.swapaxes(1, 2).copy()},
        "of_one_replicate": {key: value[:1] for key, value in good.items()},
    }


@claim("rotation.yields-initial-weights")
@pytest.mark.parametrize("wrong", bad_encoders({"": np.zeros((2, 3, 4))}))
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
def test_each_of_a_dozen_classes_is_learned(impl, evidence):
    """Of twelve networks, each of which sees one class of twelve, each tells its own."""
    images = np.repeat(some_digits(16)[0][:1], 12, axis=0)
    data = {"images": images, "labels": np.repeat(np.arange(12)[:, None], 16, axis=1), "test_images": images}
    tuned = fine_tuned(impl, None, steps=60, classes=12, batch_size=16, seeds=seeds_of(*range(12)), **data)
    evidence.equal(tuned.logits(images).mean(1).argmax(-1), np.arange(12), "the class that is told, and the one seen")


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
def test_steps_change_the_network_when_all_is_learned(impl, evidence):
    """When two pictures have long been known by heart, steps still change scores, until the rate has nearly fallen."""
    pair = np.random.default_rng(seed_of_test()).normal(size=(1, 2, 1, 8, 8)).astype(np.float32)
    data = {"images": np.repeat(pair, 8, axis=1), "labels": np.repeat([[0, 1]], 8, axis=1), "test_images": pair}
    options = {"steps": 150, "learning_rate": 3e-2, "batch_size": 16, "checkpoints": list(range(1, 101))}
    curve = fine_tuned(impl, None, seeds=seeds_of(1), **data, **options).learning_curve()
    changed = (curve[:, 1:] != curve[:, :-1]).any((2, 3))
    evidence.true(changed, "scores after a step are other than before", steps=int(changed.sum()))


@claim("rotation.fine-tunes")
def test_the_encoder_is_trained_from_the_first_half_on(impl, evidence):
    """After half of the steps, class scores are no affine function of the features that training began with."""
    encoder, images = start(impl), some_digits(600)[0]
    halfway = fine_tuned(impl, encoder, steps=30, checkpoints=[15], test_images=images).learning_curve()[:, 0]
    distance = distance_from_affine(fine_tuned(impl, encoder, steps=0).features(images), halfway)
    evidence.true(distance > 5e-4, "scores are not affine in the first features", distance=distance)


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
BAD_FINE_TUNING["test_images_of_one_replicate"] = {"test_images": FINE_TUNING["test_images"][:1]}
BAD_LABELS = {"negative": LABELS - 1, "beyond": LABELS + 1, "too_few": LABELS[:, :-1]}
BAD_LABELS["too_many"] = np.concatenate([LABELS, LABELS[:, :1]], axis=1)


@claim("rotation.fine-tunes")
@pytest.mark.parametrize("bad", (BAD_TRAINING | BAD_FINE_TUNING).values(), ids=BAD_TRAINING | BAD_FINE_TUNING)
def test_what_cannot_be_fine_tuned_on_is_refused(impl, evidence, bad):
    """What pre-training refuses, invalid test images, and checkpoints that do not ascend are refused."""
    refuses(evidence, impl.rotation.fine_tune, FINE_TUNING, **bad)


@claim("rotation.fine-tunes")
@pytest.mark.parametrize("labels", BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels_that_are_none_are_refused(impl, evidence, labels):
    """Labels other than the classes, and other than one per image, are refused, also where no step is to be taken."""
    for changes in ({}, {"steps": 0, "checkpoints": [0]}):
        refuses(evidence, impl.rotation.fine_tune, FINE_TUNING | changes, "images", "classes", labels=labels)


@claim("rotation.fine-tunes")
def test_a_single_class_is_refused(impl, evidence):
    """A classifier tells at least two classes apart."""
    refuses(evidence, impl.rotation.fine_tune, FINE_TUNING | {"labels": LABELS * 0}, classes=1)
