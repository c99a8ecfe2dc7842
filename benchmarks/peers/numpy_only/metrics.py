"""Binary classification metrics as probabilities: of the samples that a mask picks, the share of which something holds.

Precision is how often the truth is 1 given that the prediction is, recall the other way round, and F1 follows from the
Jaccard index of the two sets of positives. Thresholds are looked up in sorted scores.
"""

import numpy as np


def confusion(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, int]:
    """The 2 × 2 table of truth against prediction, a product of indicators."""
    truth, called = _pair(y_true, y_pred)
    (tn, fp), (fn, tp) = (np.stack([~truth, truth]).astype(int) @ np.stack([~called, called], axis=1)).tolist()
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn}


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """P(truth = prediction)."""
    truth, called = _pair(y_true, y_pred)
    return float(np.mean(truth == called))


def precision(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """P(truth = 1 | prediction = 1)."""
    truth, called = _pair(y_true, y_pred)
    return _share(truth, condition=called)


def recall(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """P(prediction = 1 | truth = 1)."""
    truth, called = _pair(y_true, y_pred)
    return _share(called, condition=truth)


def f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """2 J / (1 + J) of the Jaccard index J, the intersection of the positives over their union."""
    truth, called = _pair(y_true, y_pred)
    jaccard = _share(truth & called, condition=truth | called)
    return 2 * jaccard / (1 + jaccard)


def cost(y_true: np.ndarray, y_pred: np.ndarray, false_positive_cost: float, false_negative_cost: float) -> float:
    """The inner product of how often each kind of error happens with its price."""
    prices = np.array([false_positive_cost, false_negative_cost])
    if not (prices >= 0).all():
        raise ValueError(f"the costs are {prices}; expected 0 or more")
    truth, called = _pair(y_true, y_pred)
    return float(np.array([(called > truth).sum(), (called < truth).sum()]) @ prices)


def classify(scores: np.ndarray, threshold: float) -> np.ndarray:
    """The step function at the threshold, which is 1 there."""
    return np.heaviside(_finite(scores) - threshold, 1).astype(np.int64)


def precision_recall_curve(y_true: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """At each distinct score: of the samples at or above it the share that is positive, and of the positives there."""
    thresholds, true_positives, called, positives = _lookup(y_true, scores)
    recalls = true_positives / positives if positives else np.zeros(len(thresholds))
    return {"thresholds": thresholds, "precision": true_positives / called, "recall": recalls}


def best_f1_threshold(y_true: np.ndarray, scores: np.ndarray) -> float:
    """The first threshold of the largest Jaccard index, which rises and falls with F1."""
    thresholds, true_positives, called, positives = _lookup(y_true, scores)
    return float(thresholds[(true_positives / (called + positives - true_positives)).argmax()])


def _lookup(y_true: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Distinct scores, ascending; how many positives and how many samples reach each; how many positives there are."""
    truth = _binary("y_true", y_true)
    everyone = np.sort(_finite(scores))
    if len(everyone) != len(truth):
        raise ValueError(f"there are {len(everyone)} scores; expected {len(truth)}, as many as labels")
    positives, thresholds = np.sort(scores[truth]), np.unique(everyone)
    true_positives, called = (len(ordered) - ordered.searchsorted(thresholds) for ordered in (positives, everyone))
    return thresholds, true_positives, called, len(positives)


def _share(event: np.ndarray, condition: np.ndarray) -> float:
    """P(event | given), and 0 where nothing is given."""
    return float(event[condition].mean()) if condition.any() else 0.0


def _pair(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, called = _binary("y_true", y_true), _binary("y_pred", y_pred)
    if len(truth) != len(called):
        raise ValueError(f"there are {len(called)} predictions; expected {len(truth)}, as many as labels")
    return truth, called


def _binary(name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 1 or not array.size or not ((array == 0) | (array == 1)).all():
        raise ValueError(f"{name} is {array}; expected one 0 or 1 per sample, of at least one")
    return array == 1


def _finite(scores: np.ndarray) -> np.ndarray:
    if scores.ndim != 1 or not scores.size or not np.isfinite(scores).all():
        raise ValueError(f"scores is {scores}; expected one finite number per sample, of at least one")
    return scores
