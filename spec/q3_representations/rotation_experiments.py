"""The trainings behind question 3a: encoders that predict rotations, and classifiers that start from them.

Replicate i has the same pictures, and the same few labels, in every arm. It fine-tunes several times, on several draws
of the few labels; what is compared is the mean over these.
"""

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spec.common.replicates import per_seed
from spec.contract import RotationNetworks
from spec.harness import Experiment, arm, experiment, stream

from . import rotation_stimuli as stimuli

if TYPE_CHECKING:
    from .networks import PairNetworks

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

    SHARES: tuple[float, ...] = (0, 1 / 12, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 1)
    """Of the steps of fine-tuning: after these test digits are classified."""
    EARLY = SHARES.index(1 / 3)
    """Which of them judges the start."""
    SUBSETS, TEST = 3, 300

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One replicate's digits, (n, 1, side, side), and their classes, (n,)."""
        raise NotImplementedError

    @cached_property
    def digits(self) -> stimuli.DigitSets:
        """What each replicate learns from and is tested on, (replicates, …)."""

        def dealt(rng: np.random.Generator) -> stimuli.DigitSets:
            images, labels = self.draw(rng)
            return stimuli.deal_digits(images, labels, rng, self.choices["per_class"], self.SUBSETS, self.TEST)

        return per_seed(dealt, self.seeds, "digits")

    @property
    def images(self) -> np.ndarray:
        """All but those to test on."""
        return self.digits.images

    @arm
    def learning_curve(self, start: str, *, augmented: bool = False) -> np.ndarray:
        """Test accuracy after each of `SHARES` of the steps with few labels, mean over their draws, (replicates, k).

        If `augmented`, one draw, of whose pictures there are many copies, moved about and under further noise.
        """
        augmented = augmented or self.choices["augmented"]
        draws = range(1 if augmented else self.SUBSETS)
        images, labels = (np.concatenate(few[:, draws]) for few in (self.digits.few_images, self.digits.few_labels))
        seeds = [int(stream(seed, "few labels", i).integers(2**31)) for seed in self.seeds for i in draws]
        if augmented:
            copies = self.choices["copies"]
            images, labels = self.moved_about(images, seeds), np.tile(labels, copies)
        steps = self.steps(augmented=augmented)
        checkpoints = [round(share * steps) for share in self.SHARES]
        training = {"steps": steps, "batch_size": self.budget["batch"], "checkpoints": checkpoints}
        accuracy = self.fine_tuned(start, images, labels, seeds, **training)
        return accuracy.reshape(-1, len(draws), len(checkpoints)).mean(1)

    def steps(self, *, augmented: bool) -> int:
        """How many steps fine-tuning on few labels takes."""
        return int(self.budget["steps_on_copies" if augmented else "steps"])

    def moved_about(self, images: np.ndarray, seeds: list[int]) -> np.ndarray:
        """Copies of each replicate's labelled images, (r, n, …) → (r, copies · n, …), and so are their labels."""
        how = [self.choices[name] for name in ("copies", "shift", "copy_noise")]
        return np.stack(
            [stimuli.moved_copies(few, stream(seed, "copies"), *how) for few, seed in zip(images, seeds, strict=True)]
        )

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

    @arm
    def told_from_pairs(self, *, trained: bool = True) -> "PairNetworks":
        """The specification's networks that see each image beside its turned copy; or before their first step."""
        from .networks import PairNetworks  # torch takes seconds to import, and collection has no use for it

        return PairNetworks(
            *self.pairs(self.images, "pairs"),
            width=self.choices["pair_width"],
            steps=self.choices["pair_steps"] if trained else 0,
            batch_size=self.choices["pair_batch"],
            learning_rate=self.budget["learning_rate"],
            seeds=self.seeds,
            device=self.device,
        )

    def pairs(self, images: np.ndarray, purpose: str) -> tuple[np.ndarray, np.ndarray]:
        """Each image and a copy turned at random, (r, n, 1, …) → (r, n, 2, …), and by how many quarter turns."""
        turns = np.stack([stream(seed, purpose).integers(stimuli.TURNS, size=images.shape[1]) for seed in self.seeds])
        copies = np.stack([stimuli.turned_by(some, k) for some, k in zip(images, turns, strict=True)])
        return np.concatenate([images, copies], axis=2), turns


@experiment(cpu_seconds=40)
class NoisyDisplacedDigits(DigitsExperiment):
    """Real digits at random places under noise; also with all labels."""

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """MNIST's, or as many of scikit-learn's as there are."""
        return stimuli.draw_noisy_displaced_digits(
            rng, self.choices["digits"], canvas=self.choices["canvas"], noise=self.choices["noise"]
        )

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
