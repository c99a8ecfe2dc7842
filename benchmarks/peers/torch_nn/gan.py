"""The value of the game, and what each player minimises, from torch's binary cross-entropy."""

import numpy as np
import torch
import torch.nn.functional as F


def value(
    real: np.ndarray,
    fake: np.ndarray,
    real_weights: np.ndarray | None = None,
    fake_weights: np.ndarray | None = None,
) -> float:
    """Minus two cross-entropies: of what D says of the data against 1, and of what it says of fakes against 0."""
    return -_cross_entropy(real, 1.0, real_weights) - _cross_entropy(fake, 0.0, fake_weights)


def discriminator_loss(real: np.ndarray, fake: np.ndarray) -> float:
    """The same two cross-entropies."""
    return _cross_entropy(real, 1.0) + _cross_entropy(fake, 0.0)


def generator_loss(fake: np.ndarray, saturating: bool) -> float:
    """Minus the discriminator's part of it; or the cross-entropy of what D says of fakes against 1."""
    return -_cross_entropy(fake, 0.0) if saturating else _cross_entropy(fake, 1.0)


def _cross_entropy(probabilities: np.ndarray, target: float, weights: np.ndarray | None = None) -> float:
    """By way of logits: `binary_cross_entropy` cuts logarithms off at −100."""
    logits = torch.from_numpy(probabilities).logit()
    weight = None if weights is None else torch.from_numpy(weights)
    reduction = "mean" if weights is None else "sum"
    labels = torch.full_like(logits, target)
    return float(F.binary_cross_entropy_with_logits(logits, labels, weight=weight, reduction=reduction))
