"""Binary classification metrics, from the four counts of a confusion matrix.

Source: C. J. van Rijsbergen, *Information Retrieval* (1979), chapter 7. Shapes: labels are (n,), integers 0 or 1, and 1
is the positive class; scores are (n,), floats. A ratio 0/0 is 0.0 throughout.
"""

import math

import numpy as np

from . import checks


def confusion(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, int]:
    """How many samples were rightly and wrongly called positive (tp, fp), wrongly and rightly negative (fn, tn)."""
    truth, prediction = checks.labels("y_true", y_true), checks.labels("y_pred", y_pred)
    checks.same_length("y_true", truth, "y_pred", prediction)
    # Three counts of set bits; the other cells of the matrix follow from its margins.
    tp = int(np.count_nonzero(truth & prediction))
    fp = int(np.count_nonzero(prediction)) - tp
    fn = int(np.count_nonzero(truth)) - tp
    return {"tp": tp, "fp": fp, "fn": fn, "tn": len(truth) - tp - fp - fn}


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """The share of predictions that are right: (tp + tn) / n."""
    count = confusion(y_true, y_pred)
    return (count["tp"] + count["tn"]) / sum(count.values())


def precision(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """The share of the samples called positive that are positive: tp / (tp + fp)."""
    count = confusion(y_true, y_pred)
    return _ratio(count["tp"], count["tp"] + count["fp"])


def recall(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """The share of the positive samples that were found: tp / (tp + fn)."""
    count = confusion(y_true, y_pred)
    return _ratio(count["tp"], count["tp"] + count["fn"])


def f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """2PR / (P + R), with P and R written out in counts: the true positives cancel and one division is left."""
    count = confusion(y_true, y_pred)
    return _ratio(2 * count["tp"], 2 * count["tp"] + count["fp"] + count["fn"])


def cost(y_true: np.ndarray, y_pred: np.ndarray, false_positive_cost: float, false_negative_cost: float) -> float:
    """What the errors cost together, each kind at its own price."""
    for name, price in (("false_positive_cost", false_positive_cost), ("false_negative_cost", false_negative_cost)):
        if not 0 <= checks.number(name, price) < math.inf:
            raise ValueError(f"{name} is {price!r}; expected a finite number, 0 or more")
    count = confusion(y_true, y_pred)
    return float(false_positive_cost * count["fp"] + false_negative_cost * count["fn"])


def classify(scores: np.ndarray, threshold: float) -> np.ndarray:
    """1 where the score is at least the threshold, else 0."""
    scores = checks.scores("scores", scores)
    if math.isnan(checks.number("threshold", threshold)):
        raise ValueError(f"threshold is {threshold!r}; expected a number")
    return (scores >= threshold).astype(np.int64)


def precision_recall_curve(y_true: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Precision and recall of `classify` at every distinct score taken as the threshold, ascending."""
    thresholds, caught, flagged, positives = _counts_by_threshold(y_true, scores)
    return {"thresholds": thresholds, "precision": caught / flagged, "recall": caught / max(positives, 1)}


def best_f1_threshold(y_true: np.ndarray, scores: np.ndarray) -> float:
    """The score that gives `classify` the highest F1; of ties, the lowest."""
    thresholds, caught, flagged, positives = _counts_by_threshold(y_true, scores)
    # F1 = 2 tp / (flagged + positives); argmax returns the first, hence the lowest, of equals.
    return float(thresholds[np.argmax(2 * caught / (flagged + positives))])


def _counts_by_threshold(y_true: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Every distinct score, ascending; how many positives and how many samples lie at or above it; all positives."""
    truth, scores = checks.labels("y_true", y_true), checks.scores("scores", scores)
    checks.same_length("y_true", truth, "scores", scores)
    order = np.argsort(scores)
    ascending = scores[order]
    # Where each distinct score starts: everything from there on is at or above it.
    starts = np.flatnonzero(np.concatenate(([True], ascending[1:] != ascending[:-1])))
    positives_below = np.concatenate(([0], np.cumsum(truth[order])))
    positives = int(positives_below[-1])
    return ascending[starts], positives - positives_below[starts], len(scores) - starts, positives


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else 0.0
