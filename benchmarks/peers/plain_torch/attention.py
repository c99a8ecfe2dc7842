"""Scaled dot-product attention: softmax(Q Kᵀ / √d) V (Vaswani et al., 2017, equation 1)."""

import math

import numpy as np
import torch

from .checks import finite, require


def attention(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """Each query's mixture of the values, and the weights of the mixture."""
    require(keys.shape[-2] > 0, "keys", f"of shape {keys.shape}", "at least one key")
    require(
        keys.shape[-1] == queries.shape[-1], "keys", f"of width {keys.shape[-1]}", f"{queries.shape[-1]}, as queries"
    )
    require(values.shape[-2] == keys.shape[-2], "values", f"{values.shape[-2]} rows", f"{keys.shape[-2]}, as keys")
    for name, array in (("queries", queries), ("keys", keys), ("values", values)):
        finite(name, array)
    q, k, v = torch.from_numpy(queries), torch.from_numpy(keys), torch.from_numpy(values)
    weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
    return {"output": (weights @ v).numpy(), "weights": weights.numpy()}
