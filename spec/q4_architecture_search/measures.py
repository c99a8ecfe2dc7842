"""What is measured on networks, and on the rewards (r, trials) of searches: one value for each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spec.contract import TrainedArchitectures

from .stimuli import DigitSet

WINDOW = 48
"""How many of the last trials are "late"."""


def accuracies(trained: TrainedArchitectures, digits: DigitSet) -> np.ndarray:
    """The share of the digits that each network recognises, (architectures,)."""
    return (trained.logits(digits.pixels).argmax(-1) == digits.labels).mean(-1)


def late(rewards: np.ndarray) -> np.ndarray:
    """The mean of the last trials, (r,)."""
    return rewards[:, -WINDOW:].mean(1)


def best_so_far(rewards: np.ndarray) -> np.ndarray:
    """The highest reward after each number of trials, (r, trials)."""
    return np.maximum.accumulate(rewards, axis=1)


def rise(rewards: np.ndarray, budget: Mapping[str, Any]) -> np.ndarray:
    """The mean of the last trials − that of the first, which were proposed before any was learned from: (r,)."""
    return late(rewards) - rewards[:, : budget["per_update"]].mean(1)


def low_against_high(rewards: np.ndarray, epsilons: np.ndarray) -> np.ndarray:
    """The mean of the trials with ε (trials,) of at most .1 − that of those with an ε above .5, (r,)."""
    return rewards[:, epsilons <= 0.1].mean(1) - rewards[:, epsilons > 0.5].mean(1)


def at_best(values: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    """The value (r, trials) of the trial whose reward is the highest, the first of equals: (r,)."""
    return np.take_along_axis(values, rewards.argmax(1)[:, None], axis=1)[:, 0]


def per_replicate(values: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
    """The mean over the searches that each replicate has side by side: (r · searches,) → (r,)."""
    return values.reshape(len(seeds), -1).mean(1)
