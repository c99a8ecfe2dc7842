"""Question 3a: the arms of an experiment differ in what they are about, and in nothing else."""

from functools import partial
from typing import ClassVar
from unittest.mock import Mock, create_autospec

import numpy as np
import pytest

from spec.contract import Rotation
from spec.harness import claim

from .rotation_experiments import NoisyDisplacedDigits
from .rotation_stimuli import draw_clean_centred_digits


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
