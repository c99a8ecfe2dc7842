"""What is measured on checkpoints: everything from losses, scores and qualities, with one value per replicate."""

import numpy as np

from .pairs import Losses, Pair


def of_replicates(values: np.ndarray, checkpoints: np.ndarray) -> np.ndarray:
    """Each replicate's value at its own checkpoint: (replicates, checkpoints, …) → (replicates, …)."""
    return values[np.arange(len(values)), checkpoints]


def gain(values: np.ndarray, pair: Pair) -> np.ndarray:
    """By how much values (replicates, checkpoints) rise from the early to the late checkpoint, (replicates,)."""
    return of_replicates(values, pair.late) - of_replicates(values, pair.early)


def rank_correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Spearman's, over the last axis of two arrays (replicates, n); 0 where either is constant: (replicates,)."""
    from scipy.stats import rankdata

    a, b = (rankdata(values, axis=-1) for values in (one, other))
    a, b = (ranks - ranks.mean(-1, keepdims=True) for ranks in (a, b))
    length = np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return (a * b).sum(-1) / np.where(length > 0, length, 1)


def worst_fall(values: np.ndarray) -> np.ndarray:
    """By how much values fall at most below what they had reached before: (replicates, n) → (replicates,)."""
    return (np.maximum.accumulate(values, axis=-1) - values).max(-1)


def evenly(losses: Losses, spacing: int, since: int = 0) -> np.ndarray:
    """Checkpoints at even intervals, so that the dense windows do not count for more."""
    return np.flatnonzero((losses.ages % spacing == 0) & (losses.ages >= since))
