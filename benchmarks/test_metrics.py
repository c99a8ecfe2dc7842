"""Metrics of a million labels: confusion counts, F1, and the precision–recall curve."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn import metrics as scikit_learn
from torchmetrics.functional import classification as torchmetrics

from benchmarks.measuring import DEVICES, elsewhere
from impl import metrics

N = 1_000_000
COUNTS = ("tn", "fp", "fn", "tp")


@pytest.fixture(scope="module")
def labels():
    """A million labels, a tenth of them positive, predictions right nine times of ten, and scores, all different."""
    rng = np.random.default_rng(0)
    y_true = (rng.random(N) < 0.1).astype(np.int64)
    return y_true, np.where(rng.random(N) < 0.9, y_true, 1 - y_true), rng.random(N) + 0.3 * y_true


def facts(by, device, columns, target=None):
    """What the benchmarks say of themselves: only torchmetrics uses a GPU; so many columns of 8 bytes come and go."""
    where = {} if by == "torchmetrics" else elsewhere(device)
    aim = {"target": target} if by == "scikit-learn" and device == "cpu" and target else {}
    return {"by": by, "items": N, "unit": "labels", "device": device, "least_bytes": 8 * columns * N} | where | aim


def on(device, *arrays):
    """Arrays where torchmetrics reads them; to bring them there is not timed."""
    return [torch.from_numpy(array).to(device) for array in arrays]


@pytest.mark.parametrize("by", ["ours", "scikit-learn", "torchmetrics"])
@pytest.mark.parametrize("device", DEVICES)
def test_confusion(measure, labels, by, device):
    """The four counts."""
    y_true, y_pred, _ = labels
    there = on(device, y_pred, y_true)
    work = {
        "ours": partial(metrics.confusion, y_true, y_pred),
        "scikit-learn": partial(scikit_learn.confusion_matrix, y_true, y_pred),
        "torchmetrics": partial(torchmetrics.binary_confusion_matrix, *there),
    }
    counts = metrics.confusion(y_true, y_pred)
    expected = [counts[name] for name in COUNTS]
    assert np.array(scikit_learn.confusion_matrix(y_true, y_pred)).ravel().tolist() == expected
    assert work["torchmetrics"]().ravel().tolist() == expected
    measure(work[by], piece="confusion counts of 10⁶ labels", **facts(by, device, 2))


@pytest.mark.parametrize("by", ["ours", "scikit-learn", "torchmetrics"])
@pytest.mark.parametrize("device", DEVICES)
def test_f1(measure, labels, by, device):
    """F1, all input being checked."""
    y_true, y_pred, _ = labels
    there = on(device, y_pred, y_true)
    work = {
        "ours": partial(metrics.f1, y_true, y_pred),
        "scikit-learn": partial(scikit_learn.f1_score, y_true, y_pred),
        "torchmetrics": lambda: torchmetrics.binary_f1_score(*there).item(),
    }
    assert work["ours"]() == pytest.approx(work["scikit-learn"](), abs=1e-12)
    assert work["ours"]() == pytest.approx(work["torchmetrics"](), abs=1e-6)  # which has single precision
    measure(work[by], piece="F1 of 10⁶ labels", **facts(by, device, 2, target=60))


@pytest.mark.parametrize("by", ["ours", "scikit-learn", "torchmetrics"])
@pytest.mark.parametrize("device", DEVICES)
def test_precision_recall_curve(measure, labels, by, device):
    """The curve over a million distinct thresholds; the others add a point (1, 0) at its end."""
    y_true, _, scores = labels
    scores = scores / scores.max()  # torchmetrics takes probabilities
    there = on(device, scores, y_true)
    work = {
        "ours": partial(metrics.precision_recall_curve, y_true, scores),
        "scikit-learn": partial(scikit_learn.precision_recall_curve, y_true, scores),
        "torchmetrics": partial(torchmetrics.binary_precision_recall_curve, *there),
    }
    curve = work["ours"]()
    expected = [curve[name] for name in ("precision", "recall", "thresholds")]
    for peer, tolerance in (("scikit-learn", 1e-12), ("torchmetrics", 1e-5)):
        curve_of_peer = (part.cpu().numpy() if torch.is_tensor(part) else part for part in work[peer]())
        precision, recall, thresholds = curve_of_peer
        for values, wanted in zip((precision[:-1], recall[:-1], thresholds), expected, strict=True):
            np.testing.assert_allclose(values, wanted, atol=tolerance)
    measure(work[by], piece="precision–recall curve of 10⁶ scores", **facts(by, device, 5, target=3))
