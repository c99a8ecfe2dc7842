"""Rank correlation."""

import numpy as np


def spearman(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation over the last axis of two arrays that broadcast: (…, n) → (…).

    0 where either is constant, of which SciPy would say NaN.
    """
    # scipy.stats takes a second to import, and collection has no use for it.
    from scipy.stats import spearmanr

    one, other = np.broadcast_arrays(one, other)
    rows = zip(one.reshape(-1, one.shape[-1]), other.reshape(-1, other.shape[-1]), strict=True)
    correlations = [0.0 if np.ptp(a) == 0 or np.ptp(b) == 0 else spearmanr(a, b).statistic for a, b in rows]
    return np.reshape(correlations, one.shape[:-1])
