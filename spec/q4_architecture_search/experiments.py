"""The trainings behind question 4: perceptrons for digits, trained as controllers propose them, or one and all.

Networks learn from training digits, their accuracy on evaluation digits is the reward, and test digits only tell in the
end how good the best architecture is. An implementation returns predictions; accuracies are computed here.
"""

from functools import cached_property

import numpy as np

from spec.common.replicates import per_seed
from spec.contract import Architecture, PolicyController, QController, TrainedArchitectures
from spec.harness import Experiment, arm, experiment, stream

from . import spaces
from .measures import WINDOW, accuracies, at_best
from .searches import Controller, RandomController, Reward, TrainedTrials, Trials, search
from .spaces import Space
from .stimuli import DigitSet, Split, averaged, draw_split

STRONG: Architecture = {"widths": [128], "activation": "tanh"}
WEAK: Architecture = {"widths": [2], "activation": "tanh"}


class SearchExperiment(Experiment):
    """What the experiments of this question share: the trainer, and the two kinds of controllers."""

    @cached_property
    def split(self) -> Split:
        """The split that all replicates share, where their networks are trained as one batch."""
        return draw_split(stream(self.shared_seed, "split"))

    def seeds_for(self, purpose: str, n: int) -> np.ndarray:
        """As many seeds for a purpose as each replicate needs, (replicates, n)."""
        return per_seed(lambda rng: rng.integers(2**31, size=n), self.seeds, purpose)

    def train(
        self, digits: DigitSet, architectures: list[Architecture], seeds: list[int], steps: int | None = None
    ) -> TrainedArchitectures:
        """The implementation's perceptrons, one per architecture, trained for as many steps as the budget says."""
        return self.impl.search.train_architectures(
            digits.pixels,
            digits.labels,
            architectures=architectures,
            classes=10,
            steps=self.budget["steps"] if steps is None else steps,
            batch_size=self.budget["batch"],
            learning_rate=self.budget["learning_rate"],
            seeds=seeds,
            device=self.device,
        )

    def policies(self, space: Space, copies: int = 1) -> PolicyController:
        """The implementation's policies, so many for each replicate, the same replicate's side by side."""
        return self.impl.search.reinforce(
            spaces.choices(space),
            learning_rate=self.budget["reinforce_rate"],
            seeds=self.seeds_for("policies", copies).ravel().tolist(),
            device=self.device,
        )

    def q_learners(self, space: Space, copies: int = 1) -> QController:
        """The implementation's Q-learning controllers, likewise."""
        return self.impl.search.meta_qnn(
            spaces.choices(space),
            trials=self.budget["exploring"],
            learning_rate=self.budget["q_rate"],
            seeds=self.seeds_for("Q-learning", copies).ravel().tolist(),
            device=self.device,
        )


