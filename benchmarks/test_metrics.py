"""F1 of a million labels."""

import numpy as np
import pytest

from impl import metrics


@pytest.fixture(scope="module")
def labels():
    """A million labels, a tenth of them positive, and predictions that are right nine times out of ten."""
    rng = np.random.default_rng(0)
    y_true = (rng.random(1_000_000) < 0.1).astype(np.int64)
    return y_true, np.where(rng.random(1_000_000) < 0.9, y_true, 1 - y_true)


def ours(y_true, y_pred):
    """This project's."""
    return metrics.f1(y_true, y_pred)


def scikit_learn(y_true, y_pred):
    """scikit-learn's."""
    from sklearn.metrics import f1_score

    return f1_score(y_true, y_pred)


@pytest.mark.benchmark(group="F1 of 10⁶ labels")
@pytest.mark.parametrize("f1", [ours, scikit_learn])
def test_f1(benchmark, labels, f1):
    """The same F1, from the same labels."""
    assert f1(*labels) == pytest.approx(scikit_learn(*labels), abs=1e-12)
    benchmark(f1, *labels)
