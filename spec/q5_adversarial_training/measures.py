"""What is measured on checkpoints: their losses, pairs that are chosen by losses alone, and changes between them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Losses(NamedTuple):
    """The losses of each replicate's checkpoints, on one fixed sample."""

    value: np.ndarray
    """(replicates, checkpoints): V"""
    generator: np.ndarray
    """(replicates, checkpoints): what the generator minimises"""
    ages: np.ndarray
    """(checkpoints,), in rounds"""


class Pair(NamedTuple):
    """Two checkpoints of each replicate, by their places in `Losses`."""

    early: np.ndarray
    """(replicates,)"""
    late: np.ndarray
    """(replicates,)"""


def probability(logits: np.ndarray) -> np.ndarray:
    """D(x), the probability of being real, in double precision."""
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


def value(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """V = E[log D(x)] + E[log(1 − D(G(z)))] from logits, (replicates, m) → (replicates,)."""
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    return -np.logaddexp(0, -real).mean(-1) - np.logaddexp(0, fake).mean(-1)


def generator_loss(fake: np.ndarray, saturating: bool) -> np.ndarray:
    """E[log(1 − D(G(z)))] if saturating, else E[−log D(G(z))], from logits: (replicates, m) → (replicates,)."""
    fake = fake.astype(np.float64)
    return -np.logaddexp(0, fake).mean(-1) if saturating else np.logaddexp(0, -fake).mean(-1)


def closest_pair(losses: Losses, until: int, since: int) -> Pair:
    """The early and the late checkpoint whose losses, both of them, lie closest together.

    Early ones are trained, and no older than `until` rounds; late ones are `since` rounds old, or older.
    """
    return _best_pair(losses, until, since, lambda rises: -np.abs(rises).max(0))


def risen_pair(losses: Losses, until: int, since: int) -> Pair:
    """The early and the late checkpoint between which both losses rise most, counting the one that rises less."""
    return _best_pair(losses, until, since, lambda rises: rises.min(0))


def _best_pair(losses: Losses, until: int, since: int, score: Callable[[np.ndarray], np.ndarray]) -> Pair:
    early = np.flatnonzero((losses.ages > 0) & (losses.ages <= until))
    late = np.flatnonzero(losses.ages >= since)
    scores = score(np.stack([loss[:, None, late] - loss[:, early, None] for loss in losses[:2]]))  # (r, early, late)
    first, second = np.unravel_index(scores.reshape(len(scores), -1).argmax(-1), scores.shape[1:])
    return Pair(early[first], late[second])


def extremes(losses: Losses, before: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the value is lowest, and where highest, once training has begun and before an age: (replicates,) each."""
    earlier = np.flatnonzero((losses.ages > 0) & (losses.ages < before))
    return earlier[losses.value[:, earlier].argmin(1)], earlier[losses.value[:, earlier].argmax(1)]


def at_checkpoints(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Each replicate's value at a checkpoint of its own: (replicates, checkpoints, …) → (replicates, …)."""
    return values[np.arange(len(values)), places]


def gain(values: np.ndarray, pair: Pair) -> np.ndarray:
    """By how much values (replicates, checkpoints) rise from the early to the late checkpoint, (replicates,)."""
    return at_checkpoints(values, pair.late) - at_checkpoints(values, pair.early)


def loss_changes(losses: Losses, pair: Pair) -> np.ndarray:
    """ΔV and ΔL_G from the early to the late checkpoint, (2, replicates)."""
    return np.stack([gain(loss, pair) for loss in losses[:2]])


def worst_fall(values: np.ndarray) -> np.ndarray:
    """By how much values fall at most below what they had reached before: (replicates, n) → (replicates,)."""
    return (np.maximum.accumulate(values, axis=-1) - values).max(-1)
