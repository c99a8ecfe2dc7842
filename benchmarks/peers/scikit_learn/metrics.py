"""scikit-learn's metrics."""

import numpy as np
from sklearn import metrics


def confusion(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, int]:
    """The four cells of `confusion_matrix`."""
    tn, fp, fn, tp = metrics.confusion_matrix(y_true, y_pred, labels=[0, 1]).ravel().tolist()
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn}


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """`accuracy_score`."""
    return float(metrics.accuracy_score(y_true, y_pred))


def precision(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """`precision_score`, 0 where nothing is called positive."""
    return float(metrics.precision_score(y_true, y_pred, zero_division=0))


def recall(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """`recall_score`, 0 where nothing is positive."""
    return float(metrics.recall_score(y_true, y_pred, zero_division=0))


def f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """`f1_score`, 0 where both are 0."""
    return float(metrics.f1_score(y_true, y_pred, zero_division=0))


def cost(y_true: np.ndarray, y_pred: np.ndarray, false_positive_cost: float, false_negative_cost: float) -> float:
    """The off-diagonal of the confusion matrix, priced."""
    count = confusion(y_true, y_pred)
    return false_positive_cost * count["fp"] + false_negative_cost * count["fn"]


def classify(scores: np.ndarray, threshold: float) -> np.ndarray:
    """A comparison; `binarize` has > for ≥."""
    return (scores >= threshold).astype(np.int64)


def precision_recall_curve(y_true: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """`precision_recall_curve` without the point (1, 0) that it adds; its recall is 1 where nothing is positive."""
    precisions, recalls, thresholds = metrics.precision_recall_curve(y_true, scores)
    recalls = recalls[:-1] if y_true.any() else np.zeros(len(thresholds))
    return {"thresholds": thresholds, "precision": precisions[:-1], "recall": recalls}
