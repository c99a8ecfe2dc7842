"""The trainings behind question 1's real faces: photos of faces against photos of other things.

Networks learn from intact photos, but for one arm, and are tested on intact and on scrambled ones. Faces can be told
from other pictures by their parts alone. Replicate i has the same photos in every training.
"""

from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from spec.common.replicates import per_seed
from spec.contract import TrainedClassifiers
from spec.harness import arm, experiment, stream

from .face_experiments import IMPLEMENTED, Architecture, FaceClassification
from .face_stimuli import Photos, block_permutation, scramble_blocks, split_photos
from .measures import Model, Sample, pixels, standardised

if TYPE_CHECKING:
    from .networks import FixedMixing


@experiment(cpu_seconds=16)
class RealFaces(FaceClassification):
    """Photos of faces against photos of other things, learned from intact pictures and tested on scrambled ones."""

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
    def compared(self, architecture: Architecture, *, positions: bool = False) -> Model:
        """The networks that are compared: as `trained`, or those that the choices name."""
        name = self.choices[architecture]
        if name == IMPLEMENTED[architecture]:
            return self.trained(architecture, positions=positions)
        return self.own(self.training, name, architecture, positions=positions)

    @arm
    def detected(self, *, scrambled: bool) -> np.ndarray:
        """Which of the test photos a face detector that was trained at real scale calls a face, (replicates, n)."""
        from .detector import Detector

        photos = self.scrambled() if scrambled else self.normal
        return Detector().lead(pixels(photos.images)) > 0

    @arm
    def without_attention(self) -> "FixedMixing":
        """Patches that never meet, each read by the same multi-layer perceptron, then averaged."""
        return self.fixed_mixing(self.training, "identity")

    @cached_property
    def _photos(self) -> Photos:
        """Each replicate's split of the same 200 photos."""
        split = partial(split_photos, side=self.choices["side"], reach=self.choices["reach"])
        return per_seed(split, self.seeds, "split and augmentation")

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
    def scrambled(self, block: int | None = None) -> Sample:
        """The photos to test on, faces and others alike, each scrambled with several permutations of its blocks."""
        block = self.choices["block"] if block is None else block
        images = [
            np.concatenate([scramble_blocks(photos, block, order) for order in self._permutations(seed, block)])
            for seed, photos in zip(self.seeds, self.normal.images, strict=True)
        ]
        return Sample(np.stack(images), np.tile(self.normal.labels, self.SCRAMBLES))

    def _permutations(self, seed: int, block: int) -> list[np.ndarray]:
        """How a replicate's blocks change places."""
        rng = stream(seed, "scramble", block)
        return [block_permutation((self.choices["side"] // block) ** 2, rng) for _ in range(self.SCRAMBLES)]

    def _half_scrambled(self, seed: int, images: np.ndarray) -> np.ndarray:
        """Every other image scrambled, with the permutations of this replicate's test photos in turn."""
        result = images.copy()
        block = self.choices["block"]
        for i, permutation in enumerate(self._permutations(seed, block)):
            chosen = slice(2 * i, None, 2 * self.SCRAMBLES)
            result[chosen] = scramble_blocks(images[chosen], block, permutation)
        return result
