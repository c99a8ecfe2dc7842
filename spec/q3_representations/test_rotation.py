"""Question 3a: what pre-training by predicting rotations does for a classifier, over replicates."""

import numpy as np
import pytest

from spec.harness import claim

from . import rotation_stimuli as stimuli
from .measures import angle_accuracy, probe_accuracy, share_to
from .rotation_experiments import CleanCentredDigits, DigitsExperiment, NoisyDisplacedDigits, TurnedDigits, UprightFaces

CONVERGED = 0.9
"""Of the accuracy that a training ends with: where it is said to have converged."""


def share_saved(digits: DigitsExperiment, sooner: str, later: str) -> np.ndarray:
    """Which share of the steps one start takes less than the other to where the other has converged: (r,)."""
    first, second = digits.learning_curve(sooner), digits.learning_curve(later)
    first_share, second_share = (share_to(curve, digits.SHARES, CONVERGED * second[:, -1]) for curve in (first, second))
    return second_share - first_share


@claim("rotation.predicts-the-angle")
def test_by_how_much_a_face_was_turned_is_told(upright: UprightFaces, evidence):
    """Trained on 60 real faces, the networks predict by how many quarter turns 40 others were turned."""
    evidence.exceeds(angle_accuracy(upright.pretrained("rotation"), upright.faces.test_images), "faces")


@claim("rotation.predicts-the-angle")
def test_by_how_much_a_digit_was_turned_is_told(clean: CleanCentredDigits, evidence):
    """Trained on real digits, the networks predict by how many quarter turns others were turned."""
    evidence.exceeds(angle_accuracy(clean.pretrained("rotation"), clean.digits.test_images), "digits")


@claim("rotation.predicts-the-angle", role="boundary")
def test_on_images_that_no_turn_changes_it_is_exactly_chance(upright: UprightFaces, evidence):
    """The networks are right about exactly one in four turns of faces made the same from all four sides."""
    accuracy = angle_accuracy(upright.pretrained("rotation"), stimuli.symmetrised(upright.faces.test_images))
    evidence.equal(accuracy, np.full(len(accuracy), 0.25), "accuracy on symmetrical images, and a quarter", tolerance=0)


@claim("rotation.predicts-the-angle", role="boundary")
def test_without_an_up_side_there_is_no_angle_to_find(turned: TurnedDigits, evidence):
    """On digits that were turned at random before anybody saw them, the networks stay at chance."""
    evidence.within(angle_accuracy(turned.pretrained("rotation"), turned.digits.test_images), "turned_before")


@claim("rotation.predicts-the-angle", role="control")
def test_shuffled_rotations_teach_no_angle(noisy: NoisyDisplacedDigits, evidence):
    """Networks trained on shuffled rotations are at chance on digits at random places under noise."""
    evidence.within(angle_accuracy(noisy.pretrained("shuffled"), noisy.digits.test_images), "shuffled")


@claim("rotation.learns-good-features")
@pytest.mark.parametrize("other", ["untrained", "shuffled"])
def test_a_probe_reads_more_from_rotation_features(noisy: NoisyDisplacedDigits, evidence, other):
    """A linear probe is better on rotation features than on random ones, and than on those of shuffled rotations."""
    rotation, others = (probe_accuracy(noisy.pretrained(by), noisy.digits) for by in ("rotation", other))
    evidence.exceeds(rotation - others, other)


@claim("rotation.learns-good-features", role="boundary")
def test_on_clean_centred_digits_random_features_are_as_good(clean: CleanCentredDigits, evidence):
    """On digits without noise in the middle of the image, a probe reads no more from rotation features."""
    rotation, untrained = (probe_accuracy(clean.pretrained(by), clean.digits) for by in ("rotation", "untrained"))
    evidence.within(rotation - untrained, "clean_centred")


@claim("rotation.learns-good-features", role="control")
def test_rotations_of_clean_centred_digits_are_learned(clean: CleanCentredDigits, evidence):
    """What brings nothing on clean, centred digits is not a failed pre-training: it tells their angle well."""
    evidence.exceeds(angle_accuracy(clean.pretrained("rotation"), clean.digits.test_images), "angle")


@claim("rotation.learns-good-features", role="control")
def test_rotations_of_noisy_displaced_digits_are_learned(noisy: NoisyDisplacedDigits, evidence):
    """On unseen digits at random places under noise, the networks are right well over a quarter of the time."""
    evidence.exceeds(angle_accuracy(noisy.pretrained("rotation"), noisy.digits.test_images), "noisy_angle")


@claim("rotation.learns-good-features")
def test_so_it_does_from_features_of_two_pictures(noisy: NoisyDisplacedDigits, evidence):
    """Shown a picture beside its turned copy, as the homework words it, networks learn better features than random."""
    pairs, untrained = (noisy.told_from_pairs(trained=trained) for trained in (True, False))
    evidence.exceeds(probe_accuracy(pairs, noisy.digits) - probe_accuracy(untrained, noisy.digits), "two_pictures")


