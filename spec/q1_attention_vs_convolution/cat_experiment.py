"""The trainings behind question 1's cats: drawn animals, and strips told apart by a relation at a distance alone.

Animals come from two worlds. In one, colour is the cue: fur agrees with the class always, ears in two animals of three.
In the other, ears are the only cue: they always agree, and fur says nothing. Replicate i sees the same pictures in
every arm of a world.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from spec.contract import TrainedClassifiers
from spec.harness import Experiment, experiment, legacy_arm, stream

from . import cats, strips
from .measures import correct

if TYPE_CHECKING:
    from .window_networks import WindowNetworks

World = Literal["colour", "ears"]


class Cues(NamedTuple):
    """With what probability the colour of the fur, and the ears, agree with the class."""

    colour: float
    ears: float


TRAINING_CUES: dict[World, Cues] = {"colour": Cues(1, 2 / 3), "ears": Cues(1 / 2, 1)}
TEST_CUES: dict[World, Cues] = {"colour": Cues(1, 1), "ears": Cues(1 / 2, 1)}
"""On test pictures the ears always agree: whoever has learned ears can tell every one of them, edges or not."""


def dealt_out(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels dealt out at random, as often right as wrong in each class: chance alone must not favour a cue."""
    dealt = np.empty_like(labels)
    for label in (0, 1):
        own = np.flatnonzero(labels == label)
        dealt[own] = rng.permutation(np.arange(len(own)) % 2)
    return dealt


@experiment(cpu_seconds=12)
class CatPictures(Experiment):
    """Cat or dog, learned from pictures of one world and tested on their colour, grey and edge versions."""

    PARAMETERS = 8_000
    PATCH = 6
    TRAINING, TEST = 1024, 192
    BATCH = 16
    COLOUR_STEPS, CONVOLUTION_STEPS, ATTENTION_STEPS = 100, 140, 250
    """Colour is learned by either network in few steps; ears take each its own time."""
    EDGE_STEPS = 160
    """Edges show ears alone, which in the world of colour are right in two of three only."""
    FEW_STEPS = 20

    @cached_property
    def _right(self) -> dict[tuple[str, World, str], np.ndarray]:
        """What `accuracy` has computed so far: many tests ask the same."""
        return {}

    @cached_property
    def _versions(self) -> dict[tuple[World, str], np.ndarray]:
        """What `version` has drawn so far."""
        return {}

    @legacy_arm
    def convolution_by_colour(self) -> TrainedClassifiers:
        """A convolutional network that saw colour pictures in which colour is the cue."""
        return self.trained("convolution", "colour", self.COLOUR_STEPS)

    @legacy_arm
    def convolution_by_ears(self) -> TrainedClassifiers:
        """A convolutional network that saw colour pictures in which ears are the only cue."""
        return self.trained("convolution", "ears", self.CONVOLUTION_STEPS)

    @legacy_arm
    def convolution_from_edges(self) -> TrainedClassifiers:
        """As `convolution_by_colour`, but it saw the edges of the same pictures."""
        return self.trained("convolution", "colour", self.EDGE_STEPS, version="sobel")

    @legacy_arm
    def convolution_from_grey(self) -> TrainedClassifiers:
        """As `convolution_by_colour`, but it saw the same pictures in grey."""
        return self.trained("convolution", "colour", self.COLOUR_STEPS, version="grey")

    @legacy_arm
    def convolution_on_shuffled_labels(self) -> TrainedClassifiers:
        """As `convolution_by_ears`, but the classes it learned from were dealt out at random."""
        return self.trained("convolution", "ears", self.CONVOLUTION_STEPS, shuffled=True)

    @legacy_arm
    def untrained_convolution(self) -> TrainedClassifiers:
        """The convolutional networks before their first step."""
        return self.trained("convolution", "colour", 0)

    @legacy_arm
    def attention_by_colour(self) -> TrainedClassifiers:
        """A transformer encoder that saw what `convolution_by_colour` saw."""
        return self.trained("attention", "colour", self.COLOUR_STEPS)

    @legacy_arm
    def attention_by_ears(self) -> TrainedClassifiers:
        """A transformer encoder that saw what `convolution_by_ears` saw."""
        return self.trained("attention", "ears", self.ATTENTION_STEPS)

    @legacy_arm
    def attention_after_few_steps(self) -> TrainedClassifiers:
        """As `attention_by_ears`, after few steps."""
        return self.trained("attention", "ears", self.FEW_STEPS)

    @legacy_arm
    def attention_from_edges(self) -> TrainedClassifiers:
        """A transformer encoder that saw what `convolution_from_edges` saw."""
        return self.trained("attention", "colour", self.EDGE_STEPS, version="sobel")

    @cached_property
    def training(self) -> dict[World, cats.Animals]:
        """The colour pictures of each world to train on, (replicates, n, …)."""
        return {world: self.drawn(self.TRAINING, cues, f"training {world}") for world, cues in TRAINING_CUES.items()}

    @cached_property
    def tests(self) -> dict[World, cats.Animals]:
        """The colour pictures of each world to test on, (replicates, n, …)."""
        return {world: self.drawn(self.TEST, cues, f"test {world}") for world, cues in TEST_CUES.items()}

    def version(self, world: World, version: str) -> np.ndarray:
        """One version of the test pictures, (replicates, n, 3, height, width)."""
        if (world, version) not in self._versions:
            self._versions[world, version] = cats.VERSIONS[version](self.tests[world].images)
        return self._versions[world, version]

    def accuracy(self, arm: str, world: World, version: str) -> np.ndarray:
        """The share of the test pictures, in one version, that an arm gets right, (replicates,)."""
        if (arm, world, version) not in self._right:
            images = self.version(world, version)
            self._right[arm, world, version] = correct(getattr(self, arm), images, self.tests[world].labels)
        return self._right[arm, world, version].mean(-1)

    def drawn(self, n: int, cues: Cues, purpose: str) -> cats.Animals:
        """Each replicate's own n animals."""
        own = [cats.animals(n, cues.colour, cues.ears, stream(seed, purpose)) for seed in self.seeds]
        return cats.Animals(*(np.stack(parts) for parts in zip(*own, strict=True)))

    def trained(
        self,
        architecture: Literal["convolution", "attention"],
        world: World,
        steps: int,
        *,
        version: str = "colour",
        shuffled: bool = False,
    ) -> TrainedClassifiers:
        """The implementation's classifiers, trained within the budget of this experiment."""
        pictures = self.training[world]
        labels = pictures.labels
        if shuffled:
            generators = [stream(seed, "shuffled labels") for seed in self.seeds]
            labels = np.stack([dealt_out(own, rng) for rng, own in zip(generators, labels, strict=True)])
        return self.impl.classifiers.train_classifiers(
            cats.VERSIONS[version](pictures.images),
            labels,
            architecture=architecture,
            patch_size=self.PATCH,
            positions=True,
            classes=2,
            parameter_budget=self.PARAMETERS,
            steps=steps,
            batch_size=self.BATCH,
            seeds=self.seeds,
            device=self.device,
        )


