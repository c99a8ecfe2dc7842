"""One-hot vectors, as rows whose places are compared with all places."""

import numpy as np


def vocabulary(tokens: list[str]) -> list[str]:
    """A dict keeps the order in which its keys came first."""
    return list(dict.fromkeys(tokens))


def one_hot(tokens: list[str], vocabulary: list[str]) -> np.ndarray:
    """(n, v): is this token's place that of the column?"""
    place = {token: i for i, token in enumerate(vocabulary)}
    if len(place) < len(vocabulary):
        raise ValueError(f"vocabulary holds {len(vocabulary)} tokens, {len(place)} different ones; expected no repeats")
    for position, token in enumerate(tokens):
        if token not in place:
            raise ValueError(f"tokens[{position}] is {token!r}; expected a token of the vocabulary")
    places = np.array([place[token] for token in tokens], dtype=np.int64)
    return np.equal.outer(places, np.arange(len(vocabulary))).astype(np.float64)
