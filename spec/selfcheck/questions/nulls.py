"""Cheap versions of the trained experiments in which there is nothing to find: what comparisons must not hold on.

Each is a question's own experiment with smaller constants, so that thousands of replicates are a few batches. Its
`lead(null=True)` is one value per replicate that lies above zero no more often than below: from two arms that differ by
their random numbers alone, or from labels, words or rewards that have nothing to do with what is measured. With
`null=False` it is the same measure with something to find, which takes longer to learn: a null of what never finds
anything says nothing.
"""

from collections.abc import Callable
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np

from spec.common.digits import digits
from spec.common.replicates import stack
from spec.contract import Gans
from spec.harness import Experiment, Implementation, arm, stream
from spec.harness.evidence.experiments import replicate_seeds
from spec.q1_attention_vs_convolution.cat_experiments import CatPictures, DistantMarks
from spec.q1_attention_vs_convolution.edge_experiments import ColourPhotos
from spec.q1_attention_vs_convolution.face_experiments import Labels, RelationalFaces
from spec.q1_attention_vs_convolution.face_stimuli import one_eye
from spec.q1_attention_vs_convolution.measures import accuracy
from spec.q3_representations import corpora, rotation_stimuli
from spec.q3_representations.rotation_experiments import CleanCentredDigits
from spec.q3_representations.skip_gram_experiments import WordClasses
from spec.q4_architecture_search import spaces
from spec.q4_architecture_search.experiments import DigitSearch, TrainedPerceptrons
from spec.q4_architecture_search.measures import rise
from spec.q4_architecture_search.searches import Controller, search
from spec.q5_adversarial_training.experiments import RingGans

SEED = 5000
"""As `--claims-seed`: of no registered run, and of no calibration."""


Measure = Callable[[Any], np.ndarray]
"""One value per replicate of an experiment, (replicates,)."""


class Null(NamedTuple):
    """A cheap experiment, and the registered comparison whose numbers of replicates and alpha decide on it."""

    experiment: type[Experiment]
    claim: str
    comparison: str
    longer: dict[str, Any] | None
    """The constants with which there is an effect; None where that takes as long as the registered experiment."""
    at_once: int = 8
    """How many repeats are trained as one batch; 1 where replicates share something, as they do in a registered run."""

    def values(self, impl: Implementation, replicates: int, repeats: int, measure: Measure | None = None) -> np.ndarray:
        """What each repeat sees, every replicate with a seed of its own: (repeats, replicates)."""
        measure = measure or (lambda experiment: experiment.lead(null=True))
        seeds, batch = replicate_seeds(SEED, repeats * replicates), self.at_once * replicates
        parts = [measure(self.experiment(impl, seeds[i : i + batch], "cpu")) for i in range(0, len(seeds), batch)]
        return np.concatenate(parts).reshape(repeats, replicates)

    def effect(self, impl: Implementation, replicates: int) -> np.ndarray:
        """What one repeat sees where there is something to find: (replicates,)."""
        longer = self.with_constants(**(self.longer or {}))
        return longer.values(impl, replicates, 1, lambda experiment: experiment.lead(null=False))[0]

    def with_constants(self, **constants: Any) -> "Null":
        """The same with other constants."""
        return self._replace(experiment=type(self.experiment.__name__, (self.experiment,), constants))


class OtherSeeds:
    """An implementation that takes other seeds than it is given."""

    def __init__(self, impl: Implementation) -> None:
        self._impl = impl

    def __getattr__(self, topic: str) -> SimpleNamespace:
        functions = vars(getattr(self._impl, topic))
        return SimpleNamespace(**{name: partial(_with_other_seeds, function) for name, function in functions.items()})


def _with_other_seeds(function: Callable[..., Any], *arguments: Any, **choices: Any) -> Any:
    if "seeds" in choices:
        choices["seeds"] = [int(stream(seed, "second arm").integers(2**31)) for seed in choices["seeds"]]
    return function(*arguments, **choices)


def second_arm(experiment: Any) -> Any:
    """The same experiment on the same data, which come from its own seeds, but trained from other ones."""
    return type(experiment)(OtherSeeds(experiment.impl), experiment.seeds, experiment.device)


class FewFaces(RelationalFaces):
    """Deep Sets, on scrambled faces."""

    budget = RelationalFaces.budget | {"parameters": 5_900, "steps": 2, "batch": 4}
    TRAINING, TEST = 8, 7
    ONE_EYE_STEPS = 2

    def lead(self, *, null: bool) -> np.ndarray:
        """Accuracy − chance, after labels dealt out at random; or whether an eye looks up, which is no relation."""
        labels: Labels = "shuffled" if null else "one eye"
        faces = self.scrambled if null else one_eye(self.scrambled)
        chance = 1 / 2 if null else (1 - faces.labels).mean(-1)
        return accuracy(self.mixed("identity", labels=labels, set_layer=8), faces) - chance


