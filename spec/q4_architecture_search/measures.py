"""What is measured on networks, and on the rewards (r, trials) of searches: one value for each."""

from collections.abc import Sequence

import numpy as np

from spec.contract import TrainedArchitectures

from .stimuli import DigitSet

WINDOW = 50
"""How many trials "early" and "late" are."""


def accuracies(trained: TrainedArchitectures, digits: DigitSet) -> np.ndarray:
    """The share of the digits that each network recognises, (architectures,)."""
    return (trained.logits(digits.pixels).argmax(-1) == digits.labels).mean(-1)


def late(rewards: np.ndarray) -> np.ndarray:
    """The mean of the last trials, (r,)."""
    return rewards[:, -WINDOW:].mean(1)


def rise(rewards: np.ndarray) -> np.ndarray:
    """The mean of the last trials − that of the first, (r,)."""
    return late(rewards) - rewards[:, :WINDOW].mean(1)


def low_against_high(rewards: np.ndarray, low: np.ndarray) -> np.ndarray:
    """The mean of the trials where `low` (trials,) is true − that of the others, (r,)."""
    return rewards[:, low].mean(1) - rewards[:, ~low].mean(1)


def at_best(values: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    """The value (r, trials) of the trial whose reward is the highest, the first of equals: (r,)."""
    return np.take_along_axis(values, rewards.argmax(1)[:, None], axis=1)[:, 0]


def per_replicate(values: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
    """The mean over the searches that each replicate has side by side: (r · searches,) → (r,)."""
    return values.reshape(len(seeds), -1).mean(1)
