"""The trainings behind question 1's faces: drawn faces, whose class is a relation between their eyes, and real photos.

Networks learn from the normal layout only, and are tested on normal and on scrambled pictures. Real faces can be told
from other pictures by their parts alone. Replicate i has the same pictures in every training of an experiment.
"""

from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from spec.common.labels import shuffled
from spec.common.replicates import per_seed
from spec.contract import TrainedClassifiers
from spec.harness import Experiment, arm, experiment, stream

from . import face_stimuli
from .face_stimuli import DrawnFaces, Layout, Photos, block_permutation, draw_faces, one_eye, scramble_blocks
from .measures import Sample, standardised

if TYPE_CHECKING:
    from .networks import FixedMixing, Mixing

Architecture = Literal["convolution", "attention"]
Labels = Literal["relation", "one eye", "shuffled"]


class ImageClassification(Experiment):
    """An experiment whose networks learn two classes of images within its budget."""

    PATCH: ClassVar[int]
    """The side of attention's patches, in pixels."""

    def classifiers(
        self, sample: Sample, architecture: Architecture, *, positions: bool, steps: int | None = None
    ) -> TrainedClassifiers:
        """The implementation's networks, trained on a sample; `steps` are the budget's where that is None."""
        choices = {"architecture": architecture, "positions": positions, "classes": 2}
        choices |= {"learning_rate": self.budget[f"{architecture}_rate"], **self._choices(steps)}
        return self.impl.classifiers.train_classifiers(sample.images, sample.labels, **choices)

    def vessel(self, sample: Sample, architecture: Architecture, *, positions: bool = False) -> TrainedClassifiers:
        """The implementation's networks, having learned nothing: to be given the parameters of others."""
        return self.classifiers(sample.first(2), architecture, positions=positions, steps=0)

    def fixed_mixing(
        self, sample: Sample, mixing: "Mixing", *, set_layer: int = 0, steps: int | None = None
    ) -> "FixedMixing":
        """The specification's networks without attention, trained on a sample within the same budget."""
        # torch takes seconds to import, and collection has no use for it.
        from .networks import FixedMixing

        return FixedMixing(sample, mixing=mixing, set_layer=set_layer, **self._choices(steps))

    def _choices(self, steps: int | None) -> dict[str, Any]:
        return {
            "patch_size": self.PATCH,
            "parameter_budget": self.budget["parameters"],
            "steps": self.budget["steps"] if steps is None else steps,
            "batch_size": self.budget["batch"],
            "seeds": self.seeds,
            "device": self.device,
        }


@experiment(cpu_seconds=45)
class RelationalFaces(ImageClassification):
    """Human or not is whether both eyes look the same way; trained on eyes at fixed places, three cells apart."""

    PATCH = face_stimuli.CELL
    TRAINING, TEST = 4096, 1024
    WATCHED = 256
    """On how many faces of each replicate attention weights are read."""
    ONE_EYE_STEPS = 200
    """To learn from one eye takes fewer steps."""
    DIRECTIONS = face_stimuli.DIRECTIONS

    @arm
    def trained(
        self,
        architecture: Architecture,
        *,
        positions: bool = False,
        labels: Labels = "relation",
        steps: int | None = None,
    ) -> TrainedClassifiers:
        """Networks that learned normal faces; "attention" knows where a patch lies only with `positions`."""
        return self.classifiers(self.training(labels), architecture, positions=positions, steps=steps)

    @arm
    def mixed(self, mixing: "Mixing", *, labels: Labels = "relation", set_layer: int = 0) -> "FixedMixing":
        """As "attention", but patches are mixed by fixed weights, whatever they hold."""
        steps = self.ONE_EYE_STEPS if labels == "one eye" else None
        return self.fixed_mixing(self.training(labels), mixing, set_layer=set_layer, steps=steps)

    @arm
    def training(self, labels: Labels = "relation") -> DrawnFaces:
        """Normal faces to train on, of class 1 if their eyes look the same way, if one eye looks up, or at random."""
        if labels == "relation":
            return self._drawn(self.TRAINING, "normal", "faces to train on")
        faces = self.training()
        if labels == "one eye":
            return one_eye(faces)
        return replace(faces, labels=shuffled(faces.labels, self.seeds, "shuffled labels"))

    @cached_property
    def normal(self) -> DrawnFaces:
        """Faces to test on, every part in its place."""
        return self._drawn(self.TEST, "normal", "normal faces to test on")

    @cached_property
    def scrambled(self) -> DrawnFaces:
        """Faces to test on, their parts at random places."""
        return self._drawn(self.TEST, "scrambled", "scrambled faces to test on")

    @cached_property
    def watched(self) -> DrawnFaces:
        """The scrambled faces on which attention weights are read."""
        return self.scrambled.first(self.WATCHED)

    def _drawn(self, n: int, layout: Layout, purpose: str) -> DrawnFaces:
        return standardised(per_seed(partial(draw_faces, n, layout, directions=self.DIRECTIONS), self.seeds, purpose))


