"""Losses of checkpoints, from the discriminator's logits, and pairs of checkpoints chosen by them.

Nothing here sees a sample or knows of quality: what is chosen here is judged later, elsewhere.
"""

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


def value(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """V = E[log D(x)] + E[log(1 − D(G(z)))] from logits, (replicates, m) → (replicates,)."""
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    return -np.logaddexp(0, -real).mean(-1) - np.logaddexp(0, fake).mean(-1)


def generator_loss(fake: np.ndarray, saturating: bool) -> np.ndarray:
    """E[log(1 − D(G(z)))] if saturating, else E[−log D(G(z))], from logits: (replicates, m) → (replicates,)."""
    fake = fake.astype(np.float64)
    return -np.logaddexp(0, fake).mean(-1) if saturating else np.logaddexp(0, -fake).mean(-1)


def windows(losses: Losses, until: int, since: int) -> tuple[np.ndarray, np.ndarray]:
    """Which checkpoints are early (trained, and no older than `until`), and which are late (`since` or older)."""
    return np.flatnonzero((losses.ages > 0) & (losses.ages <= until)), np.flatnonzero(losses.ages >= since)


def difference(losses: Losses, pair: Pair) -> np.ndarray:
    """max(|ΔV|, |ΔL_G|) between the two checkpoints of each pair, (replicates,)."""
    r = np.arange(len(losses.value))
    return np.maximum(*(np.abs(loss[r, pair.late] - loss[r, pair.early]) for loss in losses[:2]))


def chosen_pair(losses: Losses, until: int, since: int) -> Pair:
    """The early and the late checkpoint whose losses, both of them, lie closest together."""
    early, late = windows(losses, until, since)
    gaps = np.maximum(*(np.abs(loss[:, early, None] - loss[:, None, late]) for loss in losses[:2]))  # (r, early, late)
    return _best(-gaps, early, late)


def risen_pair(losses: Losses, until: int, since: int) -> Pair:
    """The early and the late checkpoint between which both losses rise most, counting the one that rises less."""
    early, late = windows(losses, until, since)
    rises = np.minimum(*(loss[:, None, late] - loss[:, early, None] for loss in losses[:2]))
    return _best(rises, early, late)


def extremes(losses: Losses, before: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the value is lowest, and where highest, once training has begun and before this age: (replicates,) each."""
    earlier = np.flatnonzero((losses.ages > 0) & (losses.ages < before))
    return earlier[losses.value[:, earlier].argmin(1)], earlier[losses.value[:, earlier].argmax(1)]


def equal_gaps(gaps: np.ndarray, place: int, older: int) -> np.ndarray:
    """Where, from place `older` on, the second networks' gap comes closest to that of the first at `place`.

    gaps (2, replicates, checkpoints) → (replicates,).
    """
    return older + np.abs(gaps[1][:, older:] - gaps[0][:, place, None]).argmin(1)


def _best(scores: np.ndarray, early: np.ndarray, late: np.ndarray) -> Pair:
    first, second = np.unravel_index(scores.reshape(len(scores), -1).argmax(-1), scores.shape[1:])
    return Pair(early[first], late[second])
