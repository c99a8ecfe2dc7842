"""A search: a controller proposes actions, and learns from what they earn."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from spec.contract import PolicyController, QController

from . import spaces
from .spaces import Space

Reward = Callable[[np.ndarray], np.ndarray]
"""What actions (replicates, n, tokens) earn, (replicates, n)."""


class Trials(NamedTuple):
    """What was proposed, in this order, and what it earned."""

    actions: np.ndarray  # (replicates, trials, tokens)
    rewards: np.ndarray  # (replicates, trials)


class TrainedTrials(NamedTuple):
    """Trials whose architectures were trained when they were proposed."""

    actions: np.ndarray  # (replicates, trials, tokens)
    rewards: np.ndarray  # (replicates, trials), accuracies on evaluation digits
    predictions: np.ndarray  # (replicates, trials, evaluation digits)
    test: np.ndarray  # (replicates, trials), accuracies on test digits


class RandomController:
    """Random search, one per generator: every list of tokens is equally probable, whatever the rewards."""

    def __init__(self, space: Space, generators: Sequence[np.random.Generator]) -> None:
        self._space, self._generators = space, generators

    def sample(self, size: int) -> np.ndarray:
        """(replicates, size, tokens)."""
        return np.stack([spaces.random_actions(self._space, size, rng) for rng in self._generators])

    def update(self, actions: np.ndarray, rewards: np.ndarray) -> None:
        """Learn nothing."""


Controller = PolicyController | QController | RandomController


def search(
    controller: Controller, space: Space, reward: Reward, budget: Mapping[str, Any], feedback: np.ndarray | None = None
) -> Trials:
    """The budget's number of trials; the controller learns from their rewards, or from `feedback` (r, trials)."""
    trials, n = [], budget["per_update"]
    for start in range(0, budget["trials"], n):
        # A token that stands for no option is taken for the nearest that does: that there is none is another claim.
        actions = np.clip(controller.sample(n), 0, spaces.choices(space) - 1)
        rewards = reward(actions)
        controller.update(actions, rewards if feedback is None else feedback[:, start : start + n])
        trials.append(Trials(actions, rewards))
    return Trials(*(np.concatenate(parts, axis=1) for parts in zip(*trials, strict=True)))
