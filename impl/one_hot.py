"""One-hot vectors: a token's vector is 1 at its place in the vocabulary and 0 elsewhere.

Source: the indicator ("1-of-K") coding of C. M. Bishop, *Pattern Recognition and Machine Learning* (2006), section 2.2.
Shapes: n tokens over a vocabulary of v give an array (n, v); places are counted from zero.
"""

import numpy as np

from . import checks


def vocabulary(tokens: list[str]) -> list[str]:
    """The distinct tokens, in the order of their first occurrence."""
    checks.strings("tokens", tokens)
    return list(dict.fromkeys(tokens))


def one_hot(tokens: list[str], vocabulary: list[str]) -> np.ndarray:
    """One row per token: 1 at its place in the vocabulary, 0 elsewhere."""
    checks.strings("tokens", tokens)
    checks.strings("vocabulary", vocabulary)
    place: dict[str, int] = {}
    for position, token in enumerate(vocabulary):
        if place.setdefault(token, position) != position:
            raise ValueError(
                f"vocabulary[{position}] is {token!r}, as is entry {place[token]}; expected distinct tokens"
            )
    for position, token in enumerate(tokens):
        if token not in place:
            raise ValueError(f"tokens[{position}] is {token!r}; expected one of the vocabulary's {len(place)} tokens")
    vectors = np.zeros((len(tokens), len(vocabulary)))
    vectors[np.arange(len(tokens)), [place[token] for token in tokens]] = 1
    return vectors
