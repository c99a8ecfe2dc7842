"""Skip-gram with negative sampling: each word's vector is learned by telling its neighbours from random words.

Source: Mikolov et al., *Distributed Representations of Words and Phrases and Their Compositionality* (2013), section
2.2. Shapes: a corpus is n tokens (words as numbers below v) and the number of the sentence of each; the input vectors
v_w and the output vectors u_w are two matrices (v, d), and a word's embedding is its input vector. How they are
trained is in `word_vectors.py`.
"""

import numpy as np
import torch

from . import checks
from .training import available, deterministic
from .word_vectors import initialise, train


def pairs(tokens: np.ndarray, sentences: np.ndarray, window: int) -> np.ndarray:
    """Every (word, context word) at two places of one sentence, at most `window` apart: (p, 2)."""
    _expect_corpus(tokens, sentences, axes=1)
    checks.whole("window", window, 1)
    parts = [np.empty((0, 2), dtype=tokens.dtype)]
    for distance in range(1, min(window, len(tokens) - 1) + 1):
        together = sentences[distance:] == sentences[:-distance]
        left, right = tokens[:-distance][together], tokens[distance:][together]
        parts += [np.stack([left, right], axis=1), np.stack([right, left], axis=1)]
    return np.concatenate(parts)


def sample_pairs(tokens: np.ndarray, sentences: np.ndarray, window: int, size: int, seed: int) -> np.ndarray:
    """`size` of the corpus's pairs, each drawn uniformly from all of them: (size, 2)."""
    checks.whole("size", size, 0)
    checks.whole("seed", seed, 0)
    every = pairs(tokens, sentences, window)
    checks.require("sentences", len(every) > 0, sentences, "two words in one of them")
    return every[np.random.default_rng(seed).integers(len(every), size=size)]


def noise(counts: np.ndarray, power: float) -> np.ndarray:
    """The distribution of negatives, P(w) ∝ count(w)^power, among the words that occur."""
    _expect_integers("counts", counts, axes=1)
    checks.require("counts", counts.min() >= 0 and counts.max() > 0, counts, "none negative, and not all zero")
    _expect_power("power", power)
    weights = np.zeros(len(counts))
    weights[counts > 0] = (counts[counts > 0] / counts.max()) ** power
    return weights / weights.sum()


