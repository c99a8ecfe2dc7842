"""Metrics of binary classification, from the four counts of the confusion matrix."""

import math

import numpy as np

from .checks import finite, require, whole


def confusion(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, int]:
    """True and false positives, true and false negatives."""
    _check_labels(y_true, y_pred, "y_pred")
    whole("y_pred", y_pred, 0, 2)
    return {
        "tp": int(np.sum((y_true == 1) & (y_pred == 1))),
        "fp": int(np.sum((y_true == 0) & (y_pred == 1))),
        "fn": int(np.sum((y_true == 1) & (y_pred == 0))),
        "tn": int(np.sum((y_true == 0) & (y_pred == 0))),
    }


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """The share of right predictions."""
    c = confusion(y_true, y_pred)
    return (c["tp"] + c["tn"]) / len(y_true)


def precision(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """TP / (TP + FP)."""
    c = confusion(y_true, y_pred)
    return _ratio(c["tp"], c["tp"] + c["fp"])


def recall(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """TP / (TP + FN)."""
    c = confusion(y_true, y_pred)
    return _ratio(c["tp"], c["tp"] + c["fn"])


def f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN)."""
    c = confusion(y_true, y_pred)
    return _ratio(2 * c["tp"], 2 * c["tp"] + c["fp"] + c["fn"])


def cost(y_true: np.ndarray, y_pred: np.ndarray, false_positive_cost: float, false_negative_cost: float) -> float:
    """What the errors cost together."""
    for name, value in (("false_positive_cost", false_positive_cost), ("false_negative_cost", false_negative_cost)):
        require(math.isfinite(value) and value >= 0, name, value, "a finite number from 0")
    c = confusion(y_true, y_pred)
    return float(false_positive_cost) * c["fp"] + float(false_negative_cost) * c["fn"]


def classify(scores: np.ndarray, threshold: float) -> np.ndarray:
    """1 where the score reaches the threshold."""
    _check_scores(scores)
    require(not math.isnan(threshold), "threshold", threshold, "a number")
    return (scores >= threshold).astype(np.int64)


def precision_recall_curve(y_true: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Precision and recall at every distinct score."""
    thresholds, tp, fp = _counts_by_threshold(y_true, scores)
    positives = y_true.sum()
    # Each threshold is reached by the score that it is, so tp + fp is never 0.
    recalls = tp / positives if positives else np.zeros(len(tp))
    return {"thresholds": thresholds, "precision": tp / (tp + fp), "recall": recalls}


def best_f1_threshold(y_true: np.ndarray, scores: np.ndarray) -> float:
    """The lowest threshold of the highest F1."""
    thresholds, tp, fp = _counts_by_threshold(y_true, scores)
    # 2 TP + FP + FN is what is called positive, plus what is; argmax takes the first of equals.
    return float(thresholds[np.argmax(2 * tp / (tp + fp + y_true.sum()))])


def _counts_by_threshold(y_true: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct scores, ascending, and how many positives and negatives have at least that score."""
    _check_labels(y_true, scores, "scores")
    _check_scores(scores)
    thresholds, place = np.unique(scores, return_inverse=True)
    positives = np.bincount(place, weights=y_true, minlength=len(thresholds))
    negatives = np.bincount(place, weights=1 - y_true, minlength=len(thresholds))
    return thresholds, positives[::-1].cumsum()[::-1], negatives[::-1].cumsum()[::-1]


def _check_labels(y_true: np.ndarray, other: np.ndarray, name: str) -> None:
    require(len(y_true) > 0, "y_true", "empty", "at least one sample")
    require(len(y_true) == len(other), name, f"of length {len(other)}", f"{len(y_true)}, as y_true")
    whole("y_true", y_true, 0, 2)


def _check_scores(scores: np.ndarray) -> None:
    require(len(scores) > 0, "scores", "empty", "at least one sample")
    finite("scores", scores)


def _ratio(a: int, b: int) -> float:
    return a / b if b else 0.0
