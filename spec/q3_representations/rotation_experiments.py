"""The trainings behind question 3a: encoders that predict rotations, and classifiers that start from them.

Replicate i has the same pictures, and the same few labels, in every arm. It fine-tunes several times, on several draws
of the few labels; what is compared is the mean over these.
"""

from functools import cached_property, partial
from typing import Any

import numpy as np

from spec.common.replicates import per_seed
from spec.contract import RotationNetworks
from spec.harness import Experiment, arm, experiment, stream

from . import rotation_stimuli as stimuli

PRETRAININGS: dict[str, dict[str, Any]] = {"rotation": {}, "shuffled": {"shuffled": True}, "untrained": {"steps": 0}}
"""By how much an image was turned, as it was or dealt out at random; and the networks before their first step."""


class RotationExperiment(Experiment):
    """Networks that learn by how much pictures were turned."""

    @property
    def images(self) -> np.ndarray:
        """What is pre-trained on, (replicates, n, 1, side, side)."""
        raise NotImplementedError

    @arm
    def pretrained(self, pretraining: str) -> RotationNetworks:
        """Networks trained on the images in one of the ways of `PRETRAININGS`."""
        options = {"shuffled": False, "steps": self.budget["pretraining_steps"]} | PRETRAININGS[pretraining]
        return self.impl.rotation.pretrain(
            self.images,
            **options,
            parameter_budget=self.budget["parameters"],
            batch_size=self.budget["pretraining_batch"],
            learning_rate=self.budget["learning_rate"],
            seeds=self.seeds,
            device=self.device,
        )


class DigitsExperiment(RotationExperiment):
    """Pre-training on digits without labels, then fine-tuning on few labels."""

    CHECKPOINTS = (0, 5, 10, 20, 30, 40, 60)
    EARLY = CHECKPOINTS.index(20)
    """The checkpoint at which the start is judged."""
    PER_CLASS, SUBSETS, TEST = 10, 3, 300

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One replicate's digits, (n, 1, side, side), and their classes, (n,)."""
        raise NotImplementedError

    @cached_property
    def digits(self) -> stimuli.DigitSets:
        """What each replicate learns from and is tested on, (replicates, …)."""

        def dealt(rng: np.random.Generator) -> stimuli.DigitSets:
            images, labels = self.draw(rng)
            return stimuli.deal_digits(images, labels, rng, self.PER_CLASS, self.SUBSETS, self.TEST)

        return per_seed(dealt, self.seeds, "digits")

    @property
    def images(self) -> np.ndarray:
        """All but those to test on."""
        return self.digits.images

    @arm
    def learning_curve(self, start: str) -> np.ndarray:
        """Test accuracy at each checkpoint with few labels, mean over their draws, (replicates, checkpoints)."""
        images, labels = np.concatenate(self.digits.few_images), np.concatenate(self.digits.few_labels)
        draws, checkpoints = range(self.SUBSETS), list(self.CHECKPOINTS)
        seeds = [int(stream(seed, "few labels", i).integers(2**31)) for seed in self.seeds for i in draws]
        training = {"steps": self.budget["steps"], "batch_size": self.budget["batch"]}
        accuracy = self.fine_tuned(start, images, labels, seeds, checkpoints=checkpoints, **training)
        return accuracy.reshape(-1, len(draws), len(checkpoints)).mean(1)

    def fine_tuned(
        self, start: str, images: np.ndarray, labels: np.ndarray, seeds: list[int], **training: Any
    ) -> np.ndarray:
        """Test accuracy at each checkpoint, from "random" weights or those of a pre-training.

        A replicate is trained k times in a row: images (r · k, n, …), labels (r · k, n) → (r · k, checkpoints).
        """
        repeated = partial(np.repeat, repeats=len(seeds) // len(self.seeds), axis=0)
        encoder = None
        if start != "random":
            encoder = {name: repeated(array) for name, array in self.pretrained(start).encoder().items()}
        tuned = self.impl.rotation.fine_tune(
            images,
            labels,
            **training,
            encoder=encoder,
            classes=stimuli.CLASSES,
            parameter_budget=self.budget["parameters"],
            learning_rate=self.budget["learning_rate"],
            test_images=repeated(self.digits.test_images),
            seeds=seeds,
            device=self.device,
        )
        return (tuned.learning_curve().argmax(-1) == repeated(self.digits.test_labels)[:, None]).mean(-1)


@experiment(cpu_seconds=40)
class NoisyDisplacedDigits(DigitsExperiment):
    """Real digits at random places under noise; also with all labels."""

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """MNIST's."""
        return stimuli.draw_noisy_displaced_digits(rng)

    @arm
    def accuracy_on_all_labels(self, start: str) -> np.ndarray:
        """Final test accuracy after fine-tuning on every image that was there to pre-train on, (replicates,)."""
        steps, images, labels = self.budget["steps_on_all_labels"], self.digits.images, self.digits.labels
        training = {"steps": steps, "batch_size": self.budget["batch_on_all_labels"], "checkpoints": [steps]}
        return self.fine_tuned(start, images, labels, self.seeds, **training)[:, -1]


@experiment(cpu_seconds=4)
class CleanCentredDigits(DigitsExperiment):
    """Real digits in the middle of the image, without noise."""

    TURNED = False

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """scikit-learn's."""
        return stimuli.draw_clean_centred_digits(rng, turned=self.TURNED)


@experiment(cpu_seconds=4)
class TurnedDigits(CleanCentredDigits):
    """As `CleanCentredDigits`, but each was turned at random before anybody saw it: there is no up side to find."""

    TURNED = True


@experiment(cpu_seconds=4)
class UprightFaces(RotationExperiment):
    """Photos of faces, which have an up side."""

    @cached_property
    def faces(self) -> stimuli.FaceSets:
        """Each replicate's split of the same 100 faces, (replicates, …)."""
        return per_seed(stimuli.deal_faces, self.seeds, "faces")

    @property
    def images(self) -> np.ndarray:
        """All but those to test on."""
        return self.faces.images
