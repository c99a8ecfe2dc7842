"""The trainings behind question 1: classifiers of drawn faces and of real ones; `cat_experiment` adds those of cats.

Both are trained on the normal layout only. Relational faces ask for a relation between the two eyes; real faces can be
told from other pictures by their parts. An arm returns classifiers, one per replicate, and replicate i sees the same
images in every arm.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from spec.contract import TrainedClassifiers
from spec.harness import Experiment, experiment, legacy_arm, stream

from . import cat_experiment as cat_experiment  # registers its experiments: the harness reads this module alone
from . import stimuli
from .measures import correct

if TYPE_CHECKING:
    from .arms import FixedMixing, Mixing


class Sample(NamedTuple):
    """Images with their classes, and where their parts lie, for each replicate."""

    images: np.ndarray
    """(replicates, n, 1, height, width)"""
    labels: np.ndarray
    """(replicates, n)"""
    cells: np.ndarray
    """(replicates, n, 4): the cells of left eye, right eye, nose and mouth"""
    directions: np.ndarray
    """(replicates, n, 2): where the left and the right eye look"""


def fixed_mixing(*images_and_labels: np.ndarray, **choices: Any) -> "FixedMixing":
    """Train `arms.FixedMixing`; imported here, since torch takes seconds to import and collection has no use for it."""
    from .arms import FixedMixing

    return FixedMixing(*images_and_labels, **choices)


def looks_up(faces: Sample) -> np.ndarray:
    """1 where either eye looks up, else 0: a class that asks for no relation, (replicates, n)."""
    return (faces.directions == 0).any(-1).astype(np.int64)


@experiment(cpu_seconds=45)
class RelationalFaces(Experiment):
    """Human or not is whether both eyes look the same way; trained on eyes at fixed places, three cells apart."""

    PARAMETERS = 10_000
    TRAINING, TEST = 4096, 1024
    STEPS, BATCH = 450, 16

    @cached_property
    def _right(self) -> dict[tuple[str, str], np.ndarray]:
        """What `right` has computed so far: many tests ask the same."""
        return {}

    @cached_property
    def normal(self) -> Sample:
        """Faces to test on, every part in its place."""
        return self.faces("normal", self.TEST, "normal faces to test on")

    @cached_property
    def scrambled(self) -> Sample:
        """Faces to test on, their parts at random places."""
        return self.faces("scrambled", self.TEST, "scrambled faces to test on")

    @legacy_arm
    def convolution(self) -> TrainedClassifiers:
        """A convolutional network."""
        return self.trained("convolution")

    @legacy_arm
    def attention(self) -> TrainedClassifiers:
        """A transformer encoder that does not know where a patch lies."""
        return self.trained("attention")

    @legacy_arm
    def attention_with_positions(self) -> TrainedClassifiers:
        """A transformer encoder that knows where each patch lies."""
        return self.trained("attention", positions=True)

    @legacy_arm
    def untrained_attention(self) -> TrainedClassifiers:
        """The encoders of `attention` before their first step."""
        return self.trained("attention", steps=0)

    @legacy_arm
    def attention_on_shuffled_labels(self) -> TrainedClassifiers:
        """As `attention`, but the classes it learned from were dealt out at random."""
        faces = self.training
        labels = np.stack(
            [
                stream(seed, "shuffled labels").permutation(own)
                for seed, own in zip(self.seeds, faces.labels, strict=True)
            ]
        )
        return self.trained("attention", faces=faces._replace(labels=labels))

    @legacy_arm
    def identity_mixing(self) -> "FixedMixing":
        """As `attention`, but each patch keeps to itself."""
        return self.mixed("identity", self.training)

    @legacy_arm
    def uniform_mixing(self) -> "FixedMixing":
        """As `attention`, but each patch gets the average of all, whatever they hold."""
        return self.mixed("uniform", self.training)

    @legacy_arm
    def local_mixing(self) -> "FixedMixing":
        """As `attention`, but each patch gets the average of its neighbourhood, whatever it holds."""
        return self.mixed("local", self.training)

    @legacy_arm
    def deep_sets(self) -> "FixedMixing":
        """Each patch keeps to itself, and a layer reads the average of them all."""
        return self.mixed("identity", self.training, set_layer=64)

    @legacy_arm
    def identity_mixing_on_one_eye(self) -> "FixedMixing":
        """As `identity_mixing`, but the class is which way one eye looks: no relation."""
        return self.mixed("identity", self.one_eye, steps=200)

    @legacy_arm
    def local_mixing_on_one_eye(self) -> "FixedMixing":
        """As `local_mixing`, but the class is which way one eye looks: no relation."""
        return self.mixed("local", self.one_eye, steps=200)

    @cached_property
    def training(self) -> Sample:
        """Normal faces to train on."""
        return self.faces("normal", self.TRAINING, "faces to train on")

    @property
    def one_eye(self) -> Sample:
        """Normal faces to train on, of class 1 if either eye looks up."""
        faces = self.training
        return faces._replace(labels=looks_up(faces))

    def right(self, arm: str, layout: stimuli.Layout) -> np.ndarray:
        """Which faces of a layout the classifiers of an arm put into the right class, (replicates, n)."""
        if (arm, layout) not in self._right:
            faces = self.normal if layout == "normal" else self.scrambled
            self._right[arm, layout] = correct(getattr(self, arm), faces.images, faces.labels)
        return self._right[arm, layout]

    def accuracy(self, arm: str, layout: stimuli.Layout) -> np.ndarray:
        """The share of the faces of a layout that an arm gets right, (replicates,)."""
        return self.right(arm, layout).mean(-1)

    def faces(self, layout: stimuli.Layout, n: int, purpose: str) -> Sample:
        """Each replicate's own n faces."""
        drawn = [stimuli.relational_faces(n, layout, stream(seed, purpose)) for seed in self.seeds]
        return Sample(*(np.stack(parts) for parts in zip(*drawn, strict=True)))

    def trained(
        self,
        architecture: Literal["convolution", "attention"],
        *,
        positions: bool = False,
        steps: int = STEPS,
        faces: Sample | None = None,
    ) -> TrainedClassifiers:
        """The implementation's classifiers, trained on normal faces within the budget of this experiment."""
        faces = faces or self.training
        return self.impl.classifiers.train_classifiers(
            faces.images,
            faces.labels,
            architecture=architecture,
            patch_size=stimuli.CELL,
            positions=positions,
            classes=2,
            parameter_budget=self.PARAMETERS,
            steps=steps,
            batch_size=self.BATCH,
            seeds=self.seeds,
            device=self.device,
        )

    def mixed(self, mixing: "Mixing", faces: Sample, *, set_layer: int = 0, steps: int = STEPS) -> "FixedMixing":
        """The specification's own encoders with fixed mixing weights, within the same budget."""
        return fixed_mixing(
            faces.images,
            faces.labels,
            patch_size=stimuli.CELL,
            mixing=mixing,
            set_layer=set_layer,
            parameter_budget=self.PARAMETERS,
            steps=steps,
            batch_size=self.BATCH,
            seeds=self.seeds,
            device=self.device,
        )


