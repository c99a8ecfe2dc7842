"""The trainings behind question 1's edge pictures: networks of the specification's own on photos, and on animals.

Photos of faces among other things, whose shapes survive an edge filter; crops of six photos, of which colour and
shading tell most; and drawn animals for comparison. Replicate i has the same pictures, in all versions, in every
training.
"""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from spec.common import labels
from spec.common.replicates import per_seed
from spec.harness import Experiment, arm, experiment

from . import photo_stimuli
from .cat_stimuli import Fur, Version, draw_animals, versions
from .measures import Sample, standardised, standardised_each

if TYPE_CHECKING:
    from spec.common.ensembles import Ensemble

    from .cat_networks import Network

Pictures = Literal["faces", "crops", "animals", "striped animals"]
Role = Literal["convolution", "attention", "patches"]
Part = Literal["training", "test"]


class EdgePictures(Experiment):
    """An experiment whose networks learn one version of its pictures, and are tested on any."""

    TRAINING, TEST = 1200, 300
    CLASSES: ClassVar[dict[Pictures, int]] = {"crops": photo_stimuli.COLOUR_PHOTOS}

    @arm
    def trained(self, role: Role, version: Version, *, shuffled: bool = False) -> "Ensemble":
        """Networks that learned one version of the pictures, or, `shuffled`, nothing but labels dealt out at random."""
        # torch takes seconds to import, and collection has no use for it.
        from spec.common.ensembles import Ensemble

        from .cat_networks import builder

        sample = self.pictures("training", version)
        if shuffled:
            sample = replace(sample, labels=labels.shuffled(sample.labels, self.seeds, "shuffled labels"))
        pictures: Pictures = self.choices["pictures"]
        build = builder(
            self.network(role),
            sample.images.shape[2:],
            self.CLASSES.get(pictures, 2),
            patch=5 if pictures == "faces" else 6,
            positions=self.choices["positions"],
            parameter_budget=self.budget["parameters"],
        )
        return Ensemble(
            build,
            sample.images,
            sample.labels,
            steps=self.budget["steps"],
            batch_size=self.budget["batch"],
            learning_rate=self.budget["convolution_rate" if role == "convolution" else "attention_rate"],
            seeds=self.seeds,
            device=self.device,
        )

    def network(self, role: Role) -> "Network":
        """Which network plays a role, as it was chosen."""
        if role == "convolution" and self.choices["pooled"]:
            return "pooled"
        if role == "attention" and self.choices["stem"]:
            return "attention_with_stem"
        return role

    @arm
    def pictures(self, part: Part, version: Version) -> Sample:
        """One version of the pictures to train or to test on, in numbers that networks take."""
        drawn = per_seed(partial(self.drawn, part, version), self.seeds, "pictures")
        return standardised_each(drawn) if self.choices["standardised_each"] else standardised(drawn)

    def drawn(self, part: Part, version: Version, rng: np.random.Generator) -> Sample:
        """One replicate's pictures in one version, in pixels; the same pictures, whatever the version."""
        pictures: Pictures = self.choices["pictures"]
        convert = versions(self.choices["canny"])[version]
        if pictures == "crops":
            n, height = self.TRAINING if part == "training" else self.TEST, self.choices["height"]
            return photo_stimuli.crops(n, part, rng, height=height, conversion=convert)
        if pictures == "faces":
            return photo_stimuli.faces(part, rng, conversion=convert)
        animals = self.animals(part, rng)
        return replace(animals, images=convert(animals.images))

    def animals(self, part: Part, rng: np.random.Generator) -> Sample:
        """Drawn animals, whose ears tell always; stripes, if any, in training only."""
        fur: Fur = "stripes" if self.choices["pictures"] == "striped animals" else "colour"
        training = draw_animals(self.TRAINING, 1 if fur == "stripes" else 0.5, 1, rng, fur_differs_in=fur)
        animals = training if part == "training" else draw_animals(self.TEST, 0.5, 1, rng, fur_differs_in=fur)
        return Sample(animals.images, animals.labels)


@experiment(cpu_seconds=9)
class FacesAsEdges(EdgePictures):
    """Photos of faces against photos of other things, learned as they are and tested as edges."""

    def learned(self, role: Role) -> "Ensemble":
        """The networks that learned what it was chosen to learn from."""
        return self.trained(role, self.choices["trained_on"])

    @property
    def edges(self) -> Sample:
        """Edge pictures to test on."""
        return self.pictures("test", self.choices["edges"])


@experiment(cpu_seconds=8)
class ColourPhotos(EdgePictures):
    """Which of six colour photos a crop is from, learned from one version and tested on any."""
