"""The trainings behind question 4: perceptrons for digits, trained as controllers ask for them, or one and all.

The digits are scikit-learn's, 8 × 8 pixels. Networks learn from training digits, what they make of evaluation digits is
the reward, and test digits only tell in the end how good what was found is: no digit is in two of these. An
implementation returns predictions; the accuracy is computed here.
"""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from spec.contract import Architecture, PolicyController, QController, TrainedArchitectures
from spec.harness import Experiment, experiment, legacy_arm, stream

from . import spaces

TRAINING, EVALUATION = 600, 500
"""How many digits are learned from and how many evaluated on; the other 697 are to test on."""
STEPS, BATCH = 60, 16
PER_UPDATE = 8
"""How many architectures a controller proposes at once."""
COPIES = 16
"""How many controllers each replicate's control is averaged over: one that is told nothing ends up anywhere."""

STRONG: Architecture = {"widths": [18], "activation": "tanh"}
WEAK: Architecture = {"widths": [3], "activation": "relu"}

Reward = Callable[[np.ndarray], np.ndarray]
"""What actions (r, n, tokens) earn, (r, n)."""


class Digits(NamedTuple):
    """Some digits: which of all they are, what they look like (pixels 0 … 1), and which digits they are."""

    rows: np.ndarray
    """(n,)"""
    pixels: np.ndarray
    """(n, 64)"""
    labels: np.ndarray
    """(n,)"""


class Split(NamedTuple):
    """Digits for three purposes."""

    training: Digits
    evaluation: Digits
    test: Digits


class Trials(NamedTuple):
    """What was tried, in this order, and what it earned."""

    actions: np.ndarray
    """(replicates, trials, tokens)"""
    rewards: np.ndarray
    """(replicates, trials)"""


class Controller(Protocol):
    """What searches: asked for actions, told what they earned."""

    def sample(self, size: int) -> np.ndarray:
        """(replicates, size, tokens)."""

    def update(self, actions: np.ndarray, rewards: np.ndarray) -> None:
        """Learn from rewards (replicates, size)."""


@cache
def all_digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (1797, 64) and labels (1797,) of scikit-learn's digits, which takes a second to import."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return (pixels / 16).astype(np.float32), labels


def split(rng: np.random.Generator) -> Split:
    """Deal all digits out at random."""
    pixels, labels = all_digits()
    parts = np.split(rng.permutation(len(labels)), [TRAINING, TRAINING + EVALUATION])
    return Split(*(Digits(rows, pixels[rows], labels[rows]) for rows in parts))


def accuracies(trained: TrainedArchitectures, digits: Digits) -> np.ndarray:
    """The share of the digits that each network recognises, (architectures,)."""
    return (trained.logits(digits.pixels).argmax(-1) == digits.labels).mean(-1)


class RandomController:
    """Proposes at random, whatever it is told."""

    def __init__(self, space: spaces.Space, seeds: list[int]) -> None:
        self._space, self._streams = space, [stream(seed, "random proposals") for seed in seeds]

    def sample(self, size: int) -> np.ndarray:
        """(replicates, size, tokens)."""
        return np.stack([spaces.random_actions(self._space, size, rng) for rng in self._streams])

    def update(self, actions: np.ndarray, rewards: np.ndarray) -> None:
        """Learn nothing."""


def own_seeds(seed: int, purpose: str, n: int) -> list[int]:
    """As many seeds for this purpose as a replicate needs."""
    return stream(seed, purpose).integers(2**31, size=n).tolist()


def proposed(controller: Controller, space: spaces.Space) -> np.ndarray:
    """The next actions of a controller, (r, PER_UPDATE, tokens).

    A token that stands for no option is taken for the nearest that does; that there is none such is another claim.
    """
    return np.clip(controller.sample(PER_UPDATE), 0, spaces.choices(space) - 1)