class FewCats(CatPictures):
    """Convolutional networks, on animals whose colour tells."""

    budget = CatPictures.budget | {"parameters": 2_500, "colour_steps": 2, "batch": 4}
    TRAINING, TEST = 8, 9

    def lead(self, *, null: bool) -> np.ndarray:
        """Accuracy − chance, after labels dealt out at random; or as they are."""
        return accuracy(self.trained("convolution", "colour", shuffled=null), self.pictures("colour")) - 1 / 2


class FewPictures(ColourPhotos):
    """The specification's own encoders, on drawn animals in place of photos, of which there are two classes."""

    budget = ColourPhotos.budget | {"parameters": 6_000, "steps": 2, "batch": 4}
    choices = ColourPhotos.choices | {"pictures": "animals"}
    TRAINING, TEST = 8, 9

    def lead(self, *, null: bool) -> np.ndarray:
        """Accuracy − chance, after labels dealt out at random; or as they are."""
        network = self.trained("patches", "colour", shuffled=null)
        return accuracy(network, self.pictures("test", "colour")) - 1 / 2


class FewStrips(DistantMarks):
    """Two arms of transformer encoders, on strips."""

    budget = DistantMarks.budget | {"parameters": 700, "steps": 1, "batch": 4}
    TRAINING, TEST = 8, 15

    def lead(self, *, null: bool) -> np.ndarray:
        """Accuracy, first arm − second; or − chance."""
        lead = accuracy(self.attention(), self.strips(self.FAR)) - 1 / 2
        return lead - second_arm(self).lead(null=False) if null else lead


class FewWindows(DistantMarks):
    """Convolutional networks on strips, too narrow for the distance of the marks."""

    budget = DistantMarks.budget | {"batch": 8, "window_steps": 4}
    TRAINING, TEST = 8, 33
    NEAR, CHANNELS = 6, 4

    def lead(self, *, null: bool) -> np.ndarray:
        """Accuracy − chance: to such windows all strips look alike; or with windows wide enough for both marks."""
        networks = self.window_networks(self.NEAR, [self.NEAR + (not null)], self.CHANNELS)
        return accuracy(networks, self.strips(self.NEAR))[0] - 1 / 2


class FewDigits(CleanCentredDigits):
    """Classifiers of digits that start from encoders which have learned nothing."""

    budget = CleanCentredDigits.budget | {"parameters": 2_000, "steps": 4, "batch": 10}
    choices = CleanCentredDigits.choices | {"per_class": 1}
    SHARES = (1,)
    SUBSETS, TEST = 1, 40
    DIGITS = 300

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Some of the digits."""
        pixels, labels = digits()
        some = rng.permutation(len(labels))[: self.DIGITS]
        return (pixels[some, None] / 16).astype(np.float32), labels[some]

    def lead(self, *, null: bool) -> np.ndarray:
        """Final accuracy from encoders before the first step of `pretrain` − from random weights; or these − chance."""
        from_random = self.learning_curve("random")[:, -1]
        return (
            self.learning_curve("untrained")[:, -1] - from_random
            if null
            else from_random - 1 / rotation_stimuli.CLASSES
        )


class FewWords(WordClasses):
    """Vectors asked for the words that follow others in text."""

    budget = WordClasses.budget | {"dimensions": 8, "epochs": 1}
    SENTENCES, HELD_OUT = 40, 10

    @cached_property
    def text(self) -> corpora.Corpus:
        """What the vectors learn from, without lone words."""
        return stack(self.drawn(seed, self.SENTENCES, "text") for seed in self.seeds)

    def lead(self, *, null: bool) -> np.ndarray:
        """AUC of products for words that follow − 1/2, after shuffled text; or as it is."""
        return self.prediction("shuffled" if null else "text") - 1 / 2


class FewSteps(TrainedPerceptrons):
    """Two arms of the same perceptrons, on one split of the digits that all replicates of a repeat share."""

    budget: ClassVar = TrainedPerceptrons.budget | {"steps": 6}
    JUDGED = 10

    def lead(self, *, null: bool) -> np.ndarray:
        """Accuracy on evaluation digits, first arm − second; or − chance."""
        return self.right.mean(-1) - (second_arm(self).right.mean(-1) if null else 1 / 10)

    def judged_on_others(self) -> np.ndarray:
        """As the null, but each arm is judged on some digits of its own, the same for all replicates."""
        first, second = self.right[:, : self.JUDGED], second_arm(self).right[:, -self.JUDGED :]
        return first.mean(-1) - second.mean(-1)

    @cached_property
    def right(self) -> np.ndarray:
        """Which evaluation digits each network recognises, (replicates, n)."""
        digits = self.split.evaluation
        return cast(np.ndarray, self.networks().logits(digits.pixels).argmax(-1) == digits.labels)


class FewTrials(DigitSearch):
    """Policies in a space whose architectures' accuracies are made up."""

    budget: ClassVar = DigitSearch.budget | {"trials": 120, "exploring": 72}

    @arm
    def table(self) -> dict[str, np.ndarray]:
        """Normal accuracies: whatever their mean is, they lie around it alike on either side."""
        n = len(spaces.distinct()[0])
        return {"evaluation": np.stack([0.6 + 0.1 * stream(seed, "table").standard_normal(n) for seed in self.seeds])}

    def lead(self, *, null: bool) -> np.ndarray:
        """Late − early reward, told that every trial earned the mean of all; or told the rewards."""
        mean = np.repeat(self.table()["evaluation"].mean(1, keepdims=True), self.budget["trials"], axis=1)
        trials = search(self.learners(), spaces.DIGITS, self.reward, self.budget, mean if null else None)
        return rise(trials.rewards, self.budget)

    def learners(self) -> Controller:
        """What searches."""
        return self.policies(spaces.DIGITS)