@experiment(cpu_seconds=16)
class RealFaces(Experiment):
    """Photos of faces against photos of other things, learned from intact pictures and tested on scrambled ones."""

    PARAMETERS = 10_600
    BLOCK = 5
    MISALIGNED_BLOCK = 8
    STEPS, BATCH = 200, 16
    SCRAMBLES = 4
    """How many permutations each test photo is scrambled with."""
    EYES = (6, 7)
    """The patches, counted row by row, in which a normal face has its eyes."""

    @cached_property
    def photos(self) -> stimuli.RealFaces:
        """Each replicate's own split of the same 200 photos, (replicates, …)."""
        splits = [stimuli.real_faces(stream(seed, "split and augmentation")) for seed in self.seeds]
        return stimuli.RealFaces(*(np.stack(parts) for parts in zip(*splits, strict=True)))

    @cached_property
    def scrambled_labels(self) -> np.ndarray:
        """The classes of `scrambled_photos`, (replicates, n)."""
        return np.tile(self.photos.test_labels, self.SCRAMBLES)

    def scrambled_photos(self, block: int) -> np.ndarray:
        """The photos to test on, faces and others alike scrambled with several permutations: (replicates, n, …)."""
        return np.stack(
            [
                np.concatenate([stimuli.scrambled(photos, block, p) for p in self.permutations(seed, block)])
                for seed, photos in zip(self.seeds, self.photos.test_images, strict=True)
            ]
        )

    def permutations(self, seed: int, block: int) -> list[np.ndarray]:
        """How this replicate's blocks are moved about."""
        rng = stream(seed, "scramble", block)
        return [stimuli.block_permutation((stimuli.PHOTO_SIDE // block) ** 2, rng) for _ in range(self.SCRAMBLES)]

    @legacy_arm
    def convolution(self) -> TrainedClassifiers:
        """A convolutional network."""
        return self.trained("convolution", self.photos.images, self.photos.labels)

    @legacy_arm
    def convolution_on_scrambled_too(self) -> TrainedClassifiers:
        """As `convolution`, but half of what it learned from was scrambled as the test photos are."""
        images = np.stack(
            [self.half_scrambled(seed, own) for seed, own in zip(self.seeds, self.photos.images, strict=True)]
        )
        return self.trained("convolution", images, self.photos.labels)

    @legacy_arm
    def attention(self) -> TrainedClassifiers:
        """A transformer encoder that does not know where a patch lies."""
        return self.trained("attention", self.photos.images, self.photos.labels)

    @legacy_arm
    def untrained_attention(self) -> TrainedClassifiers:
        """The encoders of `attention` before their first step."""
        return self.trained("attention", self.photos.images, self.photos.labels, steps=0)

    @legacy_arm
    def attention_with_positions(self) -> TrainedClassifiers:
        """A transformer encoder that knows where each patch lies."""
        return self.trained("attention", self.photos.images, self.photos.labels, positions=True)

    @legacy_arm
    def patches_without_attention(self) -> "FixedMixing":
        """Patches that never meet, each read by the same multi-layer perceptron, then averaged."""
        return fixed_mixing(
            self.photos.images,
            self.photos.labels,
            patch_size=self.BLOCK,
            mixing="identity",
            set_layer=0,
            parameter_budget=self.PARAMETERS,
            steps=self.STEPS,
            batch_size=self.BATCH,
            seeds=self.seeds,
            device=self.device,
        )

    def half_scrambled(self, seed: int, images: np.ndarray) -> np.ndarray:
        """Scramble every other image, with the permutations of this replicate's test photos in turn."""
        result = images.copy()
        for i, permutation in enumerate(self.permutations(seed, self.BLOCK)):
            chosen = slice(2 * i, None, 2 * self.SCRAMBLES)
            result[chosen] = stimuli.scrambled(images[chosen], self.BLOCK, permutation)
        return result

    def trained(
        self,
        architecture: Literal["convolution", "attention"],
        images: np.ndarray,
        labels: np.ndarray,
        *,
        positions: bool = False,
        steps: int = STEPS,
    ) -> TrainedClassifiers:
        """The implementation's classifiers, trained within the budget of this experiment."""
        return self.impl.classifiers.train_classifiers(
            images,
            labels,
            architecture=architecture,
            patch_size=self.BLOCK,
            positions=positions,
            classes=2,
            parameter_budget=self.PARAMETERS,
            steps=steps,
            batch_size=self.BATCH,
            seeds=self.seeds,
            device=self.device,
        )
