"""What is measured on word vectors, with one value per replicate; vectors are (replicates, v, d)."""

import numpy as np

from spec.contract import WordVectors
from spec.harness import stream

from . import corpora
from .corpora import Corpus


def cosine_distances(vectors: np.ndarray) -> np.ndarray:
    """1 − cosine for every pair of classified words, in the order of `triu_indices`: (replicates, pairs)."""
    from scipy.spatial.distance import pdist

    return np.stack([pdist(own[: corpora.CLASSIFIED].astype(np.float64), "cosine") for own in vectors])


def meaning() -> np.ndarray:
    """How alike in meaning each pair of classified words is: 2 in the same class, 1 in the same group, else 0."""
    first, second = np.triu_indices(corpora.CLASSIFIED, k=1)
    class_of, group_of = corpora.word_classes(), corpora.word_groups()
    return (class_of[first] == class_of[second]) * 1 + (group_of[first] == group_of[second])


def class_auc(vectors: np.ndarray) -> np.ndarray:
    """How well nearness tells words of the same class from words of two classes: area under the ROC, (replicates,)."""
    from sklearn.metrics import roc_auc_score

    return np.array([roc_auc_score(meaning() == 2, -distances) for distances in cosine_distances(vectors)])


def distance_against_meaning(vectors: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of distance with likeness of meaning, (replicates,)."""
    from scipy.stats import spearmanr

    return np.array([spearmanr(distances, meaning()).statistic for distances in cosine_distances(vectors)])


def against_judgements(vectors: np.ndarray, text: corpora.RealText) -> np.ndarray:
    """Spearman's rank correlation of cosine with the similarity that people judged, (replicates,)."""
    from scipy.stats import spearmanr

    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    cosines = (unit[:, text.pairs[:, 0]] * unit[:, text.pairs[:, 1]]).sum(-1)
    return np.array([spearmanr(own, text.similarity).statistic for own in cosines])


def prediction_auc(vectors: WordVectors, text: Corpus, window: int, seeds: list[int]) -> np.ndarray:
    """How well u_c · v_w tells the words c that follow w in the text from words drawn from anywhere in it."""
    from sklearn.metrics import roc_auc_score

    values = []
    for v, u, tokens, seed in zip(vectors["input"], vectors["output"], text.tokens, seeds, strict=True):
        sentences = tokens.reshape(-1, corpora.LENGTH)
        distances = range(1, window + 1)
        words = np.concatenate([sentences[:, :-distance].ravel() for distance in distances])
        contexts = np.concatenate([sentences[:, distance:].ravel() for distance in distances])
        elsewhere = stream(seed, "words from elsewhere").permutation(contexts)
        scores = [np.einsum("pd,pd->p", v[words], u[others]) for others in (contexts, elsewhere)]
        values.append(roc_auc_score(np.repeat([1, 0], len(words)), np.concatenate(scores)))
    return np.array(values)


def pair_counts(tokens: np.ndarray, vocabulary: int) -> np.ndarray:
    """How often each two words share a sentence, in a text of sentences of two words: n(w, c), (v, v)."""
    n = np.zeros((vocabulary, vocabulary))
    np.add.at(n, tuple(tokens.reshape(-1, 2).T), 1)
    return n + n.T


def shifted_pmi(n: np.ndarray, negatives: int) -> np.ndarray:
    """The pointwise mutual information of words and contexts, less log k (Levy & Goldberg, 2014): (v, v)."""
    return np.log(n * n.sum() / np.outer(n.sum(1), n.sum(0)) / negatives)
