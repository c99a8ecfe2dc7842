"""The trainings behind question 1's faces: drawn faces, whose class is a relation between their eyes, and real photos.

Networks learn from the normal layout only, and are tested on normal and on scrambled pictures. Real faces can be told
from other pictures by their parts alone. Replicate i has the same pictures in every training of an experiment.
"""

from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from spec.common.labels import shuffled
from spec.common.replicates import per_seed
from spec.contract import TrainedClassifiers
from spec.harness import arm, experiment, stream

from .face_stimuli import (
    CELL,
    DIRECTIONS,
    GRID,
    DrawnFaces,
    Layout,
    Photos,
    block_permutation,
    draw_faces,
    jittered,
    one_eye,
    scramble_blocks,
    split_photos,
    straddling,
)
from .image_classification import IMPLEMENTED, Architecture, FaceClassification
from .measures import Model, Sample, pixels, standardised

if TYPE_CHECKING:
    from spec.common.ensembles import Ensemble

    from .networks import FixedMixing, Mixing

Labels = Literal["relation", "one eye", "shuffled"]


@experiment(cpu_seconds=55)
class RelationalFaces(FaceClassification):
    """Human or not is whether both eyes look the same way; trained on eyes at fixed places, three cells apart."""

    TRAINING, TEST = 4096, 1024
    WATCHED, PROBED = 256, 512
    """On how many faces of each replicate attention weights are read, and what the layers make of eyes."""
    ONE_EYE_STEPS = 200
    """To learn from one eye takes fewer steps."""
    DIRECTIONS = DIRECTIONS

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
    def compared(self, architecture: Architecture, *, positions: bool = False) -> Model:
        """The networks whose accuracies are compared: as `trained`, or those that the choices name."""
        name = self.choices[architecture]
        if name == IMPLEMENTED[architecture]:
            return self.trained(architecture, positions=positions)
        return self.own(self.training(), name, architecture, positions=positions)

    @arm
    def pooled(self) -> "Ensemble":
        """Convolution whose windows are the patches, averaged over the image: no weight is bound to a position."""
        return self.own(self.training(), "pooled", "convolution")

    @arm
    def never_linked(self) -> "Ensemble":
        """Encoders trained with the eyes' patches, as a normal face has them, kept from attending to each other."""
        return self.own(self.training(), "two_layers", "attention", positions=False, apart=self.normal_eyes)

    @arm
    def mixed(self, mixing: "Mixing", *, labels: Labels = "relation", set_layer: int = 0) -> "FixedMixing":
        """As "attention", but patches are mixed by fixed weights, whatever they hold."""
        steps = self.ONE_EYE_STEPS if labels == "one eye" else None
        return self.fixed_mixing(self.training(labels), mixing, set_layer=set_layer, steps=steps)

    @arm
    def training(self, labels: Labels = "relation") -> DrawnFaces:
        """Normal faces to train on, of class 1 if their eyes look the same way, if one eye looks up, or at random."""
        if labels == "relation":
            return self._drawn(self.TRAINING, "normal", "faces to train on", reach=self.choices["jitter"])
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

    @property
    def normal_eyes(self) -> tuple[int, int]:
        """The cells of a normal face's left and right eye."""
        left, right, *_ = self.choices["places"]
        return left, right

    @property
    def cell(self) -> int:
        """The side of a cell, in pixels."""
        return CELL * self.choices["size"]

    @property
    def patches(self) -> int:
        """How many patches an image has."""
        return (self.cell * GRID // self.patch) ** 2

    def patches_of(self, cells: np.ndarray) -> np.ndarray:
        """The patches that a cell consists of, or the one that holds it: (…,) → (…, patches of a cell)."""
        across, within = self.cell * GRID // self.patch, np.arange(0, self.cell, self.patch)
        rows, columns = ((at[..., None] * self.cell + within) // self.patch for at in np.divmod(cells, GRID))
        patches = rows[..., :, None] * across + columns[..., None, :]
        return patches.reshape(*cells.shape, -1)

    def _drawn(self, n: int, layout: Layout, purpose: str, *, reach: int = 0) -> DrawnFaces:
        """Faces as the choices say, each moved by up to `reach` pixels."""
        chosen = {name: self.choices[name] for name in ("noise", "places", "size")}

        def draw(rng: np.random.Generator) -> DrawnFaces:
            faces = straddling(draw_faces(n, layout, rng, self.DIRECTIONS, **chosen), self.choices["shift"])
            return jittered(faces, reach, rng) if reach else faces

        return standardised(per_seed(draw, self.seeds, purpose))


@experiment(cpu_seconds=20)
class TwoWayFaces(RelationalFaces):
    """As `RelationalFaces`, but eyes look up or down: a relation that any ordinary way of training learns in time."""

    DIRECTIONS = 2


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