@experiment(cpu_seconds=13)
class DistantMarks(Experiment):
    """Whether the marks of a pair match, on strips in which no window smaller than the pair tells."""

    PARAMETERS = 3_000
    PATCH = 2
    TRAINING, TEST = 1024, 256
    STEPS, BATCH = 400, 16
    WINDOW_STEPS = 200
    WIDTHS = tuple(range(min(strips.DISTANCES) - 2, max(strips.DISTANCES) + strips.MARK + 1))
    FAR = max(strips.DISTANCES)

    @legacy_arm
    def attention(self) -> TrainedClassifiers:
        """A transformer encoder that does not know where a patch lies; marks are ten columns apart."""
        strips_seen = self.drawn(self.TRAINING, self.FAR, "training")
        return self.impl.classifiers.train_classifiers(
            strips_seen.images,
            strips_seen.labels,
            architecture="attention",
            patch_size=self.PATCH,
            positions=False,
            classes=2,
            parameter_budget=self.PARAMETERS,
            steps=self.STEPS,
            batch_size=self.BATCH,
            seeds=self.seeds,
            device=self.device,
        )

    @legacy_arm
    def windows(self) -> "dict[int, WindowNetworks]":
        """Convolutional networks of every receptive field in `WIDTHS`, for each distance."""
        return {distance: self.window_networks(distance, self.WIDTHS, 12) for distance in strips.DISTANCES}

    @legacy_arm
    def whole_strip(self) -> "WindowNetworks":
        """A convolutional network that sees the whole strip, with as many parameters as `attention`."""
        return self.window_networks(self.FAR, [strips.WIDTH], 28)

    @cached_property
    def tests(self) -> dict[int, strips.Strips]:
        """The strips of each distance to test on, (replicates, n, …)."""
        return {distance: self.drawn(self.TEST, distance, "test") for distance in strips.DISTANCES}

    @cached_property
    def window_accuracy(self) -> np.ndarray:
        """The accuracy of `windows`, (distances, widths, replicates)."""
        return np.array(
            [correct(self.windows[distance], own.images, own.labels).mean(-1) for distance, own in self.tests.items()]
        )

    def of_windows(self, distance: int, width: int) -> np.ndarray:
        """The accuracy of networks of one width on strips of one distance, (replicates,)."""
        return self.window_accuracy[strips.DISTANCES.index(distance), self.WIDTHS.index(width)]

    def drawn(self, n: int, distance: int, purpose: str) -> strips.Strips:
        """Each replicate's own n strips."""
        own = [strips.strips(n, distance, stream(seed, purpose, distance)) for seed in self.seeds]
        return strips.Strips(*(np.stack(parts) for parts in zip(*own, strict=True)))

    def window_networks(self, distance: int, widths: "list[int] | tuple[int, ...]", channels: int) -> "WindowNetworks":
        """The specification's own networks of these receptive fields, trained on strips of this distance."""
        # torch takes seconds to import, and collection has no use for it.
        from .window_networks import WindowNetworks

        own = self.drawn(self.TRAINING, distance, "training")
        return WindowNetworks(
            own.images,
            own.labels,
            widths=widths,
            channels=channels,
            steps=self.WINDOW_STEPS,
            batch_size=self.BATCH,
            seeds=self.seeds,
            device=self.device,
        )