@claim("rotation.learns-good-features", role="boundary")
def test_between_two_pictures_the_angle_is_told_without_an_up_side(turned: TurnedDigits, evidence):
    """Networks predict by how much a digit is turned against its copy, also where all were turned at random before."""
    pairs, turns = turned.pairs(turned.digits.test_images, "pairs to test on")
    evidence.exceeds(
        (turned.told_from_pairs().logits(pairs).argmax(-1) == turns).mean(-1), "two_pictures_turned_before"
    )


@claim("rotation.good-start")
@pytest.mark.parametrize("other", ["random", "shuffled"])
def test_after_a_few_steps_the_pretrained_are_ahead(noisy: NoisyDisplacedDigits, evidence, other):
    """A third of the steps in, rotation pre-training is ahead of random weights, and of shuffled rotations."""
    lead = noisy.learning_curve("rotation") - noisy.learning_curve(other)
    evidence.exceeds(lead[:, noisy.EARLY], other)


@claim("rotation.good-start", role="boundary")
@pytest.mark.parametrize(("start", "comparison"), [("random", "step_0_random"), ("rotation", "step_0_rotation")])
def test_before_the_first_step_nobody_is_ahead(noisy: NoisyDisplacedDigits, evidence, start, comparison):
    """At step 0 the head is new, and accuracy at chance, from pre-trained weights as from random ones."""
    evidence.within(noisy.learning_curve(start)[:, 0], comparison)


@claim("rotation.good-start", role="control")
def test_without_an_up_side_there_is_no_head_start(turned: TurnedDigits, evidence):
    """Where all digits were turned at random before, those pre-trained on rotations are not ahead."""
    lead = turned.learning_curve("rotation") - turned.learning_curve("random")
    evidence.within(lead[:, turned.EARLY], "turned_before")


@claim("rotation.faster-convergence")
@pytest.mark.parametrize("other", ["random", "shuffled"])
def test_the_pretrained_converge_sooner(noisy: NoisyDisplacedDigits, evidence, other):
    """Nine tenths of the accuracy that the other start ends with are reached in fewer steps than by that start."""
    evidence.exceeds(share_saved(noisy, "rotation", other), other)


@claim("rotation.faster-convergence", role="boundary")
def test_without_an_up_side_no_steps_are_saved(turned: TurnedDigits, evidence):
    """Where all digits were turned at random before, those pre-trained on rotations converge no sooner."""
    evidence.within(share_saved(turned, "rotation", "random"), "turned_before")


@claim("rotation.faster-convergence", role="control")
def test_no_run_is_cut_short_before_it_has_converged(noisy: NoisyDisplacedDigits, evidence):
    """The pre-trained reach nine tenths of what random weights end with, which these reach by definition."""
    rotation, random = (noisy.learning_curve(start)[:, -1] for start in ("rotation", "random"))
    evidence.exceeds(rotation - CONVERGED * random, "reached")


@claim("rotation.higher-accuracy")
@pytest.mark.parametrize("other", ["random", "shuffled"])
def test_with_few_labels_the_pretrained_end_higher(noisy: NoisyDisplacedDigits, evidence, other):
    """With ten labels per class, final accuracy exceeds that from random weights, and that from shuffled rotations."""
    lead = noisy.learning_curve("rotation") - noisy.learning_curve(other)
    evidence.exceeds(lead[:, -1], other)


@claim("rotation.higher-accuracy", role="boundary")
def test_augmentation_alone_gains_more(noisy: NoisyDisplacedDigits, evidence):
    """From random weights augmented pictures lead further than rotation pre-training does without augmentation."""
    augmented, rotation = noisy.learning_curve("random", augmented=True), noisy.learning_curve("rotation")
    evidence.exceeds((augmented - rotation)[:, -1], "augmentation_instead")


@claim("rotation.higher-accuracy", role="boundary")
def test_with_all_labels_less_is_gained(noisy: NoisyDisplacedDigits, evidence):
    """With all 4700 labels, pre-trained weights gain less over random ones than with ten labels per class."""
    with_all = noisy.accuracy_on_all_labels("rotation") - noisy.accuracy_on_all_labels("random")
    with_few = (noisy.learning_curve("rotation") - noisy.learning_curve("random"))[:, -1]
    evidence.exceeds(with_few - with_all, "all_labels")


@claim("rotation.higher-accuracy", role="boundary")
def test_on_clean_centred_digits_final_accuracy_is_level(clean: CleanCentredDigits, evidence):
    """On digits without noise in the middle of the image, ten labels per class lead equally far from either start."""
    lead = clean.learning_curve("rotation") - clean.learning_curve("random")
    evidence.within(lead[:, -1], "clean_centred")


@claim("rotation.higher-accuracy", role="control")
def test_with_all_labels_random_weights_learn_the_task(noisy: NoisyDisplacedDigits, evidence):
    """With all labels the networks classify well from random weights too."""
    evidence.exceeds(noisy.accuracy_on_all_labels("random"), "learned")