@experiment(cpu_seconds=20)
class TwoWayFaces(RelationalFaces):
    """As `RelationalFaces`, but eyes look up or down: a relation that any ordinary way of training learns in time."""

    DIRECTIONS = 2


@experiment(cpu_seconds=16)
class RealFaces(ImageClassification):
    """Photos of faces against photos of other things, learned from intact pictures and tested on scrambled ones."""

    PATCH = 5
    MISALIGNED = 8
    """The side of blocks that cut through patches."""
    SCRAMBLES = 4
    """How many permutations each test photo is scrambled with."""
    EYES = (6, 7)
    """The patches, counted row by row, in which a normal face has its eyes."""

    @arm
    def trained(
        self,
        architecture: Architecture,
        *,
        positions: bool = False,
        half_scrambled: bool = False,
        steps: int | None = None,
    ) -> TrainedClassifiers:
        """Networks that learned intact photos; with `half_scrambled`, every other one scrambled as the test photos."""
        photos = self.training
        if half_scrambled:
            images = [self._half_scrambled(*replicate) for replicate in zip(self.seeds, photos.images, strict=True)]
            photos = replace(photos, images=np.stack(images))
        return self.classifiers(photos, architecture, positions=positions, steps=steps)

    @arm
    def without_attention(self) -> "FixedMixing":
        """Patches that never meet, each read by the same multi-layer perceptron, then averaged."""
        return self.fixed_mixing(self.training, "identity")

    @cached_property
    def _photos(self) -> Photos:
        """Each replicate's split of the same 200 photos."""
        return per_seed(face_stimuli.split_photos, self.seeds, "split and augmentation")

    @cached_property
    def training(self) -> Sample:
        """Photos to train on, augmented."""
        return standardised(self._photos.training)

    @cached_property
    def normal(self) -> Sample:
        """Photos to test on, as they are."""
        return standardised(self._photos.test)

    @cached_property
    def faces(self) -> np.ndarray:
        """The faces among the test photos, (replicates, n, 1, height, width)."""
        images = self.normal.images
        return images[self.normal.labels == 1].reshape(len(images), -1, *images.shape[2:])

    @arm
    def scrambled(self, block: int = PATCH) -> Sample:
        """The photos to test on, faces and others alike, each scrambled with several permutations of its blocks."""
        images = [
            np.concatenate([scramble_blocks(photos, block, order) for order in self._permutations(seed, block)])
            for seed, photos in zip(self.seeds, self.normal.images, strict=True)
        ]
        return Sample(np.stack(images), np.tile(self.normal.labels, self.SCRAMBLES))

    def _permutations(self, seed: int, block: int) -> list[np.ndarray]:
        """How a replicate's blocks change places."""
        rng = stream(seed, "scramble", block)
        return [block_permutation((face_stimuli.PHOTO_SIDE // block) ** 2, rng) for _ in range(self.SCRAMBLES)]

    def _half_scrambled(self, seed: int, images: np.ndarray) -> np.ndarray:
        """Every other image scrambled, with the permutations of this replicate's test photos in turn."""
        result = images.copy()
        for i, permutation in enumerate(self._permutations(seed, self.PATCH)):
            chosen = slice(2 * i, None, 2 * self.SCRAMBLES)
            result[chosen] = scramble_blocks(images[chosen], self.PATCH, permutation)
        return result
