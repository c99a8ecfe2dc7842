"""One-hot vectors of tokens."""

import numpy as np

from .checks import require


def vocabulary(tokens: list[str]) -> list[str]:
    """The distinct tokens, first come first."""
    return list(dict.fromkeys(tokens))


def one_hot(tokens: list[str], vocabulary: list[str]) -> np.ndarray:
    """A row per token, (n, v)."""
    place = {token: index for index, token in enumerate(vocabulary)}
    if len(place) < len(vocabulary):
        twice = next(token for index, token in enumerate(vocabulary) if place[token] != index)
        raise ValueError(f"vocabulary holds {twice!r} twice; expected distinct tokens")
    for token in tokens:
        require(token in place, "tokens", f"holding {token!r}", "tokens of the vocabulary")
    vectors = np.zeros((len(tokens), len(vocabulary)), dtype=np.float32)
    for row, token in enumerate(tokens):
        vectors[row, place[token]] = 1
    return vectors
