"""scikit-learn's digits: 1797 handwritten ones, of 8 × 8 pixels (Alpaydin & Kaynak, 1998)."""

from functools import cache

import numpy as np


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (1797, 8, 8), float64 from 0 to 16, and classes (1797,), 0 to 9."""
    # scikit-learn takes a second to import, and collection has no use for it.
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.images, data.target
