"""What is measured on word vectors, with one value per replicate; vectors are (replicates, v, d)."""

import numpy as np

from spec.contract import WordVectors
from spec.harness import stream

from . import corpora
from .corpora import Corpus


def cosines(vectors: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The cosine between the vectors of each two words, (replicates, pairs); with a vector of zeros it is 0."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
    unit = vectors / np.where(lengths == 0, 1, lengths)
    return np.einsum("rpd,rpd->rp", unit[:, first], unit[:, second])


def spearman(values: np.ndarray, others: np.ndarray) -> float:
    """Spearman's rank correlation; 0 where the values are all the same, and so say nothing."""
    from scipy.stats import spearmanr

    return 0.0 if np.ptp(values) == 0 else float(spearmanr(values, others).statistic)


def plane(vectors: np.ndarray) -> np.ndarray:
    """Words in the plane, their distances as near as may be to 1 − cosine: (v, d) → (v, 2).

    By stress majorisation from the same random start for all: metric multidimensional scaling (de Leeuw, 1977).
    """
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    unit = vectors / np.where(lengths == 0, 1, lengths)
    wanted = np.clip(1 - unit @ unit.T, 0, 2)
    np.fill_diagonal(wanted, 0)
    points = np.random.default_rng(0).normal(size=(len(vectors), 2))
    for _ in range(200):
        apart = np.linalg.norm(points[:, None] - points, axis=-1)
        ratio = wanted / np.where(apart == 0, np.inf, apart)
        points = (ratio.sum(1, keepdims=True) * points - ratio @ points) / len(points)
    return points


def nearness(vectors: np.ndarray) -> np.ndarray:
    """The cosine of each pair of classified words, in the order of `triu_indices`: (replicates, pairs)."""
    return cosines(vectors, *np.triu_indices(corpora.CLASSIFIED, k=1))


def meaning() -> np.ndarray:
    """How alike in meaning each pair of classified words is: 2 in the same class, 1 in the same group, else 0."""
    first, second = np.triu_indices(corpora.CLASSIFIED, k=1)
    class_of, group_of = corpora.class_of_words(), corpora.group_of_words()
    return (class_of[first] == class_of[second]) * 1 + (group_of[first] == group_of[second])


def class_auc(vectors: np.ndarray) -> np.ndarray:
    """How well nearness tells words of the same class from words of two classes: area under the ROC, (replicates,)."""
    from sklearn.metrics import roc_auc_score

    return np.array([roc_auc_score(meaning() == 2, own) for own in nearness(vectors)])


def distance_against_meaning(vectors: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of the distance 1 − cosine with likeness of meaning, (replicates,)."""
    return np.array([spearman(1 - own, meaning()) for own in nearness(vectors)])


def against_judgements(vectors: np.ndarray, text: corpora.JudgedText) -> np.ndarray:
    """Spearman's rank correlation of cosine with the similarity that people judged, (replicates,)."""
    return np.array([spearman(own, text.similarity) for own in cosines(vectors, *text.pairs.T)])


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


def optimum_that_skips_positives(n: np.ndarray, negatives: int) -> np.ndarray:
    """The same optimum where a negative that happens to be the context is left out, as word2vec's program does: (v, v).

    A context c is then drawn as a negative of w only beside its other contexts, n(w) − n(w, c) times.
    """
    others = n.sum(1, keepdims=True) - n
    return np.log(n * n.sum() / (others * n.sum(0)) / negatives)