def loss_and_gradient(
    input_vectors: np.ndarray,
    output_vectors: np.ndarray,
    words: np.ndarray,
    contexts: np.ndarray,
    negatives: np.ndarray,
) -> dict[str, float | np.ndarray]:
    """The loss Σ [ −log σ(u_c · v_w) − Σ_k log σ(−u_n · v_w) ] of pairs (w, c) with negatives n, and its gradient.

    words and contexts are (b,), negatives (b, k).
    """
    v, u = checks.floats("input_vectors", input_vectors, "v d"), checks.floats("output_vectors", output_vectors, "v d")
    checks.require("output_vectors", u.shape == v.shape, f"shape {u.shape}", f"shape {v.shape}, as the input vectors")
    for name, array, axes in (("words", words, 1), ("contexts", contexts, 1), ("negatives", negatives, 2)):
        _expect_integers(name, array, axes)
        checks.classes(name, array, (len(words), *array.shape[1:]), len(v))
    sign = np.where(np.arange(1 + negatives.shape[1]) == 0, 1.0, -1.0)  # + for the context, − for its negatives
    others = np.concatenate([contexts[:, None], negatives], axis=1)  # (b, 1 + k)
    x, y = v[words], u[others]  # (b, d), (b, 1 + k, d)
    margins = sign * (y @ x[:, :, None])[..., 0]  # (b, 1 + k)
    losses = np.logaddexp(0, -margins)  # −log σ(margin), which overflows nowhere
    slopes = -sign * np.exp(-np.logaddexp(0, margins))  # of the loss by each product: −sign · σ(−margin)
    input_gradient, output_gradient = np.zeros_like(v), np.zeros_like(u)
    np.add.at(input_gradient, words, (slopes[:, None] @ y)[:, 0])
    np.add.at(output_gradient, others, slopes[..., None] * x[:, None])
    return {"loss": float(losses.sum()), "input_gradient": input_gradient, "output_gradient": output_gradient}


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
    """Train vectors, one pair of matrices per seed, each on its own corpus: tokens and sentences are (r, n)."""
    for name, value, least in (
        ("vocabulary_size", vocabulary_size, 1),
        ("dimensions", dimensions, 1),
        ("window", window, 1),
        ("negatives", negatives, 1),
        ("epochs", epochs, 0),
    ):
        checks.whole(name, value, least)
    _expect_power("noise_power", noise_power)
    checks.rate(learning_rate)
    checks.seeds(seeds)
    _expect_corpus(tokens, sentences, axes=2)
    checks.require("seeds", len(seeds) == len(tokens), f"{len(seeds)} of them", f"{len(tokens)}, one per text")
    checks.classes("tokens", tokens, (len(seeds), tokens.shape[1]), vocabulary_size)
    where = available(device)
    distribution = np.stack([noise(np.bincount(text, minlength=vocabulary_size), noise_power) for text in tokens])

    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    input_vectors, output_vectors = initialise(vocabulary_size, dimensions, generators, where)
    with deterministic():
        train(
            input_vectors,
            output_vectors,
            tokens,
            sentences,
            distribution,
            window=window,
            negatives=negatives,
            epochs=epochs,
            learning_rate=learning_rate,
            generators=generators,
        )
    return {"input": input_vectors.cpu().numpy(), "output": output_vectors.cpu().numpy()}


def word2vec_text(words: list[str], vectors: np.ndarray) -> str:
    """A line "v d", then each word and its numbers, the shortest that read back as the same float32."""
    checks.strings("words", words)
    with np.errstate(over="ignore"):  # it is refused below
        numbers = checks.floats("vectors", vectors, "v d").astype(np.float32)
    checks.require("words", len(words) == len(numbers), f"{len(words)} words", f"{len(numbers)}, one per vector")
    checks.require("vectors", np.isfinite(numbers).all(), "too large for float32", "numbers that float32 can hold")
    for position, word in enumerate(words):
        # What splits at white space into anything but itself would be read as another number of words.
        checks.require(f"words[{position}]", word.split() == [word], repr(word), "a word without white space")
    checks.require("words", len(set(words)) == len(words), words, "distinct words")
    lines = [f"{len(words)} {numbers.shape[1]}"]
    lines += [" ".join([word, *map(str, row)]) for word, row in zip(words, numbers, strict=True)]
    return "\n".join(lines) + "\n"


def _expect_corpus(tokens: np.ndarray, sentences: np.ndarray, axes: int) -> None:
    """Refuse anything but words from 0 up and as many numbers of sentences that never fall."""
    for name, array in (("tokens", tokens), ("sentences", sentences)):
        _expect_integers(name, array, axes)
    checks.require("sentences", sentences.shape == tokens.shape, f"shape {sentences.shape}", f"shape {tokens.shape}")
    checks.require("tokens", tokens.min() >= 0, f"{tokens.min()} at least", "words from 0 up")
    checks.require("sentences", (np.diff(sentences) >= 0).all(), sentences, "numbers that never fall")


def _expect_power(name: str, power: float) -> None:
    checks.require(name, 0 <= checks.number(name, power) < np.inf, power, "a finite number, 0 or more")


def _expect_integers(name: str, array: np.ndarray, axes: int) -> None:
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.integer):
        what = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else repr(array)[:80]
        raise TypeError(f"{name} is {what}; expected an array of integers")
    checks.require(name, array.ndim == axes and array.size > 0, f"shape {array.shape}", f"{axes} axes, none empty")
