"""Returns an array that is larger than may be read."""

import numpy as np


def f1(y_true, y_pred):
    return np.zeros(2**23)