class FewTrialsOfQLearning(FewTrials):
    """Q-learning in the same space."""

    def learners(self) -> Controller:
        """What searches."""
        return self.q_learners(spaces.DIGITS)


class FewRounds(RingGans):
    """Two runs of the same game, on the same points of the ring."""

    budget: ClassVar = {**RingGans.budget, "hidden": 12, "batch_size": 16}
    LEARNED, EVALUATED = 200, 200
    ROUNDS, ALONE = 12, 2

    @cached_property
    def game(self) -> Gans:
        """The players after a few rounds."""
        gans = self.untrained()
        gans.train(self.ROUNDS, "both")
        return gans

    @cached_property
    def matched(self) -> np.ndarray:
        """How much of the ring their samples match."""
        return self.judged(self.game.generate(self.latent))

    def lead(self, *, null: bool) -> np.ndarray:
        """Matched share of the ring, first run − second; or after training − before."""
        return self.matched - (
            second_arm(self).matched if null else self.judged(self.untrained().generate(self.latent))
        )


class FrozenGenerators(FewRounds):
    """The same game, in which generators then stand still while discriminators go on."""

    def lead(self, *, null: bool) -> np.ndarray:
        """Matched share, after the discriminators went on − before, of fresh samples, or it would be 0; or as above."""
        if not null:
            return super().lead(null=False)
        before = self.matched
        self.game.train(self.ALONE, "discriminator")
        latent = np.stack([stream(seed, "fresh latent").standard_normal(self.latent.shape[1:]) for seed in self.seeds])
        return self.judged(self.game.generate(latent.astype(np.float32))) - before


NULLS = {
    "shuffled labels, Deep Sets": Null(
        FewFaces,
        "face.self-attention-is-why",
        "deep_sets",
        {
            "budget": FewFaces.budget | {"steps": 70, "batch": 32},
            "TRAINING": 256,
            "TEST": 128,
            "ONE_EYE_STEPS": 70,
        },
    ),
    "shuffled labels, convolution": Null(
        FewCats,
        "cat.colour-photo",
        "by_colour",
        {"budget": FewCats.budget | {"colour_steps": 30, "batch": 16}, "TRAINING": 256, "TEST": 64},
    ),
    "shuffled labels, encoders": Null(
        FewPictures,
        "cat.missing-colour-is-why",
        "photos_sobel",
        {"budget": FewPictures.budget | {"steps": 100, "batch": 16}, "TRAINING": 256, "TEST": 64},
    ),
    "two arms of attention": Null(FewStrips, "cat.not-local-is-why", "not_local", None),
    "blind convolution": Null(
        FewWindows,
        "cat.patterns-need-not-be-local",
        "seeing_6",
        {"budget": FewWindows.budget | {"window_steps": 100}, "TRAINING": 256, "TEST": 128, "CHANNELS": 8},
    ),
    "two untrained encoders": Null(
        FewDigits,
        "rotation.higher-accuracy",
        "random",
        {
            "budget": FewDigits.budget | {"steps": 40},
            "choices": FewDigits.choices | {"per_class": 5},
            "TEST": 100,
        },
        4,
    ),
    "shuffled text": Null(
        FewWords,
        "skip-gram.is-self-supervised",
        "held_out",
        {"budget": FewWords.budget | {"epochs": 4}, "SENTENCES": 500, "HELD_OUT": 100},
    ),
    "two arms of perceptrons": Null(
        FewSteps, "search.trainer-builds-and-trains", "trained_against_untrained", {}, at_once=1
    ),
    "constant rewards, REINFORCE": Null(
        FewTrials, "search.controller-is-optimised", "rise", {"budget": DigitSearch.budget | {"trials": 336}}, 100
    ),
    "constant rewards, Q-learning": Null(FewTrialsOfQLearning, "search.metaqnn-is-rl", "rise", {}, 100),
    "two runs of a game": Null(FewRounds, "gan.competition-improves-gradually", "ring_gain", {"ROUNDS": 100}, 50),
    "frozen generators": Null(FrozenGenerators, "gan.improve-each-other", "generator", {"ROUNDS": 100}, 50),
}
"""Every family of trained comparisons, by what there is not to find."""
