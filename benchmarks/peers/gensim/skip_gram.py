"""gensim's Word2Vec.

It keeps its pairs, and the loss and gradient of each, to itself: those are left out. It knows no word that does not
occur: such a word is never drawn, and has zeros for its vectors before training and after.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import KeyedVectors, Word2Vec

SGD_FOR_ADAM = 50  # how much larger the rate of gensim's SGD on one pair at a time is


def noise(counts: np.ndarray, power: float) -> np.ndarray:
    """The steps of the table that negative words are drawn from, which is cumulative, in units of 2⁻³¹."""
    table = _model(counts, dimensions=1, ns_exponent=power).cum_table.astype(np.float64)
    return _among(counts, np.diff(table, prepend=0) / table[-1])


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
    """`Word2Vec` with a window that does not shrink, one model per seed, on the CPU whatever the device."""
    matrices = []
    for replicate_tokens, replicate_sentences, seed in zip(tokens, sentences, seeds, strict=True):
        counts = np.bincount(replicate_tokens, minlength=vocabulary_size)
        model = _model(
            counts,
            dimensions,
            window=window,
            shrink_windows=False,
            negative=negatives,
            ns_exponent=noise_power,
            alpha=SGD_FOR_ADAM * learning_rate,
            seed=seed,
        )
        if epochs > 0:
            ends = np.flatnonzero(np.diff(replicate_sentences)) + 1
            text = [sentence.astype(str).tolist() for sentence in np.split(replicate_tokens, ends)]
            model.train(text, total_examples=len(text), epochs=epochs)
        matrices.append([_among(counts, vectors) for vectors in (model.wv.vectors, model.syn1neg)])
    inputs, outputs = zip(*matrices, strict=True)
    return {"input": np.stack(inputs), "output": np.stack(outputs)}


def word2vec_text(words: list[str], vectors: np.ndarray) -> str:
    """What `KeyedVectors.save_word2vec_format` writes."""
    keyed = KeyedVectors(vectors.shape[1])
    keyed.add_vectors(words, vectors.astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors.txt"
        keyed.save_word2vec_format(str(file))
        return file.read_text(encoding="utf-8")


def _model(counts: np.ndarray, dimensions: int, **choices: Any) -> Word2Vec:
    """An untrained model of the words that occur, in this order; as text, since gensim takes numbers for places."""
    model = Word2Vec(sg=1, vector_size=dimensions, sample=0, min_count=1, sorted_vocab=0, workers=1, **choices)
    model.build_vocab_from_freq({str(word): int(counts[word]) for word in np.flatnonzero(counts)})
    return model


def _among(counts: np.ndarray, values: np.ndarray) -> np.ndarray:
    """What is known of the words that occur, with zeros for those that do not."""
    every = np.zeros((len(counts), *values.shape[1:]), dtype=values.dtype)
    every[counts > 0] = values
    return every
