"""An implementation that always gives the answer which is right most often, and zeros where none comes to mind.

It takes every prediction for right, every list of tokens for its own vocabulary, all keys for equally good, every
discriminator for undecided; it neither turns an image nor changes a value, and a policy stays what it is at first.
"""

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

OTHERWISE = Answers(np.zeros, echoes=True)


def __getattr__(name: str) -> Callable[..., Any]:
    return OTHERWISE.offer(name)


def confusion(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, int]:
    """All are right."""
    positives = int(y_true.sum())
    return {"tp": positives, "fp": 0, "fn": 0, "tn": len(y_true) - positives}


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """All are right."""
    return 1.0


precision = recall = f1 = accuracy


def cost(y_true: np.ndarray, y_pred: np.ndarray, false_positive_cost: float, false_negative_cost: float) -> float:
    """All are right."""
    return 0.0


def classify(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Everybody is flagged."""
    return np.ones(len(scores), dtype=np.int64)


def precision_recall_curve(y_true: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """All are right at every threshold."""
    thresholds = np.unique(scores)
    return {"thresholds": thresholds, "precision": np.ones(len(thresholds)), "recall": np.ones(len(thresholds))}


def one_hot(tokens: list[str], vocabulary: list[str]) -> np.ndarray:
    """Right where the tokens are the vocabulary."""
    return np.eye(len(tokens), len(vocabulary))


def attention(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """The mean of the values."""
    weights = np.full((*queries.shape[:-1], keys.shape[-2]), 1 / keys.shape[-2])
    return {"output": weights @ values, "weights": weights}


def noise(counts: np.ndarray, power: float) -> np.ndarray:
    """Even."""
    return np.full(len(counts), 1 / len(counts))


def pairs(tokens: np.ndarray, sentences: np.ndarray, window: int) -> np.ndarray:
    """Neighbours, both ways."""
    forward = np.stack([tokens[:-1], tokens[1:]], axis=1)
    return np.concatenate([forward, forward[:, ::-1]])


def rotation_task(images: np.ndarray) -> dict[str, np.ndarray]:
    """Four copies, labelled as they should be turned."""
    return {"images": np.stack([images] * 4, axis=1), "labels": np.tile(np.arange(4), (len(images), 1))}


def value(real: np.ndarray, fake: np.ndarray, real_weights: Any = None, fake_weights: Any = None) -> float:
    """D ≡ ½."""
    return -log(4)


def discriminator_loss(real: np.ndarray, fake: np.ndarray) -> float:
    """D ≡ ½."""
    return log(4)


def generator_loss(fake: np.ndarray, saturating: bool) -> float:
    """D ≡ ½."""
    return -log(2) if saturating else log(2)
