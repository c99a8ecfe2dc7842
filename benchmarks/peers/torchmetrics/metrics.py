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


def _tensors(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Predictions first, as torchmetrics has them."""
    return torch.from_numpy(y_pred.astype(np.int64)), torch.from_numpy(y_true.astype(np.int64))