def searched(
    controller: Controller, space: spaces.Space, reward: Reward, trials: int, told: np.ndarray | None = None
) -> Trials:
    """Let a controller propose, and learn from what that earned; or from what it is `told` (r, trials) instead."""
    actions, rewards = [], []
    for start in range(0, trials, PER_UPDATE):
        actions.append(proposed(controller, space))
        rewards.append(reward(actions[-1]))
        heard = rewards[-1] if told is None else told[:, start : start + PER_UPDATE]
        controller.update(actions[-1], heard)
    return Trials(np.concatenate(actions, axis=1), np.concatenate(rewards, axis=1))


class SearchExperiment(Experiment):
    """What the experiments of this question share: how to train, and the two kinds of controllers."""

    def trained(self, digits: Digits, wanted: list[Architecture], seeds: list[int], **changes: Any) -> Any:
        """The implementation's perceptrons, one per architecture, which learned from these digits."""
        budget = {"steps": STEPS, "batch_size": BATCH} | changes
        return self.impl.search.train_architectures(
            digits.pixels, digits.labels, architectures=wanted, classes=10, seeds=seeds, device=self.device, **budget
        )

    def policies(self, space: spaces.Space, copies: int = 1) -> PolicyController:
        """The implementation's policies, so many for each replicate, the same replicate's side by side."""
        seeds = [each for seed in self.seeds for each in own_seeds(seed, "policies", copies)]
        return self.impl.search.reinforce(spaces.choices(space), seeds=seeds, device=self.device)

    def q_learners(self, space: spaces.Space, trials: int, copies: int = 1) -> QController:
        """The implementation's Q-learning controllers, likewise."""
        seeds = [each for seed in self.seeds for each in own_seeds(seed, "Q-learning", copies)]
        return self.impl.search.meta_qnn(spaces.choices(space), trials=trials, seeds=seeds, device=self.device)


