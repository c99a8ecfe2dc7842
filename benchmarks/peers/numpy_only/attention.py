"""Scaled dot-product attention by sums over named axes, the softmax as the exponential of log-probabilities."""

import numpy as np


def attention(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """Q (…, n, d), K (…, m, d), V (…, m, v) → output (…, n, v), weights (…, n, m)."""
    logits = np.einsum("...nd,...md->...nm", queries, keys) / queries.shape[-1] ** 0.5
    log_weights = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    weights = np.exp(log_weights)
    return {"output": np.einsum("...nm,...mv->...nv", weights, values), "weights": weights}