@experiment(cpu_seconds=5)
class DigitSearch(SearchExperiment):
    """Every architecture of the space of digits, trained once for each replicate; then all searches among them.

    A trial is one architecture proposed, also where another trial has proposed it before.
    """

    COPIES = 16
    """How many controllers each replicate's control is averaged over: one that learns nothing ends up anywhere."""

    @cached_property
    def splits(self) -> list[Split]:
        """Each replicate's split of the same digits."""
        return [draw_split(stream(seed, "split")) for seed in self.seeds]

    @arm
    def table(self) -> dict[str, np.ndarray]:
        """The accuracy of each architecture on evaluation and on test digits, each (replicates, architectures)."""
        architectures, _ = spaces.distinct(self.widths)
        evaluation, test = [], []
        for digits, seeds in zip(self.splits, self.seeds_for("training", len(architectures)), strict=True):
            trained = self.train(digits.training, architectures, seeds.tolist())
            evaluation.append(accuracies(trained, digits.evaluation))
            test.append(accuracies(trained, digits.test))
        return {"evaluation": np.stack(evaluation), "test": np.stack(test)}

    def reward(self, actions: np.ndarray, digits: str = "evaluation") -> np.ndarray:
        """The accuracy of each action's architecture: (replicates · copies, n, tokens) → (…, n)."""
        _, index = spaces.distinct(self.widths)
        replicate = np.repeat(np.arange(len(self.seeds)), len(actions) // len(self.seeds))
        return self.table()[digits][replicate[:, None], index[tuple(np.moveaxis(actions, -1, 0))]]

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """What layers can be as wide as."""
        return tuple(self.choices["widths"])

    def default(self) -> np.ndarray:
        """The accuracy on test digits of what one would take without a search, one hidden layer: (replicates,)."""
        width, activation = self.choices["default_width"], self.choices["default_activation"]
        untuned: Architecture = {"widths": [width], "activation": activation}
        accuracy: np.ndarray = self.table()["test"][:, spaces.distinct(self.widths)[0].index(untuned)]
        return accuracy

    def best_found(self, controller: str) -> np.ndarray:
        """The accuracy on test digits of the architecture that was best on evaluation digits, (replicates,)."""
        trials = self.searched(controller)
        return at_best(self.reward(trials.actions, "test"), trials.rewards)

    def controller(self, name: str, copies: int = 1) -> Controller:
        """What learns, "reinforce" or "meta_qnn", so many for each replicate."""
        if name == "meta_qnn":
            return self.q_learners(spaces.DIGITS, copies)
        return self.policies(spaces.DIGITS, copies)

    @arm
    def searched(self, controller: str) -> Trials:
        """The trials of "reinforce", "meta_qnn", or "random" search."""
        if controller == "random":
            random = RandomController(spaces.DIGITS, [stream(seed, "random") for seed in self.seeds])
            actions = random.sample(self.budget["trials"])
            return Trials(actions, self.reward(actions))
        return search(self.controller(controller), spaces.DIGITS, self.reward, self.budget)

    @arm
    def uninformed(self, controller: str, feedback: str) -> Trials:
        """The trials of controllers that are told nothing about what they propose; `COPIES` per replicate.

        Each trial is said to have earned the mean of all architectures ("constant"), or what a random other one of
        `searched` has earned ("permuted").
        """
        if feedback == "constant":
            mean = np.repeat(self.table()["evaluation"].mean(1), self.COPIES)
            rewards = np.tile(mean[:, None], self.budget["trials"])
        else:
            copies = np.repeat(self.searched(controller).rewards[:, None], self.COPIES, axis=1)
            generators = [stream(seed, "permuted rewards") for seed in self.seeds]
            rewards = np.concatenate([g.permuted(rows, axis=1) for g, rows in zip(generators, copies, strict=True)])
        return search(self.controller(controller, self.COPIES), spaces.DIGITS, self.reward, self.budget, rewards)

    @arm
    def epsilons(self) -> np.ndarray:
        """The ε with which "meta_qnn" draws each trial, a function of how many trials there were before: (trials,)."""
        learners, trials, n = self.q_learners(spaces.DIGITS), self.searched("meta_qnn"), self.budget["per_update"]
        epsilons = []
        for start in range(0, self.budget["trials"], n):
            epsilons += [learners.epsilon()] * n
            learners.update(*(values[:, start : start + n] for values in trials))
        return np.array(epsilons)


@experiment(cpu_seconds=5)
class SensibleSearch(DigitSearch):
    """As `DigitSearch`, but no width is hopeless, and every architecture is trained until it gets no better."""


@experiment(cpu_seconds=5)
class EndToEnd(SearchExperiment):
    """A search without a table: every architecture is trained when it is proposed, from a seed of its own.

    All replicates share one split, so that what they propose is trained as one batch.
    """

    @arm
    def searched(self, controller: str) -> TrainedTrials:
        """The trials of "reinforce", or of "random" search: more, so that a window of its trials is one of many."""
        budget = dict(self.budget)
        if controller == "random":
            budget["trials"] = 3 * (budget["per_update"] + WINDOW)
        updates = budget["trials"] // budget["per_update"]
        seeds = iter(np.split(self.seeds_for("training", budget["trials"]), updates, axis=1))
        predictions, test = [], []

        def reward(actions: np.ndarray) -> np.ndarray:
            architectures = spaces.architectures(actions.reshape(-1, actions.shape[-1]))
            trained = self.train(self.split.training, architectures, next(seeds).ravel().tolist())
            classes = trained.logits(self.split.evaluation.pixels).argmax(-1)
            predictions.append(classes.reshape(*actions.shape[:2], -1).astype(np.uint8))
            test.append(accuracies(trained, self.split.test).reshape(actions.shape[:2]))
            return (predictions[-1] == self.split.evaluation.labels).mean(-1)

        trials = search(self.controller(controller), spaces.DIGITS, reward, budget)
        return TrainedTrials(*trials, np.concatenate(predictions, axis=1), np.concatenate(test, axis=1))

    def controller(self, name: str) -> Controller:
        """What proposes, "reinforce" or "random"."""
        if name == "random":
            return RandomController(spaces.DIGITS, [stream(seed, "random proposals") for seed in self.seeds])
        return self.policies(spaces.DIGITS)


@experiment(cpu_seconds=1)
class PlantedSearch(SearchExperiment):
    """Searches in a large space whose optimum is planted, at another place for each replicate and depth."""

    DEPTHS = (2, 4, 6)
    SEARCHES = 4
    """How many searches each replicate averages over."""

    def reward(self, depth: int) -> Reward:
        """What actions earn where the optimum has this depth; the searches of a replicate are side by side."""
        counts = spaces.choices(spaces.PLANTED)
        planted = per_seed(lambda rng: rng.integers(counts), self.seeds, "planted", depth)  # but for the depth
        best = np.repeat(planted, self.SEARCHES, axis=0)
        return lambda actions: spaces.planted_rewards(actions, depth, best)

    @arm
    def searched(self, controller: str, depth: int) -> Trials:
        """The trials of "reinforce" or of "random" search, `SEARCHES` per replicate."""
        if controller == "random":
            generators = [stream(seed, "random", depth, i) for seed in self.seeds for i in range(self.SEARCHES)]
            actions = RandomController(spaces.PLANTED, generators).sample(self.budget["trials"])
            return Trials(actions, self.reward(depth)(actions))
        policies = self.policies(spaces.PLANTED, self.SEARCHES)
        return search(policies, spaces.PLANTED, self.reward(depth), self.budget)

    @arm
    def uninformed(self) -> Trials:
        """The trials of policies that are told that every trial earned half of the highest reward."""
        feedback = np.full((len(self.seeds) * self.SEARCHES, self.budget["trials"]), 0.5)
        policies = self.policies(spaces.PLANTED, self.SEARCHES)
        return search(policies, spaces.PLANTED, self.reward(self.DEPTHS[0]), self.budget, feedback)


@experiment(cpu_seconds=0.1)
class TrainedPerceptrons(SearchExperiment):
    """One architecture, trained from each replicate's seed on the same digits."""

    @arm
    def networks(self, *, trained: bool = True, shuffled: bool = False) -> TrainedArchitectures:
        """One network per replicate; or as before its first step; or trained on labels dealt out at random."""
        digits = self.split.training
        if shuffled:
            labels = stream(self.shared_seed, "shuffled labels").permutation(digits.labels)
            digits = digits._replace(labels=labels)
        return self.train(digits, [STRONG] * len(self.seeds), self.seeds, None if trained else 0)


@experiment(cpu_seconds=0.3)
class ImageChoices(SearchExperiment):
    """Searches in which something about the images is chosen: their resolution, or which are evaluated on."""

    @arm
    def resolutions(self) -> np.ndarray:
        """The accuracy of each width at each resolution, trained for each replicate: (replicates, widths, sizes)."""
        widths, sizes = spaces.RESOLUTION.values()
        wanted: list[Architecture] = [{"widths": [width], "activation": "tanh"} for _ in self.seeds for width in widths]
        seeds = self.seeds_for("training", len(widths)).ravel().tolist()
        columns = []
        for size in sizes:
            training, evaluation, _ = (averaged(part, size) for part in self.split)
            columns.append(accuracies(self.train(training, wanted, seeds), evaluation).reshape(-1, len(widths)))
        return np.stack(columns, axis=-1)

    @arm
    def choosing_resolution(self) -> Trials:
        """The trials of policies that choose width and resolution."""
        return self.searched(spaces.RESOLUTION, self.resolutions())

    @arm
    def weak(self) -> TrainedArchitectures:
        """One weak network per replicate."""
        return self.train(self.split.training, [WEAK] * len(self.seeds), self.seeds)

    @arm
    def choosing_evaluation(self) -> Trials:
        """The trials of policies that choose nothing but which digit their weak network is evaluated on."""
        evaluation = self.split.evaluation
        right = self.weak().logits(evaluation.pixels).argmax(-1) == evaluation.labels  # (replicates, n)
        shares = np.stack([right[:, evaluation.labels == digit].mean(1) for digit in range(10)], axis=1)
        return self.searched(spaces.EVALUATED_DIGIT, shares)

    def searched(self, space: Space, table: np.ndarray) -> Trials:
        """The trials of one policy per replicate, where an action earns the entry of `table` (replicates, …) for it."""
        replicate = np.arange(len(self.seeds))[:, None]
        return search(self.policies(space), space, lambda a: table[replicate, *np.moveaxis(a, -1, 0)], self.budget)


@experiment(cpu_seconds=0.5)
class NoisyRewards(SearchExperiment):
    """Q-learning by the contract's `q_update` where one choice is left, and all options earn the same on average."""

    OPTIONS, EXPECTED, DEVIATION = 8, 0.5, 0.2

    @arm
    def best_value(self) -> np.ndarray:
        """What the token before the choice is worth, on average over the second half of the updates: (replicates,)."""
        return per_seed(self.value_of_one, self.seeds, "noisy rewards")

    def value_of_one(self, rng: np.random.Generator) -> np.ndarray:
        """Of one replicate."""
        counts, q = np.array([1, self.OPTIONS]), np.zeros((2, 1, self.OPTIONS))
        values = []
        for _ in range(self.budget["updates"]):
            action = np.array([0, rng.integers(self.OPTIONS)])
            reward = float(rng.normal(self.EXPECTED, self.DEVIATION))
            q = self.impl.search.q_update(q, counts, action, reward, self.budget["learning_rate"])
            values.append(q[0, 0, 0])
        return np.mean(values[len(values) // 2 :])
