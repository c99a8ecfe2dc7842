"""Skip-gram with negative sampling (Mikolov et al., 2013), trained by Adam on batches of 256 pairs."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .checks import device_of, finite, rate, require, seeds_of, shape, whole
from .training import seeded

BATCH = 256


def pairs(tokens: np.ndarray, sentences: np.ndarray, window: int) -> np.ndarray:
    """Every word with every other at most `window` places away in its sentence, (p, 2)."""
    _check_corpus(tokens, sentences, window)
    found = [np.empty((0, 2), dtype=np.int64)]
    for distance in range(1, min(window, len(tokens) - 1) + 1):
        together = sentences[:-distance] == sentences[distance:]
        if not together.any():
            break  # no sentence is longer than this
        left, right = tokens[:-distance][together], tokens[distance:][together]
        found += [np.stack([left, right], axis=1), np.stack([right, left], axis=1)]
    return np.concatenate(found)


def sample_pairs(tokens: np.ndarray, sentences: np.ndarray, window: int, size: int, seed: int) -> np.ndarray:
    """Draw from all pairs, with replacement."""
    everything = pairs(tokens, sentences, window)
    require(len(everything) > 0, "tokens", f"{tokens} in sentences {sentences}", "a corpus with pairs")
    require(size >= 0, "size", size, "0 or more")
    return everything[np.random.default_rng(seed).integers(len(everything), size=size)]


def noise(counts: np.ndarray, power: float) -> np.ndarray:
    """Counts to a power, normalised; by way of the largest count, so that nothing overflows."""
    require(len(counts) > 0, "counts", "empty", "at least one count")
    whole("counts", counts, 0, 2**63)
    require(bool(counts.any()), "counts", counts, "at least one above 0")
    _check_power("power", power)
    weights = np.where(counts > 0, (counts / counts.max()) ** power, 0.0)
    return weights / weights.sum()


def loss_and_gradient(
    input_vectors: np.ndarray,
    output_vectors: np.ndarray,
    words: np.ndarray,
    contexts: np.ndarray,
    negatives: np.ndarray,
) -> dict[str, float | np.ndarray]:
    """The loss of given pairs, and its gradient by autograd."""
    shape("output_vectors", output_vectors, *input_vectors.shape)
    finite("input_vectors", input_vectors)
    finite("output_vectors", output_vectors)
    require(len(words) > 0 and negatives.size > 0, "words", f"of length {len(words)}", "at least one pair and negative")
    shape("contexts", contexts, len(words))
    shape("negatives", negatives, len(words), None)
    for name, array in (("words", words), ("contexts", contexts), ("negatives", negatives)):
        whole(name, array, 0, len(input_vectors))
    v = torch.tensor(input_vectors, requires_grad=True)
    u = torch.tensor(output_vectors, requires_grad=True)
    indices = (torch.as_tensor(array, dtype=torch.int64) for array in (words, contexts, negatives))
    loss = _loss(v, u, *indices)
    by_input, by_output = torch.autograd.grad(loss, (v, u))
    return {"loss": loss.item(), "input_gradient": by_input.numpy(), "output_gradient": by_output.numpy()}


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
    """Train one model per seed."""
    for name, value in (("vocabulary_size", vocabulary_size), ("dimensions", dimensions), ("negatives", negatives)):
        require(value >= 1, name, value, "1 or more")
    require(epochs >= 0, "epochs", epochs, "0 or more")
    _check_power("noise_power", noise_power)
    rate(learning_rate)
    shape("sentences", sentences, *tokens.shape)
    seeds_of(seeds, len(tokens))
    for own_tokens, own_sentences in zip(tokens, sentences, strict=True):
        _check_corpus(own_tokens, own_sentences, window)
    whole("tokens", tokens, 0, vocabulary_size)
    place, trained = device_of(device), []
    for seed, own_tokens, own_sentences in zip(seeds, tokens, sentences, strict=True):
        generator = seeded(seed)
        words, contexts = nn.Embedding(vocabulary_size, dimensions), nn.Embedding(vocabulary_size, dimensions)
        nn.init.uniform_(words.weight, -0.5 / dimensions, 0.5 / dimensions)  # as word2vec does
        nn.init.zeros_(contexts.weight)
        words, contexts = words.to(place), contexts.to(place)
        everything = torch.as_tensor(pairs(own_tokens, own_sentences, window))
        weights = torch.as_tensor(noise(np.bincount(own_tokens, minlength=vocabulary_size), noise_power))
        optimizer = torch.optim.Adam([words.weight, contexts.weight], lr=learning_rate)
        for _ in range(epochs):
            for batch in everything[torch.randperm(len(everything), generator=generator)].split(BATCH):
                draws = torch.multinomial(weights, len(batch) * negatives, replacement=True, generator=generator)
                batch, draws = batch.to(place), draws.to(place).view(len(batch), negatives)
                loss = _loss(words.weight, contexts.weight, batch[:, 0], batch[:, 1], draws)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        trained.append([layer.weight.detach().cpu().numpy() for layer in (words, contexts)])
    inputs, outputs = zip(*trained, strict=True)
    return {"input": np.stack(inputs), "output": np.stack(outputs)}


def word2vec_text(words: list[str], vectors: np.ndarray) -> str:
    """A header, and a line per word."""
    require(len(vectors) == len(words), "vectors", f"of {len(vectors)} rows", f"{len(words)}, as there are words")
    require(len(set(words)) == len(words), "words", words, "distinct words")
    for word in words:
        readable = word != "" and not any(character.isspace() for character in word)
        require(readable, "words", f"holding {word!r}", "words without white space")
    with np.errstate(over="ignore"):
        vectors = vectors.astype(np.float32)
    finite("vectors", vectors)
    lines = [f"{len(words)} {vectors.shape[1]}"]
    lines += [" ".join([word, *(f"{x:.9g}" for x in row)]) for word, row in zip(words, vectors, strict=True)]
    return "\n".join(lines) + "\n"


def _loss(v: torch.Tensor, u: torch.Tensor, w: torch.Tensor, c: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
    """Equation 4, with its sign turned, of pairs (w, c), each (b,), and negatives n (b, k), summed over pairs."""
    word = v[w]
    positive = (u[c] * word).sum(-1)
    negative = (u[n] * word[:, None]).sum(-1)
    return -F.logsigmoid(positive).sum() - F.logsigmoid(-negative).sum()


def _check_power(name: str, power: float) -> None:
    require(math.isfinite(power) and power >= 0, name, power, "a finite number from 0")


def _check_corpus(tokens: np.ndarray, sentences: np.ndarray, window: int) -> None:
    require(len(tokens) > 0, "tokens", "empty", "at least one word")
    shape("sentences", sentences, len(tokens))
    whole("tokens", tokens, 0, 2**31)
    require(bool((np.diff(sentences) >= 0).all()), "sentences", sentences, "numbers that never fall")
    require(window >= 1, "window", window, "1 or more")
