"""Binary classification metrics from one table: how often each truth meets each prediction."""

import numpy as np


def confusion(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, int]:
    """Each pair (truth, prediction) is a number of two bits; count the four numbers."""
    truth, prediction = _labels("y_true", y_true), _labels("y_pred", y_pred)
    if len(truth) != len(prediction):
        raise ValueError(f"y_pred has {len(prediction)} entries; expected {len(truth)}, as y_true has")
    tn, fp, fn, tp = np.bincount(2 * truth + prediction, minlength=4).tolist()
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn}


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """(tp + tn) / n."""
    count = confusion(y_true, y_pred)
    return (count["tp"] + count["tn"]) / sum(count.values())


def precision(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Of those called positive, tp + fp, the share that is."""
    count = confusion(y_true, y_pred)
    return _ratio(count["tp"], count["tp"] + count["fp"])


def recall(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Of the positives, tp + fn, the share that was found."""
    count = confusion(y_true, y_pred)
    return _ratio(count["tp"], count["tp"] + count["fn"])


def f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """2 tp / (2 tp + fp + fn)."""
    count = confusion(y_true, y_pred)
    return _ratio(2 * count["tp"], 2 * count["tp"] + count["fp"] + count["fn"])


def cost(y_true: np.ndarray, y_pred: np.ndarray, false_positive_cost: float, false_negative_cost: float) -> float:
    """c_fp · fp + c_fn · fn."""
    for name, price in (("false_positive_cost", false_positive_cost), ("false_negative_cost", false_negative_cost)):
        if price < 0:
            raise ValueError(f"{name} is {price}; expected 0 or more")
    count = confusion(y_true, y_pred)
    return false_positive_cost * count["fp"] + false_negative_cost * count["fn"]


def classify(scores: np.ndarray, threshold: float) -> np.ndarray:
    """1 where score ≥ threshold."""
    return np.greater_equal(_scores(scores), threshold).astype(np.int64)


def precision_recall_curve(y_true: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """From how many positives, and how many at all, lie at or above each distinct score."""
    thresholds, true_positives, flagged, positives = _at_or_above(y_true, scores)
    return {
        "thresholds": thresholds,
        "precision": true_positives / flagged,
        "recall": true_positives / max(positives, 1),
    }


def best_f1_threshold(y_true: np.ndarray, scores: np.ndarray) -> float:
    """Where 2 tp / (flagged + positives) is largest: `argmax` returns the first, and so the lowest score."""
    thresholds, true_positives, flagged, positives = _at_or_above(y_true, scores)
    return float(thresholds[np.argmax(2 * true_positives / (flagged + positives))])


def _at_or_above(y_true: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """The distinct scores, how many positives and how many samples score at least each, and all positives."""
    truth = _labels("y_true", y_true)
    if np.shape(scores) != truth.shape:
        raise ValueError(f"scores has shape {np.shape(scores)}; expected {truth.shape}, as y_true has")
    thresholds, place = np.unique(_scores(scores), return_inverse=True)
    samples = np.bincount(place)[::-1].cumsum()[::-1]
    true_positives = np.bincount(place, weights=truth)[::-1].cumsum()[::-1]
    return thresholds, true_positives, samples, int(truth.sum())


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _labels(name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 1 or array.size == 0 or not np.isin(array, (0, 1)).all():
        raise ValueError(f"{name} is {array}; expected one 0 or 1 per sample, of at least one")
    return array.astype(np.int64)


def _scores(array: np.ndarray) -> np.ndarray:
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"scores is {array}; expected one finite number per sample, of at least one")
    return array
