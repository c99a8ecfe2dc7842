"""The trainings behind question 3a: encoders that predict rotations, and classifiers that start from them.

Replicate i sees the same images, and the same few labels, in every arm. It fine-tunes several times, on several draws
of the few labels; what is compared is the mean over these.
"""

from functools import cached_property

import numpy as np

from spec.contract import RotationNetworks
from spec.harness import Experiment, experiment, legacy_arm, stream

from . import rotation_stimuli as stimuli
from .rotation_measures import curve


class DigitsExperiment(Experiment):
    """Pre-training on digits without labels, then fine-tuning on few labels."""

    PARAMETERS = 5900
    PRETRAINING_STEPS, PRETRAINING_BATCH = 240, 8
    STEPS, BATCH = 60, 25
    CHECKPOINTS = (0, 5, 10, 20, 30, 40, 60)
    EARLY = 20
    """After how many steps the start is judged."""
    PER_CLASS, SUBSETS, TEST = 10, 2, 300

    def deal(self, rng: np.random.Generator) -> stimuli.Digits:
        """One replicate's digits."""
        raise NotImplementedError

    @cached_property
    def digits(self) -> stimuli.Digits:
        """Each replicate's own digits, (replicates, …)."""
        dealt = [self.deal(stream(seed, "digits")) for seed in self.seeds]
        return stimuli.Digits(*(np.stack(parts) for parts in zip(*dealt, strict=True)))

    @legacy_arm
    def rotation(self) -> RotationNetworks:
        """Encoders that learned by how much an image was turned."""
        return self.pretrained()

    @legacy_arm
    def untrained(self) -> RotationNetworks:
        """The encoders of `rotation` before their first step."""
        return self.pretrained(steps=0)

    @legacy_arm
    def from_random(self) -> np.ndarray:
        """Accuracy after each number of steps, from random weights, (replicates, checkpoints)."""
        return self.fine_tuned(None)

    @legacy_arm
    def from_rotation(self) -> np.ndarray:
        """As `from_random`, from what `rotation` learned."""
        return self.fine_tuned(self.rotation)

    def pretrained(self, *, shuffled: bool = False, steps: int | None = None) -> RotationNetworks:
        """Encoders trained on the digits without their labels."""
        return self.impl.rotation.pretrain(
            self.digits.images,
            shuffled=shuffled,
            parameter_budget=self.PARAMETERS,
            steps=self.PRETRAINING_STEPS if steps is None else steps,
            batch_size=self.PRETRAINING_BATCH,
            seeds=self.seeds,
            device=self.device,
        )

    def fine_tuned(self, start: RotationNetworks | None) -> np.ndarray:
        """Accuracy after each number of steps on few labels, mean over their draws, (replicates, checkpoints)."""
        digits, subsets = self.digits, self.SUBSETS
        images, labels = digits.few_images, digits.few_labels  # (r, subsets, few, …)
        seeds = [int(stream(seed, "few labels", i).integers(2**31)) for seed in self.seeds for i in range(subsets)]
        tuned = self.impl.rotation.fine_tune(
            images.reshape(-1, *images.shape[2:]),
            labels.reshape(-1, labels.shape[2]),
            encoder=None if start is None else repeated(start.encoder(), subsets),
            classes=stimuli.CLASSES,
            parameter_budget=self.PARAMETERS,
            steps=self.STEPS,
            batch_size=self.BATCH,
            test_images=np.repeat(digits.test_images, subsets, axis=0),
            checkpoints=list(self.CHECKPOINTS),
            seeds=seeds,
            device=self.device,
        )
        accuracy = curve(tuned, np.repeat(digits.test_labels, subsets, axis=0))  # (r · subsets, checkpoints)
        return accuracy.reshape(-1, subsets, len(self.CHECKPOINTS)).mean(1)


def repeated(weights: dict[str, np.ndarray], times: int) -> dict[str, np.ndarray]:
    """Each replicate's weights so many times in a row, (r · times, …)."""
    return {name: np.repeat(array, times, axis=0) for name, array in weights.items()}


@experiment(cpu_seconds=25)
class NoisyDisplacedDigits(DigitsExperiment):
    """Real digits at random places under noise; also with all labels, and from shuffled rotations."""

    STEPS_ON_ALL, BATCH_ON_ALL = 450, 16

    def deal(self, rng: np.random.Generator) -> stimuli.Digits:
        """One replicate's digits."""
        return stimuli.noisy_displaced_digits(rng, per_class=self.PER_CLASS, subsets=self.SUBSETS, test=self.TEST)

    @legacy_arm
    def shuffled(self) -> RotationNetworks:
        """As `rotation`, but by how much a copy was turned was dealt out at random."""
        return self.pretrained(shuffled=True)

    @legacy_arm
    def from_shuffled(self) -> np.ndarray:
        """As `from_random`, from what `shuffled` learned."""
        return self.fine_tuned(self.shuffled)

    @legacy_arm
    def from_random_on_all_labels(self) -> np.ndarray:
        """Final accuracy with all labels, from random weights, (replicates,)."""
        return self.fine_tuned_on_all_labels(None)

    @legacy_arm
    def from_rotation_on_all_labels(self) -> np.ndarray:
        """As `from_random_on_all_labels`, from what `rotation` learned."""
        return self.fine_tuned_on_all_labels(self.rotation)

    def fine_tuned_on_all_labels(self, start: RotationNetworks | None) -> np.ndarray:
        """Final accuracy after fine-tuning on every image that was there to pre-train on, (replicates,)."""
        digits = self.digits
        tuned = self.impl.rotation.fine_tune(
            digits.images,
            digits.labels,
            encoder=None if start is None else start.encoder(),
            classes=stimuli.CLASSES,
            parameter_budget=self.PARAMETERS,
            steps=self.STEPS_ON_ALL,
            batch_size=self.BATCH_ON_ALL,
            test_images=digits.test_images,
            checkpoints=[self.STEPS_ON_ALL],
            seeds=self.seeds,
            device=self.device,
        )
        return curve(tuned, digits.test_labels)[:, -1]


@experiment(cpu_seconds=4)
class CleanCentredDigits(DigitsExperiment):
    """Real digits in the middle of the image, without noise."""

    PRETRAINING_STEPS = 200
    SUBSETS = 3
    TURNED = False

    def deal(self, rng: np.random.Generator) -> stimuli.Digits:
        """One replicate's digits."""
        return stimuli.clean_centred_digits(
            rng, turned=self.TURNED, per_class=self.PER_CLASS, subsets=self.SUBSETS, test=self.TEST
        )


@experiment(cpu_seconds=4)
class TurnedDigits(CleanCentredDigits):
    """As `CleanCentredDigits`, but each was turned at random before anybody saw it: there is no up side to find."""

    TURNED = True


@experiment(cpu_seconds=4)
class UprightFaces(Experiment):
    """Photos of faces, which have an up side."""

    PARAMETERS = 5900
    STEPS, BATCH = 100, 8

    @cached_property
    def faces(self) -> stimuli.Faces:
        """Each replicate's own split of the same 100 faces, (replicates, …)."""
        splits = [stimuli.upright_faces(stream(seed, "faces")) for seed in self.seeds]
        return stimuli.Faces(*(np.stack(parts) for parts in zip(*splits, strict=True)))

    @legacy_arm
    def rotation(self) -> RotationNetworks:
        """Networks that learned by how much a face was turned."""
        return self.impl.rotation.pretrain(
            self.faces.images,
            shuffled=False,
            parameter_budget=self.PARAMETERS,
            steps=self.STEPS,
            batch_size=self.BATCH,
            seeds=self.seeds,
            device=self.device,
        )
