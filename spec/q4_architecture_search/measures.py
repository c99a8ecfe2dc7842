"""What is measured on searches: from rewards (r, trials), one value per replicate or search."""

from collections.abc import Sequence

import numpy as np

WINDOW = 50
"""How many trials "early" and "late" are."""


def early(rewards: np.ndarray) -> np.ndarray:
    """The mean of the first trials, (r,)."""
    return rewards[:, :WINDOW].mean(1)


def late(rewards: np.ndarray) -> np.ndarray:
    """The mean of the last trials, (r,)."""
    return rewards[:, -WINDOW:].mean(1)


def rise(rewards: np.ndarray) -> np.ndarray:
    """Late minus early, (r,)."""
    return late(rewards) - early(rewards)


def best(rewards: np.ndarray) -> np.ndarray:
    """The highest reward found, (r,)."""
    return rewards.max(1)


def at_best(values: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    """The value (r, trials) of the trial whose reward is the highest, the first of equals: (r,)."""
    return np.take_along_axis(values, rewards.argmax(1)[:, None], axis=1)[:, 0]


def per_replicate(values: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
    """The mean over the searches that each replicate has side by side: (r · searches,) → (r,)."""
    return values.reshape(len(seeds), -1).mean(1)