@experiment(cpu_seconds=5)
class DigitSearch(SearchExperiment):
    """Every architecture of the space of digits, trained once for each replicate; then all searches among them.

    A trial is one architecture proposed, also where another trial has proposed it before.
    """

    TRIALS = 200

    @cached_property
    def splits(self) -> list[Split]:
        """Each replicate's own split of the same digits."""
        return [split(stream(seed, "split")) for seed in self.seeds]

    @cached_property
    def _architectures(self) -> tuple[list[Architecture], np.ndarray]:
        return spaces.distinct(spaces.DIGITS)

    @legacy_arm
    def table(self) -> dict[str, np.ndarray]:
        """The accuracy of each architecture on evaluation and on test digits, each (replicates, architectures)."""
        wanted, _ = self._architectures
        rows: dict[str, list[np.ndarray]] = {"evaluation": [], "test": []}
        for seed, own in zip(self.seeds, self.splits, strict=True):
            trained = self.trained(own.training, wanted, own_seeds(seed, "training", len(wanted)))
            rows["evaluation"].append(accuracies(trained, own.evaluation))
            rows["test"].append(accuracies(trained, own.test))
        return {name: np.stack(each) for name, each in rows.items()}

    def reward(self, actions: np.ndarray, digits: str = "evaluation") -> np.ndarray:
        """The accuracy that each action's architecture reached: (replicates · copies, n, tokens) → (…, n)."""
        _, index = self._architectures
        replicate = np.repeat(np.arange(len(self.seeds)), len(actions) // len(self.seeds))
        return self.table[digits][replicate[:, None], index[tuple(np.moveaxis(actions, -1, 0))]]

    @legacy_arm
    def reinforce(self) -> Trials:
        """Policies that learn by REINFORCE."""
        return searched(self.policies(spaces.DIGITS), spaces.DIGITS, self.reward, self.TRIALS)

    @legacy_arm
    def meta_qnn(self) -> Trials:
        """Q-learning."""
        return searched(self.q_learners(spaces.DIGITS, self.TRIALS), spaces.DIGITS, self.reward, self.TRIALS)

    @legacy_arm
    def epsilons(self) -> np.ndarray:
        """The ε with which `meta_qnn` draws each trial, which depends on how many there were before: (trials,)."""
        learners = self.q_learners(spaces.DIGITS, self.TRIALS)
        epsilons = []
        for start in range(0, self.TRIALS, PER_UPDATE):
            epsilons += [learners.epsilon()] * PER_UPDATE
            learners.update(*(each[:, start : start + PER_UPDATE] for each in self.meta_qnn))
        return np.array(epsilons)

    @legacy_arm
    def random(self) -> Trials:
        """Random search with as many trials."""
        actions = np.stack([spaces.random_actions(spaces.DIGITS, self.TRIALS, stream(s, "random")) for s in self.seeds])
        return Trials(actions, self.reward(actions))

    @legacy_arm
    def reinforce_on_constant_rewards(self) -> Trials:
        """As `reinforce`, but every trial is said to have earned the mean of all; `COPIES` per replicate."""
        mean = np.repeat(self.table["evaluation"].mean(1), COPIES)
        told = np.repeat(mean[:, None], self.TRIALS, axis=1)
        return searched(self.policies(spaces.DIGITS, COPIES), spaces.DIGITS, self.reward, self.TRIALS, told)

    @legacy_arm
    def reinforce_on_permuted_rewards(self) -> Trials:
        """As `reinforce`, but told in random order what that run's trials had earned; `COPIES` per replicate."""
        return searched(
            self.policies(spaces.DIGITS, COPIES),
            spaces.DIGITS,
            self.reward,
            self.TRIALS,
            self.permuted(self.reinforce.rewards),
        )

    @legacy_arm
    def meta_qnn_on_permuted_rewards(self) -> Trials:
        """As `meta_qnn`, but told in random order what that run's trials had earned; `COPIES` per replicate."""
        learners = self.q_learners(spaces.DIGITS, self.TRIALS, COPIES)
        return searched(learners, spaces.DIGITS, self.reward, self.TRIALS, self.permuted(self.meta_qnn.rewards))

    def permuted(self, rewards: np.ndarray) -> np.ndarray:
        """Each replicate's rewards in `COPIES` random orders, (replicates · copies, trials)."""
        return np.concatenate(
            [
                stream(seed, "permuted rewards").permuted(np.tile(own, (COPIES, 1)), axis=1)
                for seed, own in zip(self.seeds, rewards, strict=True)
            ]
        )


@experiment(cpu_seconds=5)
class EndToEnd(SearchExperiment):
    """A search without a table: every architecture is trained when a policy proposes it, from a seed of its own.

    All replicates share one split, so that what they propose is trained as one batch.
    """

    TRIALS = 160

    @cached_property
    def split(self) -> Split:
        """The split that all replicates share."""
        return split(stream(self.seeds[0], "split"))

    @legacy_arm
    def search(self) -> dict[str, np.ndarray]:
        """Per replicate and trial: its tokens, what it made of each evaluation digit, its accuracies."""
        return self.looped(self.policies(spaces.DIGITS))

    @legacy_arm
    def random(self) -> dict[str, np.ndarray]:
        """The same loop around proposals at random."""
        return self.looped(RandomController(spaces.DIGITS, self.seeds))

    def looped(self, controller: Controller) -> dict[str, np.ndarray]:
        """Train what a controller proposes, and tell it the accuracies."""
        seeds = np.array([own_seeds(seed, "training", self.TRIALS) for seed in self.seeds])
        seen: dict[str, list[np.ndarray]] = {"actions": [], "predictions": [], "rewards": [], "test": []}
        for start in range(0, self.TRIALS, PER_UPDATE):
            actions = proposed(controller, spaces.DIGITS)
            wanted = spaces.decoded(spaces.DIGITS, actions.reshape(-1, actions.shape[-1]))
            trained = self.trained(
                self.split.training,
                [spaces.architecture(each) for each in wanted],
                seeds[:, start : start + PER_UPDATE].ravel().tolist(),
            )
            predictions = trained.logits(self.split.evaluation.pixels).argmax(-1)
            rewards = (predictions == self.split.evaluation.labels).mean(-1).reshape(actions.shape[:2])
            controller.update(actions, rewards)
            seen["actions"].append(actions)
            seen["predictions"].append(predictions.reshape(*actions.shape[:2], -1).astype(np.uint8))
            seen["rewards"].append(rewards)
            seen["test"].append(accuracies(trained, self.split.test).reshape(rewards.shape))
        return {name: np.concatenate(parts, axis=1) for name, parts in seen.items()}


@experiment(cpu_seconds=1)
class PlantedSearch(SearchExperiment):
    """Searches in a large space whose optimum is planted, at another place for each replicate and depth."""

    TRIALS = 640
    DEPTHS = (2, 4, 6)
    SEARCHES = 4
    """How many searches each replicate averages what they found over."""

    def best(self, depth: int) -> np.ndarray:
        """The tokens planted, but for the depth: (replicates, tokens)."""
        counts = spaces.choices(spaces.PLANTED)
        return np.stack([stream(seed, "planted", depth).integers(counts) for seed in self.seeds])

    def reward(self, depth: int) -> Reward:
        """What actions earn where the optimum has this depth; replicates may have several searches side by side."""
        best = self.best(depth)
        return lambda actions: spaces.planted_rewards(actions, depth, np.repeat(best, len(actions) // len(best), 0))

    @legacy_arm
    def reinforce(self) -> dict[int, Trials]:
        """Policies that learn by REINFORCE, for each depth planted; `SEARCHES` per replicate."""
        return {
            depth: searched(
                self.policies(spaces.PLANTED, self.SEARCHES), spaces.PLANTED, self.reward(depth), self.TRIALS
            )
            for depth in self.DEPTHS
        }

    def depths(self, trials: Trials) -> np.ndarray:
        """The depth of each architecture proposed, (r, trials)."""
        place = list(spaces.PLANTED).index("depth")
        return np.array(spaces.PLANTED["depth"])[trials.actions[..., place]]

    @legacy_arm
    def reinforce_on_constant_rewards(self) -> Trials:
        """The same, told that every trial earned the highest reward."""
        told = np.ones((len(self.seeds) * self.SEARCHES, self.TRIALS))
        policies = self.policies(spaces.PLANTED, self.SEARCHES)
        return searched(policies, spaces.PLANTED, self.reward(self.DEPTHS[0]), self.TRIALS, told)

    @legacy_arm
    def random(self) -> dict[int, Trials]:
        """Random search with as many trials, `SEARCHES` per replicate."""
        found = {}
        for depth in self.DEPTHS:
            rngs = [stream(seed, "random", depth, i) for seed in self.seeds for i in range(self.SEARCHES)]
            actions = np.stack([spaces.random_actions(spaces.PLANTED, self.TRIALS, rng) for rng in rngs])
            found[depth] = Trials(actions, self.reward(depth)(actions))
        return found


@experiment(cpu_seconds=0.1)
class TrainedPerceptrons(SearchExperiment):
    """One architecture, trained from each replicate's own seed on the same digits."""

    @cached_property
    def split(self) -> Split:
        """The split that all replicates share."""
        return split(stream(self.seeds[0], "split"))

    @legacy_arm
    def on_digits(self) -> TrainedArchitectures:
        """Trained on digits."""
        return self.perceptrons(self.split.training)

    @legacy_arm
    def untrained(self) -> TrainedArchitectures:
        """Before the first step."""
        return self.perceptrons(self.split.training, steps=0)

    @legacy_arm
    def on_shuffled_labels(self) -> TrainedArchitectures:
        """Trained on the same digits with labels dealt out at random."""
        training = self.split.training
        shuffled = stream(self.seeds[0], "shuffled labels").permutation(training.labels)
        return self.perceptrons(training._replace(labels=shuffled))

    def accuracy(self, arm: str, digits: str = "evaluation") -> np.ndarray:
        """The share of evaluation or test digits that each network of an arm recognises, (replicates,)."""
        return accuracies(getattr(self, arm), getattr(self.split, digits))

    def perceptrons(self, digits: Digits, **changes: Any) -> TrainedArchitectures:
        """One network per replicate."""
        return self.trained(digits, [STRONG] * len(self.seeds), self.seeds, **changes)


@experiment(cpu_seconds=0.3)
class ImageChoices(SearchExperiment):
    """Searches in which something about the images is chosen: their resolution, or which are evaluated on."""

    TRIALS = 400

    @cached_property
    def split(self) -> Split:
        """The split that all replicates share."""
        return split(stream(self.seeds[0], "split"))

    @legacy_arm
    def resolutions(self) -> np.ndarray:
        """The accuracy of each width at each resolution, trained for each replicate: (replicates, widths, sizes)."""
        widths, sizes = spaces.RESOLUTION.values()
        wanted: list[Architecture] = [{"widths": [width], "activation": "tanh"} for _ in self.seeds for width in widths]
        seeds = [each for seed in self.seeds for each in own_seeds(seed, "training", len(widths))]
        columns = []
        for size in sizes:
            training, evaluation = (
                digits._replace(pixels=averaged(digits.pixels, size))
                for digits in (self.split.training, self.split.evaluation)
            )
            columns.append(accuracies(self.trained(training, wanted, seeds), evaluation).reshape(-1, len(widths)))
        return np.stack(columns, axis=-1)

    @legacy_arm
    def choosing_resolution(self) -> Trials:
        """Policies that choose width and resolution."""
        replicate = np.arange(len(self.seeds))[:, None]
        policies = self.policies(spaces.RESOLUTION)
        return searched(
            policies, spaces.RESOLUTION, lambda a: self.resolutions[replicate, a[..., 0], a[..., 1]], self.TRIALS
        )

    @legacy_arm
    def weak(self) -> TrainedArchitectures:
        """One weak network per replicate."""
        return self.trained(self.split.training, [WEAK] * len(self.seeds), self.seeds)

    @property
    def accuracy_of_weak(self) -> np.ndarray:
        """What these networks are worth: the share of all test digits that they recognise, (replicates,)."""
        return accuracies(self.weak, self.split.test)

    @legacy_arm
    def choosing_evaluation(self) -> Trials:
        """Policies that choose nothing but which digit their weak network is evaluated on."""
        evaluation = self.split.evaluation
        right = self.weak.logits(evaluation.pixels).argmax(-1) == evaluation.labels  # (replicates, n)
        shares = np.stack([right[:, evaluation.labels == digit].mean(1) for digit in range(10)], axis=1)
        replicate = np.arange(len(self.seeds))[:, None]
        return searched(
            self.policies(spaces.OWN_EVALUATION),
            spaces.OWN_EVALUATION,
            lambda a: shares[replicate, a[..., 0]],
            self.TRIALS,
        )


def averaged(pixels: np.ndarray, size: int) -> np.ndarray:
    """Digits of 8 × 8 pixels at a lower resolution: (n, 64) → (n, size²)."""
    block = 8 // size
    return pixels.reshape(-1, size, block, size, block).mean(axis=(2, 4)).reshape(len(pixels), -1)


@experiment(cpu_seconds=0.5)
class NoisyRewards(Experiment):
    """Q-learning by the contract's `q_update` where one choice is left, and all options earn the same on average."""

    OPTIONS, EXPECTED, DEVIATION = 8, 0.5, 0.2
    UPDATES, LEARNING_RATE = 300, 0.3

    @legacy_arm
    def best_value(self) -> np.ndarray:
        """What the token before the choice is worth, on average over the second half of the updates: (replicates,)."""
        return np.array([self._best_value(stream(seed, "noisy rewards")) for seed in self.seeds])

    def _best_value(self, rng: np.random.Generator) -> float:
        counts, q = np.array([1, self.OPTIONS]), np.zeros((2, self.OPTIONS, self.OPTIONS))
        values = []
        for _ in range(self.UPDATES):
            action = np.array([0, rng.integers(self.OPTIONS)])
            reward = float(rng.normal(self.EXPECTED, self.DEVIATION))
            q = self.impl.search.q_update(q, counts, action, reward, self.LEARNING_RATE)
            values.append(q[0, 0, 0])
        return float(np.mean(values[self.UPDATES // 2 :]))
