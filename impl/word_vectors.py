"""Training the two matrices of skip-gram, all replicates as one batch.

The objective is, in expectation, that of `skip_gram.loss_and_gradient` over all pairs of the corpus. Two things make it
fast. Neighbouring words are taken in blocks, so that the products of all pairs of a block are one small matrix product,
of which the band around the diagonal counts; and the words of a block share their negatives, each weighted so that
together they stand for k per pair (Ji et al., *Parallelizing Word2Vec in Shared and Distributed Memory*, 2016). The
step is Adagrad's (Duchi et al., 2011) with one rate per row, so that frequent words do not overshoot.

Shapes: tokens and sentences (r, n), noise (r, v), matrices (r, v, d). Inside, replicates lie below each other: word w
of replicate i is row i · v + w of a matrix of r · v rows.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 24  # words
SHARED = 32  # negatives of a block
WORDS_PER_STEP = 1024  # of each replicate, at most; and about as many as it has different ones
ADAGRAD_FOR_ADAM = 80  # how much larger its rate is; it falls linearly to 0
INITIAL_SQUARE = 0.1  # where Adagrad's sums of squared gradients begin


def initialise(v: int, d: int, generators: list[torch.Generator], device: torch.device) -> tuple[Tensor, Tensor]:
    """As in word2vec: input vectors uniform within ± 1 / 2d, output vectors zero."""
    drawn = torch.stack([torch.rand(v, d, generator=generator) for generator in generators])
    return ((drawn - 0.5) / d).to(device), torch.zeros(drawn.shape, device=device)


def train(
    input_vectors: Tensor,
    output_vectors: Tensor,
    tokens: np.ndarray,
    sentences: np.ndarray,
    noise: np.ndarray,
    *,
    window: int,
    negatives: int,
    epochs: int,
    learning_rate: float,
    generators: list[torch.Generator],
) -> None:
    """Change both matrices in place, going over all pairs `epochs` times."""
    (r, v, d), where = input_vectors.shape, input_vectors.device
    inputs, outputs = input_vectors.view(r * v, d), output_vectors.view(r * v, d)
    input_squares, output_squares = torch.full((2, r * v, 1), INITIAL_SQUARE, device=where)
    row, sentence = (part.to(where) for part in padded(tokens + v * np.arange(r)[:, None], sentences, window))
    in_block, in_reach = torch.arange(BLOCK, device=where), torch.arange(BLOCK + 2 * window, device=where)
    distance = (in_block[:, None] + window - in_reach).abs()
    band = (distance >= 1) & (distance <= window)  # (BLOCK, reach)
    positive = F.pad(band, (0, SHARED)).float()  # (BLOCK, reach + SHARED)
    blocks = (row.shape[1] - 2 * window) // BLOCK
    per_step = -(-min(v, WORDS_PER_STEP) // BLOCK)
    for epoch in range(epochs):
        starts, drawn = (part.to(where) for part in draws(noise, blocks, row.shape[1], generators))
        for first in range(0, blocks, per_step):
            start = starts[:, first : first + per_step].reshape(-1, 1)
            place, reach = start + window + in_block, start + in_reach  # (b, BLOCK), (b, reach)
            near = (band & (sentence.take(place).unsqueeze(2) == sentence.take(reach).unsqueeze(1))).float()
            share = near.sum(2, keepdim=True) * (negatives / SHARED)  # of each word's negatives
            weight = torch.cat([near, share.expand(-1, -1, SHARED)], 2)  # (b, BLOCK, reach + SHARED)
            word = row.take(place)
            other = torch.cat([row.take(reach), drawn[:, first : first + per_step].flatten(0, 1)], 1)
            x, y = F.embedding(word, inputs), F.embedding(other, outputs)  # (b, BLOCK, d), (b, reach + SHARED, d)
            error = weight * (torch.sigmoid(x @ y.mT) - positive)
            rate = ADAGRAD_FOR_ADAM * learning_rate * (1 - (epoch + first / blocks) / epochs)
            descend(inputs, input_squares, word, error @ y, rate)
            descend(outputs, output_squares, other, error.mT @ x, rate)


def descend(vectors: Tensor, squares: Tensor, rows: Tensor, gradient: Tensor, rate: float) -> None:
    """One step of Adagrad on the given rows, which may repeat: rows (b, m), gradient (b, m, d)."""
    rows, gradient = rows.flatten(), gradient.flatten(0, 1)
    squares.index_add_(0, rows, gradient.square().mean(1, keepdim=True))
    vectors.index_add_(0, rows, gradient * (-rate * F.embedding(rows, squares).rsqrt()))


def padded(rows: np.ndarray, sentences: np.ndarray, window: int) -> tuple[Tensor, Tensor]:
    """Both lengthened to whole blocks, and by a window on either side; what is added stands alone in its sentence."""
    r, n = rows.shape
    after = -n % BLOCK + window
    number = np.cumsum(np.diff(sentences, axis=1, prepend=sentences[:, :1]) != 0, axis=1)  # from 0
    alone = np.tile(-1 - np.arange(window + after), (r, 1))
    return (
        torch.as_tensor(np.pad(rows, ((0, 0), (window, after)), mode="edge")),
        torch.as_tensor(np.concatenate([alone[:, :window], number, alone[:, window:]], axis=1)),
    )


def draws(noise: np.ndarray, blocks: int, length: int, generators: list[torch.Generator]) -> tuple[Tensor, Tensor]:
    """For one epoch: where each block starts, in random order, (r, blocks), and its negatives, (r, blocks, SHARED)."""
    r, v = noise.shape
    order = torch.stack([torch.randperm(blocks, generator=generator) for generator in generators])
    uniform = torch.stack([torch.rand(blocks * SHARED, generator=g, dtype=torch.float64) for g in generators])
    cumulative = torch.as_tensor(noise).cumsum(1)
    negative = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True)
    replicate = torch.arange(r).unsqueeze(1)
    return order * BLOCK + length * replicate, (negative + v * replicate).view(r, blocks, SHARED)
