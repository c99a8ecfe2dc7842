"""Skip-gram with negative sampling: its loss and gradient, and word2vec's text format.

Its pairs are in `co_occurrence.py`, its training is in `word_vectors.py`. σ(x) = 1 / (1 + e⁻ˣ), and −log σ(x) is
log(1 + e⁻ˣ), which `logaddexp` computes without overflow.
"""

import numpy as np

from .co_occurrence import noise, pairs, sample_pairs
from .word_vectors import train_skip_gram

__all__ = ["loss_and_gradient", "noise", "pairs", "sample_pairs", "train_skip_gram", "word2vec_text"]


def loss_and_gradient(
    input_vectors: np.ndarray,
    output_vectors: np.ndarray,
    words: np.ndarray,
    contexts: np.ndarray,
    negatives: np.ndarray,
) -> dict[str, float | np.ndarray]:
    """Loss, and its gradient by both matrices (v, d); words (b,), contexts (b,), negatives (b, k)."""
    v, u = input_vectors[words], output_vectors[contexts]  # (b, d)
    u_noise = output_vectors[negatives]  # (b, k, d)
    positive, negative = np.einsum("bd,bd->b", u, v), np.einsum("bkd,bd->bk", u_noise, v)
    loss = np.logaddexp(0, -positive).sum() + np.logaddexp(0, negative).sum()
    # The slope of the loss by each product: σ − 1 for the context, σ for a negative.
    by_positive, by_negative = -np.exp(-np.logaddexp(0, positive)), np.exp(-np.logaddexp(0, -negative))
    by_input, by_output = np.zeros_like(input_vectors), np.zeros_like(output_vectors)
    np.add.at(by_input, words, by_positive[:, None] * u + np.einsum("bk,bkd->bd", by_negative, u_noise))
    np.add.at(by_output, contexts, by_positive[:, None] * v)
    np.add.at(by_output, negatives, by_negative[:, :, None] * v[:, None])
    return {"loss": float(loss), "input_gradient": by_input, "output_gradient": by_output}


def word2vec_text(words: list[str], vectors: np.ndarray) -> str:
    """Nine significant digits give a float32 back."""
    for position, word in enumerate(words):
        if word.split() != [word] or word in words[:position]:
            raise ValueError(f"words[{position}] is {word!r}; expected distinct words without white space")
    lines = [f"{len(words)} {vectors.shape[1]}"]
    for word, row in zip(words, vectors.astype(np.float32), strict=True):
        lines.append(" ".join([word, *(f"{number:.9g}" for number in row)]))
    return "\n".join(lines) + "\n"
