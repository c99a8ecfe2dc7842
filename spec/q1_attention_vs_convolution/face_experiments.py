"""The trainings behind question 1's drawn faces, whose class is a relation between their eyes.

Networks learn from the normal layout only, and are tested on normal and on scrambled faces. Replicate i has the same
faces in every training of an experiment.
"""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from spec.common.labels import shuffled
from spec.common.replicates import per_seed
from spec.contract import TrainedClassifiers
from spec.harness import Experiment, arm, experiment

from .face_stimuli import CELL, DIRECTIONS, GRID, DrawnFaces, Layout, draw_faces, jittered, one_eye, straddling
from .measures import Model, Sample, standardised

if TYPE_CHECKING:
    from spec.common.ensembles import Ensemble

    from .networks import FixedMixing, Mixing

Architecture = Literal["convolution", "attention"]
Labels = Literal["relation", "one eye", "shuffled"]

IMPLEMENTED: dict[Architecture, str] = {"convolution": "flat", "attention": "encoder"}
"""What the choices call the implementation's networks; any other name is one of the specification's own."""


class ImageClassification(Experiment):
    """An experiment whose networks learn two classes of images within its budget."""

    PATCH: ClassVar[int]
    """The side of attention's patches, in pixels, where that is no choice."""

    @property
    def patch(self) -> int:
        """The side of attention's patches, in pixels."""
        return self.PATCH

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
            "patch_size": self.patch,
            "parameter_budget": self.budget["parameters"],
            "steps": self.budget["steps"] if steps is None else steps,
            "batch_size": self.budget["batch"],
            "seeds": self.seeds,
            "device": self.device,
        }


class FaceClassification(ImageClassification):
    """An experiment in which other networks can be chosen on either side, and other patches."""

    @property
    def patch(self) -> int:
        """The side of attention's patches, in pixels."""
        return self.choices["patch"]

    def own(self, sample: Sample, name: str, architecture: Architecture, **choices: Any) -> "Ensemble":
        """One of the specification's own networks, trained on a sample within the same budget, at the same rate."""
        from spec.common.ensembles import Ensemble

        from .face_networks import widest

        budget, shape = self.budget["parameters"], sample.images.shape[2:]
        return Ensemble(
            widest(name, shape, budget, patch=self.patch, **choices),
            sample.images,
            sample.labels,
            steps=self.budget["steps"],
            batch_size=self.budget["batch"],
            learning_rate=self.budget[f"{architecture}_rate"],
            seeds=self.seeds,
            device=self.device,
        )


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
