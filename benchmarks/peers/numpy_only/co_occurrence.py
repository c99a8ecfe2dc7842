"""Which words of a corpus meet: all pairs within a window, pairs drawn from them, and words drawn from none."""

import numpy as np


def pairs(tokens: np.ndarray, sentences: np.ndarray, window: int) -> np.ndarray:
    """For each distance, the words with what stands so far after them in their sentence; then the reverse: (p, 2)."""
    if window < 1:
        raise ValueError(f"window is {window}; expected 1 or more")
    forward = [np.empty((0, 2), dtype=np.int64)]
    for distance in range(1, min(window, len(tokens) - 1) + 1):
        together = sentences[:-distance] == sentences[distance:]
        forward.append(np.stack([tokens[:-distance], tokens[distance:]], axis=1)[together])
    ordered = np.concatenate(forward)
    return np.concatenate([ordered, ordered[:, ::-1]])


def sample_pairs(tokens: np.ndarray, sentences: np.ndarray, window: int, size: int, seed: int) -> np.ndarray:
    """Drawn from all pairs with equal probability, with replacement, (size, 2)."""
    every = pairs(tokens, sentences, window)
    if len(every) == 0:
        raise ValueError(f"sentences has no two words within the window {window}; expected some")
    return np.random.default_rng(seed).choice(every, size=size)


def noise(counts: np.ndarray, power: float) -> np.ndarray:
    """Counts to the power, normalised; a word that does not occur is never drawn, whatever the power."""
    if counts.min() < 0 or counts.max() == 0:
        raise ValueError(f"counts is {counts}; expected numbers from 0 up, some above")
    # As shares of the largest, as a power of millions may be more than a float holds.
    weights = np.where(counts > 0, (counts / counts.max()) ** power, 0.0)
    return weights / weights.sum()
