"""torchmetrics' binary classification metrics."""

import numpy as np
import torch
from torchmetrics.functional import classification


def confusion(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, int]:
    """The four cells of `binary_confusion_matrix`."""
    (tn, fp), (fn, tp) = classification.binary_confusion_matrix(*_tensors(y_true, y_pred)).tolist()
    return {"tp": tp, "fp": fp, "fn": fn, "tn": tn}


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """`binary_accuracy`; single precision is all it has."""
    return float(classification.binary_accuracy(*_tensors(y_true, y_pred)))


def precision(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """`binary_precision`."""
    return float(classification.binary_precision(*_tensors(y_true, y_pred)))


def recall(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """`binary_recall`."""
    return float(classification.binary_recall(*_tensors(y_true, y_pred)))


def f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """`binary_f1_score`."""
    return float(classification.binary_f1_score(*_tensors(y_true, y_pred)))


def precision_recall_curve(y_true: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """`binary_precision_recall_curve` without the point (1, 0) that it adds; its recall is undefined without positives.

    It takes probabilities: a score's is its place among the distinct scores, and back.
    """
    distinct, place = np.unique(scores, return_inverse=True)
    probabilities = torch.from_numpy(place / len(distinct))
    truth = torch.from_numpy(y_true.astype(np.int64))
    precisions, recalls, thresholds = classification.binary_precision_recall_curve(probabilities, truth)
    return {
        "thresholds": distinct[np.rint(thresholds.numpy() * len(distinct)).astype(np.int64)],
        "precision": precisions[:-1].double().numpy(),
        "recall": recalls[:-1].double().numpy() if y_true.any() else np.zeros(len(thresholds)),
    }


def _tensors(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Predictions first, as torchmetrics has them."""
    return torch.from_numpy(y_pred.astype(np.int64)), torch.from_numpy(y_true.astype(np.int64))
