"""Scaled dot-product attention: each query gets a mixture of the values, weighted by how well its key matches.

Source: A. Vaswani et al., *Attention Is All You Need* (2017), equation 1. Shapes: Q (…, n, d), K (…, m, d) and V
(…, m, dv) give an output (…, n, dv) and weights (…, n, m).
"""

import numpy as np

from . import checks


def attention(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """Softmax(Q Kᵀ / √d) V, and the weights that the softmax gives each key."""
    queries, keys, values = _checked(queries, keys, values)
    logits = queries @ keys.swapaxes(-1, -2) / np.sqrt(queries.shape[-1])  # (…, n, m)
    # Softmax is unchanged by a shift of its row; with the largest logit at 0, exp cannot overflow.
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return {"output": weights @ values, "weights": weights}


def _checked(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    queries, keys, values = (
        checks.floats(name, array) for name, array in (("queries", queries), ("keys", keys), ("values", values))
    )
    for name, array in (("queries", queries), ("keys", keys), ("values", values)):
        if array.ndim < 2 or 0 in array.shape:
            raise ValueError(f"{name} has shape {array.shape}; expected at least two axes, none of them empty")
    batch, d = queries.shape[:-2], queries.shape[-1]
    if keys.shape[:-2] != batch or keys.shape[-1] != d:
        raise ValueError(f"keys has shape {keys.shape}; expected {(*batch, 'm', d)} to suit the queries")
    if values.shape[:-1] != keys.shape[:-1]:
        raise ValueError(f"values has shape {values.shape}; expected {(*keys.shape[:-1], 'dv')}, one for each key")
    return queries, keys, values
