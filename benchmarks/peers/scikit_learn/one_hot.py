"""scikit-learn's one-hot encoder."""

import numpy as np
from sklearn.preprocessing import OneHotEncoder


def vocabulary(tokens: list[str]) -> list[str]:
    """The distinct tokens as they first occur; scikit-learn would sort them."""
    return list(dict.fromkeys(tokens))


def one_hot(tokens: list[str], vocabulary: list[str]) -> np.ndarray:
    """`OneHotEncoder` with the vocabulary as its categories; it wants at least one token."""
    if not tokens:
        return np.zeros((0, len(vocabulary)))
    column = np.array(tokens, dtype=object)[:, np.newaxis]
    encoder = OneHotEncoder(categories=[np.array(vocabulary, dtype=object)])
    return encoder.fit(column).transform(column).toarray()
