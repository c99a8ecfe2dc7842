"""The trainings behind question 1's cats: drawn animals, and strips told apart by a relation at a distance alone.

Animals differ by one of two cues. Where colour is the cue, fur agrees with the class always, ears in two animals of
three. Where ears are the cue, they always agree, and fur says nothing. Replicate i has the same pictures in every
training on a cue.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from spec.common.labels import balanced
from spec.common.replicates import per_seed
from spec.contract import TrainedClassifiers
from spec.harness import arm, experiment, stream

from .cat_stimuli import DISTANCES, STRIP_WIDTH, DrawnAnimals, Version, draw_animals, draw_strips, versions
from .image_classification import Architecture, ImageClassification
from .measures import Sample, accuracy, occlusion_cost, standardised, standardised_each

if TYPE_CHECKING:
    from .networks import WindowNetworks

Cue = Literal["colour", "ears"]

TRAINING_CUES: dict[Cue, tuple[float, float]] = {"colour": (1, 2 / 3), "ears": (1 / 2, 1)}
TEST_CUES: dict[Cue, tuple[float, float]] = {"colour": (1, 1), "ears": (1 / 2, 1)}
"""With what probability colour, and ears, agree with the class. On test pictures ears always do: a network that has
learned ears can tell every one of them, edges or not."""


def dealt_out(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels dealt out at random, as often right as wrong in each class: chance alone must not favour a cue."""
    dealt = np.empty_like(labels)
    for label in (0, 1):
        members = np.flatnonzero(labels == label)
        dealt[members] = balanced(len(members), rng)
    return dealt


@experiment(cpu_seconds=12)
class CatPictures(ImageClassification):
    """Cat or dog, learned from pictures with one cue and tested on their colour, grey and edge versions."""

    PATCH = 6
    TRAINING, TEST = 1024, 192
    COVERED, SQUARE = 24, 4
    """Of how many pictures of each replicate every square is covered, and its side in pixels."""

    @arm
    def trained(
        self,
        architecture: Architecture,
        cue: Cue,
        *,
        version: Version = "colour",
        shuffled: bool = False,
        steps: int | None = None,
    ) -> TrainedClassifiers:
        """Networks that learned one version of the pictures with a cue; to convergence, unless `steps` are stated."""
        pictures = self.in_version(version, self.training(cue))
        if shuffled:
            rows = zip(self.seeds, pictures.labels, strict=True)
            labels = np.stack([dealt_out(row, stream(seed, "shuffled labels")) for seed, row in rows])
            pictures = replace(pictures, labels=labels)
        steps = self.steps(architecture, cue, version) if steps is None else steps
        positions: bool = self.choices["positions"]
        return self.classifiers(pictures, architecture, positions=positions, steps=steps)

    def steps(self, architecture: Architecture, cue: Cue, version: Version) -> int:
        """How many steps a network takes to converge."""
        if cue == "colour":
            return self.budget["edge_steps" if version == "sobel" else "colour_steps"]
        return self.budget["attention_ear_steps" if architecture == "attention" else "convolution_ear_steps"]

    @arm
    def training(self, cue: Cue) -> DrawnAnimals:
        """Pictures to train on, in pixels."""
        return self.drawn(self.TRAINING, TRAINING_CUES[cue], f"training {cue}")

    @arm
    def test(self, cue: Cue) -> DrawnAnimals:
        """Pictures to test on, in pixels."""
        return self.drawn(self.TEST, TEST_CUES[cue], f"test {cue}")

    @arm
    def pictures(self, cue: Cue, version: Version = "colour") -> DrawnAnimals:
        """One version of the pictures to test on, standardised."""
        return self.in_version(version, self.test(cue))

    def drawn(self, n: int, cues: tuple[float, float], purpose: str) -> DrawnAnimals:
        """Animals whose fur and ears agree with the class with such probabilities, in pixels."""
        as_chosen = {"fur_differs_in": self.choices["fur_differs_in"], "noise": self.choices["noise"]}
        return per_seed(partial(draw_animals, n, *cues, **as_chosen), self.seeds, purpose)

    def in_version(self, version: Version, drawn: DrawnAnimals) -> DrawnAnimals:
        """One version of pictures, standardised."""
        converted = replace(drawn, images=versions(self.choices["canny"])[version](drawn.images))
        return standardised_each(converted) if self.choices["standardised_each"] else standardised(converted)

    @arm
    def cost_of_covering(self) -> np.ndarray:
        """What covering each square costs the convolutional network that learned ears, (replicates, n, h', w')."""
        return occlusion_cost(
            self.trained("convolution", "ears"), self.pictures("ears").first(self.COVERED), self.SQUARE
        )


@experiment(cpu_seconds=13)
class DistantMarks(ImageClassification):
    """Whether the marks of a pair match, on strips in which no window smaller than the pair tells."""

    PATCH = 2
    TRAINING, TEST = 1024, 256
    WIDTHS = tuple(range(min(DISTANCES) - 2, max(DISTANCES) + 2))
    FAR = max(DISTANCES)

    @arm
    def attention(self) -> TrainedClassifiers:
        """A transformer encoder, which does not know where a patch lies; the marks are ten columns apart."""
        positions: bool = self.choices["positions"]
        return self.classifiers(self.training(self.FAR), "attention", positions=positions)

    @arm
    def windows(self, distance: int) -> "WindowNetworks":
        """Convolutional networks of every receptive field in `WIDTHS`."""
        return self.window_networks(distance, self.WIDTHS, channels=self.choices["window_channels"])

    @arm
    def whole_strip(self) -> "WindowNetworks":
        """A convolutional network that sees the whole strip, with as many parameters as `attention`."""
        return self.window_networks(self.FAR, [STRIP_WIDTH], channels=28)

    def window_accuracy(self, distance: int, width: int) -> np.ndarray:
        """The accuracy of networks of one receptive field on strips of one distance, (replicates,)."""
        return accuracy(self.windows(distance), self.strips(distance))[self.WIDTHS.index(width)]

    def training(self, distance: int) -> Sample:
        """Strips of one distance to train on."""
        return self.drawn(self.TRAINING, distance, "training")

    @arm
    def strips(self, distance: int) -> Sample:
        """Strips of one distance to test on."""
        return self.drawn(self.TEST, distance, "test")

    def drawn(self, n: int, distance: int, purpose: str) -> Sample:
        """Strips of one distance, standardised."""
        draw = partial(draw_strips, n, distance, noise=self.choices["noise"])
        return standardised(per_seed(draw, self.seeds, purpose, distance))

    def window_networks(self, distance: int, widths: Sequence[int], channels: int) -> "WindowNetworks":
        """The specification's networks of these receptive fields, trained on strips of this distance."""
        # torch takes seconds to import, and collection has no use for it.
        from .networks import WindowNetworks

        return WindowNetworks(
            self.training(distance),
            widths=widths,
            channels=channels,
            steps=self.budget["window_steps"],
            batch_size=self.budget["batch"],
            seeds=self.seeds,
            device=self.device,
        )
