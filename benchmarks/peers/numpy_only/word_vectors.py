"""Training skip-gram's two matrices by Adagrad (Duchi et al., 2011) on batches of pairs.

A batch's pairs share their negatives, each weighted so that together they stand for k per pair. A word's pairs meet the
same negatives, so these are looked at once per word. Replicates are trained one after another: pairs (p, 2), noise
(v,), matrices (v, d).
"""

import numpy as np

from .co_occurrence import noise, pairs

SHARED = 64  # negatives of a batch
PAIRS_PER_WORD = 6  # of the vocabulary, in a batch
MOST_PAIRS = 1024
ADAGRAD_FOR_ADAM = 100  # how much larger its rate is; it falls linearly to 0
INITIAL_SQUARE = 0.1


def train_skip_gram(
    tokens: np.ndarray,
    sentences: np.ndarray,
    *,
    vocabulary_size: int,
    dimensions: int,
    window: int,
    negatives: int,
    noise_power: float,
    epochs: int,
    learning_rate: float,
    seeds: list[int],
    device: str,
) -> dict[str, np.ndarray]:
    """One pair of matrices per seed, (r, v, d), from tokens and sentences (r, n)."""
    if device != "cpu":
        raise ValueError(f"device is {device!r}; expected 'cpu', where NumPy computes")
    matrices = []
    for replicate_tokens, replicate_sentences, seed in zip(tokens, sentences, seeds, strict=True):
        rng = np.random.default_rng(seed)
        # As in word2vec: input vectors uniform within ± 1 / 2d, output vectors zero.
        v = ((rng.random((vocabulary_size, dimensions)) - 0.5) / dimensions).astype(np.float32)
        u = np.zeros_like(v)
        distribution = noise(np.bincount(replicate_tokens, minlength=vocabulary_size), noise_power)
        train(
            v,
            u,
            pairs(replicate_tokens, replicate_sentences, window),
            distribution,
            negatives,
            epochs,
            ADAGRAD_FOR_ADAM * learning_rate,
            rng,
        )
        matrices.append((v, u))
    inputs, outputs = zip(*matrices, strict=True)
    return {"input": np.stack(inputs), "output": np.stack(outputs)}


def train(
    v: np.ndarray,
    u: np.ndarray,
    every_pair: np.ndarray,
    distribution: np.ndarray,
    negatives: int,
    epochs: int,
    rate: float,
    rng: np.random.Generator,
) -> None:
    """Change both matrices in place, going over all pairs `epochs` times."""
    v_squares, u_squares = np.full_like(v, INITIAL_SQUARE), np.full_like(u, INITIAL_SQUARE)
    size = min(MOST_PAIRS, PAIRS_PER_WORD * len(v))
    cumulative = distribution.cumsum()
    for epoch in range(epochs):
        shuffled = rng.permutation(every_pair)
        for start in range(0, len(every_pair), size):
            words, contexts = shuffled[start : start + size].T
            drawn = np.searchsorted(cumulative, rng.random(SHARED) * cumulative[-1], side="right")
            left = 1 - (epoch + start / len(every_pair)) / epochs
            step(v, u, v_squares, u_squares, words, contexts, drawn, negatives / SHARED, rate * left)


def step(
    v: np.ndarray,
    u: np.ndarray,
    v_squares: np.ndarray,
    u_squares: np.ndarray,
    words: np.ndarray,
    contexts: np.ndarray,
    drawn: np.ndarray,
    share: float,
    rate: float,
) -> None:
    """One step: words (b,), contexts (b,), and negatives (s,) of which each stands for `share` of one per pair."""
    slopes = sigmoid((v[words] * u[contexts]).sum(1)) - 1  # (b,)
    met, occurrences = np.unique(words, return_counts=True)  # (m,)
    against = sigmoid(v[met] @ u[drawn].T) * (share * occurrences[:, None]).astype(v.dtype)  # (m, s)
    by_v = summed(words, slopes[:, None] * u[contexts])[1] + against @ u[drawn]
    by_u = summed(np.concatenate([contexts, drawn]), np.concatenate([slopes[:, None] * v[words], against.T @ v[met]]))
    descend(v, v_squares, met, by_v, rate)
    descend(u, u_squares, *by_u, rate)


def summed(rows: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows, ascending, and the sum of each one's values: (b,), (b, d) → (m,), (m, d)."""
    order = np.argsort(rows, kind="stable")
    first = np.flatnonzero(np.diff(rows[order], prepend=-1))
    return rows[order][first], np.add.reduceat(values[order], first)


def descend(matrix: np.ndarray, squares: np.ndarray, rows: np.ndarray, gradient: np.ndarray, rate: float) -> None:
    """Adagrad's step on these rows, which are different."""
    squares[rows] += gradient**2
    matrix[rows] -= rate * gradient / np.sqrt(squares[rows])


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e⁻ˣ), by the hyperbolic tangent, which overflows nowhere."""
    return 0.5 * (1 + np.tanh(0.5 * x))
