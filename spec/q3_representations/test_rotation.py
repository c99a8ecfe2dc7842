"""Question 3a: what pre-training by predicting rotations does for a classifier, over replicates."""

import numpy as np
import pytest

from spec.harness import claim

from . import rotation_stimuli as stimuli
from .rotation_measures import angle_accuracy, probe_accuracy, steps_to

THRESHOLD = 0.2
"""An accuracy, twice chance, that both arms reach within the steps they have."""


def lead(digits, other="from_random") -> np.ndarray:
    """By how much accuracy from rotation pre-training exceeds the other's at each checkpoint, (replicates, …)."""
    return digits.from_rotation - getattr(digits, other)


def early_lead(digits, other="from_random") -> np.ndarray:
    """The lead after the first few steps, (replicates,)."""
    return lead(digits, other)[:, digits.CHECKPOINTS.index(digits.EARLY)]


def steps_saved(digits, other="from_random") -> np.ndarray:
    """How many steps fewer it takes to the threshold from rotation pre-training, (replicates,)."""
    own, others = (
        steps_to(accuracy, digits.CHECKPOINTS, THRESHOLD) for accuracy in (digits.from_rotation, getattr(digits, other))
    )
    return others - own


def turned(evidence, name: str, images: np.ndarray) -> None:
    """Keep some images of the first replicate, turned in all four ways, for the report."""
    rows = ("as they are", "a quarter turn", "half a turn", "three quarters")
    ways = np.split(stimuli.all_orientations(images[:1, :8]), len(rows), axis=1)
    evidence.figure(
        name,
        "pictures",
        "By how much was it turned? That is the question that pre-training asks of pictures without labels.",
        **{row: np.clip(way[0, :, 0], 0, 1) for row, way in zip(rows, ways, strict=True)},
    )


@claim("rotation.predicts-the-angle")
def test_by_how_much_a_face_was_turned_is_told(upright_faces, evidence):
    """Trained on 60 real faces, the networks tell by how many quarter turns 40 others were turned."""
    turned(evidence, "faces", upright_faces.faces.test_images)
    evidence.exceeds(angle_accuracy(upright_faces.rotation, upright_faces.faces.test_images), "faces")


@claim("rotation.predicts-the-angle")
def test_by_how_much_a_digit_was_turned_is_told(noisy_displaced_digits, evidence):
    """On unseen digits at random places under noise, the networks are right well over a quarter of the time."""
    turned(evidence, "digits", noisy_displaced_digits.digits.test_images)
    evidence.exceeds(
        angle_accuracy(noisy_displaced_digits.rotation, noisy_displaced_digits.digits.test_images), "digits"
    )


@claim("rotation.predicts-the-angle", role="boundary")
def test_on_images_that_no_turn_changes_it_is_exactly_chance(upright_faces, evidence):
    """The networks are right about exactly one in four turns of faces made the same from all four sides."""
    accuracy = angle_accuracy(upright_faces.rotation, stimuli.symmetrised(upright_faces.faces.test_images))
    evidence.equal(accuracy, np.full(len(accuracy), 0.25), "accuracy on symmetrical images, and a quarter", tolerance=0)


@claim("rotation.predicts-the-angle", role="boundary")
def test_without_an_up_side_there_is_no_angle_to_find(turned_digits, evidence):
    """On digits that were turned at random before anybody saw them, the networks stay at chance."""
    evidence.within(angle_accuracy(turned_digits.rotation, turned_digits.digits.test_images), "turned_before")


@claim("rotation.predicts-the-angle", role="control")
def test_shuffled_rotations_teach_no_angle(noisy_displaced_digits, evidence):
    """Networks whose rotations were dealt out at random are at chance on the same digits."""
    evidence.within(
        angle_accuracy(noisy_displaced_digits.shuffled, noisy_displaced_digits.digits.test_images), "shuffled"
    )


@claim("rotation.learns-good-features")
@pytest.mark.parametrize("other", ["untrained", "shuffled"])
def test_a_probe_reads_more_from_rotation_features(noisy_displaced_digits, evidence, other):
    """A linear probe is better on rotation features than on random ones, and than on those of shuffled rotations."""
    digits = noisy_displaced_digits.digits
    rotation, others = (probe_accuracy(getattr(noisy_displaced_digits, arm), digits) for arm in ("rotation", other))
    evidence.exceeds(rotation - others, other)


@claim("rotation.learns-good-features", role="boundary")
def test_on_clean_centred_digits_random_features_are_as_good(clean_centred_digits, evidence):
    """On digits without noise in the middle of the image, a probe reads no more from rotation features."""
    rotation, untrained = (
        probe_accuracy(getattr(clean_centred_digits, arm), clean_centred_digits.digits)
        for arm in ("rotation", "untrained")
    )
    evidence.within(rotation - untrained, "clean_centred")


@claim("rotation.learns-good-features", role="control")
def test_rotations_of_clean_centred_digits_are_learned(clean_centred_digits, evidence):
    """What brings nothing on clean, centred digits is not a failed pre-training: it tells their angle well."""
    evidence.exceeds(angle_accuracy(clean_centred_digits.rotation, clean_centred_digits.digits.test_images), "angle")


@claim("rotation.good-start")
@pytest.mark.parametrize("other", ["random", "shuffled"])
def test_after_a_few_steps_the_pretrained_are_ahead(noisy_displaced_digits, evidence, other):
    """A third of the steps in, rotation pre-training is ahead of random weights, and of shuffled rotations."""
    evidence.figure(
        "learning-curves",
        "curves",
        "Accuracy on digits not seen before, with ten labels per class, over the steps of fine-tuning.",
        x=noisy_displaced_digits.CHECKPOINTS,
        x_label="steps of fine-tuning",
        y_label="accuracy",
        **{
            "from rotation": noisy_displaced_digits.from_rotation,
            "from random weights": noisy_displaced_digits.from_random,
            "from shuffled rotations": noisy_displaced_digits.from_shuffled,
        },
    )
    evidence.exceeds(early_lead(noisy_displaced_digits, f"from_{other}"), other)


@claim("rotation.good-start", role="control")
def test_shuffled_rotations_are_no_good_start(noisy_displaced_digits, evidence):
    """A third of the steps in, pre-training on shuffled rotations is not ahead of random weights."""
    ahead = early_lead(noisy_displaced_digits, "from_random") - early_lead(noisy_displaced_digits, "from_shuffled")
    evidence.within(ahead, "shuffled_against_random")


@claim("rotation.good-start", role="boundary")
@pytest.mark.parametrize("start", ["random", "rotation"])
def test_before_the_first_step_nobody_is_ahead(noisy_displaced_digits, evidence, start):
    """At step 0 the head is fresh, and accuracy at chance, from pre-trained weights as from random ones."""
    evidence.within(getattr(noisy_displaced_digits, f"from_{start}")[:, 0], f"step_0_{start}")


@claim("rotation.good-start", role="boundary")
def test_without_an_up_side_there_is_no_head_start(turned_digits, evidence):
    """Where all digits were turned at random before, those pre-trained on rotations are not ahead."""
    evidence.within(early_lead(turned_digits), "turned_before")


@claim("rotation.faster-convergence")
@pytest.mark.parametrize("other", ["random", "shuffled"])
def test_the_pretrained_reach_the_threshold_sooner(noisy_displaced_digits, evidence, other):
    """Twice chance is reached in fewer steps than from random weights and shuffled rotations; 60 counts as never."""
    evidence.exceeds(steps_saved(noisy_displaced_digits, f"from_{other}"), other)


@claim("rotation.faster-convergence", role="boundary")
def test_without_an_up_side_no_steps_are_saved(turned_digits, evidence):
    """Where all digits were turned at random before, those pre-trained on rotations reach it no sooner."""
    evidence.within(steps_saved(turned_digits), "turned_before")


@claim("rotation.faster-convergence", role="control")
def test_random_weights_reach_the_threshold(noisy_displaced_digits, evidence):
    """From random weights the threshold is passed by the last step, so that few runs or none are cut short."""
    evidence.exceeds(noisy_displaced_digits.from_random[:, -1] - THRESHOLD, "reached")


@claim("rotation.higher-accuracy")
@pytest.mark.parametrize("other", ["random", "shuffled"])
def test_with_few_labels_the_pretrained_end_higher(noisy_displaced_digits, evidence, other):
    """With ten labels per class, final accuracy exceeds that from random weights, and that from shuffled rotations."""
    evidence.exceeds(lead(noisy_displaced_digits, f"from_{other}")[:, -1], other)


@claim("rotation.higher-accuracy", role="boundary")
def test_with_all_labels_next_to_nothing_is_gained(noisy_displaced_digits, evidence):
    """With all 4700 labels, final accuracy is about the same from pre-trained weights as from random ones."""
    gain = noisy_displaced_digits.from_rotation_on_all_labels - noisy_displaced_digits.from_random_on_all_labels
    evidence.within(gain, "all_labels")


@claim("rotation.higher-accuracy", role="boundary")
def test_on_clean_centred_digits_final_accuracy_is_level(clean_centred_digits, evidence):
    """On digits without noise in the middle of the image, ten labels per class lead equally far from either start."""
    evidence.within(lead(clean_centred_digits)[:, -1], "clean_centred")


@claim("rotation.higher-accuracy", role="control")
def test_with_all_labels_random_weights_learn_the_task(noisy_displaced_digits, evidence):
    """With all labels the networks classify well from random weights too."""
    evidence.exceeds(noisy_displaced_digits.from_random_on_all_labels, "learned")
