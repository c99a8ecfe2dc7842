"""What is measured on encoders and word vectors: everything from their outputs, with one value per replicate."""

from typing import NamedTuple, Protocol

import numpy as np

from spec.common.ranks import spearman
from spec.contract import RotationNetworks, WordVectors
from spec.harness import stream

from . import corpora
from .rotation_stimuli import DigitSets, all_orientations


def angle_accuracy(networks: RotationNetworks, images: np.ndarray) -> np.ndarray:
    """How often networks are right about how images (r, n, …) were turned, all four turns of each: (r,)."""
    turns = np.repeat(np.arange(4), images.shape[1])
    return (networks.logits(all_orientations(images)).argmax(-1) == turns).mean(-1)


def share_to(curves: np.ndarray, shares: tuple[float, ...], thresholds: np.ndarray) -> np.ndarray:
    """After which share of the steps curves (r, shares) first reach their threshold (r,), read off between two: (r,).

    One that never does is counted as if it did at the last, which makes it look faster than it was.
    """

    def share(curve: np.ndarray, threshold: float) -> float:
        reached = np.flatnonzero(curve >= threshold)
        if not len(reached):
            return shares[-1]
        around = slice(max(reached[0] - 1, 0), reached[0] + 1)
        return float(np.interp(threshold, curve[around], shares[around]))

    return np.array([share(*replicate) for replicate in zip(curves, thresholds, strict=True)], dtype=np.float64)


class Encoders(Protocol):
    """Whatever has features, one encoder per replicate."""

    def features(self, images: np.ndarray) -> np.ndarray:
        """(r, n, c, side, side) → (r, n, features)."""


def probe_accuracy(networks: Encoders, digits: DigitSets) -> np.ndarray:
    """How well a linear probe, fitted on the frozen features of 500 labelled digits, classifies others: (r,)."""
    # scikit-learn takes a second to import, and collection has no use for it.
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = networks.features(digits.images[:, :500]), digits.labels[:, :500]
    x_test, y_test = networks.features(digits.test_images), digits.test_labels
    probe = make_pipeline(StandardScaler(), RidgeClassifier())
    return np.array([probe.fit(x[i], y[i]).score(x_test[i], y_test[i]) for i in range(len(x))])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (…, d) divided by their lengths, in double precision; those of zeros stay."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def cosines(vectors: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The cosine between each two words of vectors (r, v, d), (r, pairs); with a vector of zeros it is 0."""
    units = unit(vectors)
    return np.einsum("rpd,rpd->rp", units[:, first], units[:, second])


def nearness(vectors: np.ndarray) -> np.ndarray:
    """The cosine of each pair of classified words, in the order of `triu_indices`: (r, v, d) → (r, pairs)."""
    return cosines(vectors, *np.triu_indices(corpora.CLASSIFIED, k=1))


def meaning() -> np.ndarray:
    """How alike in meaning each pair of classified words is: 2 in the same class, 1 in the same group, else 0."""
    first, second = np.triu_indices(corpora.CLASSIFIED, k=1)
    class_of, group_of = corpora.CLASS_OF_WORDS, corpora.GROUP_OF_WORDS
    return (class_of[first] == class_of[second]) * 1 + (group_of[first] == group_of[second])


def class_auc(vectors: np.ndarray) -> np.ndarray:
    """How well nearness tells words of the same class from words of two classes: area under the ROC, (r,)."""
    from sklearn.metrics import roc_auc_score

    return np.array([roc_auc_score(meaning() == 2, cosine) for cosine in nearness(vectors)])


def distance_against_meaning(vectors: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of the distance 1 − cosine with likeness of meaning, (r,)."""
    return spearman(1 - nearness(vectors), meaning())


def against_judgements(vectors: np.ndarray, text: corpora.JudgedText) -> np.ndarray:
    """Spearman's rank correlation of cosine with the similarity that people judged, (r,)."""
    return spearman(cosines(vectors, *text.pairs.T), text.similarity)


def lower_end(correlation: np.ndarray, n: int) -> np.ndarray:
    """The lower end of the 95 % interval of a rank correlation over n pairs (Bonett & Wright, 2000)."""
    return np.tanh(np.arctanh(correlation) - 1.96 * np.sqrt((1 + correlation**2 / 2) / (n - 3)))


def prediction_auc(vectors: WordVectors, text: corpora.Corpus, window: int, seeds: list[int]) -> np.ndarray:
    """How well u_c · v_w tells the words c that follow w in the text from words drawn from anywhere in it: (r,)."""
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


class Optimum(NamedTuple):
    """How far products lie from log P(c | w) − log k P(c), the optimum for k negatives from any noise P.

    P is that of the counts to a power, so that the products also tell which k and which power they were trained with.
    """

    distance: np.ndarray  # (replicates,): mean absolute difference, weighted by how often words meet
    negatives: np.ndarray  # (replicates,): log of the k that fits them, minus log k
    power: np.ndarray  # (replicates,): the power that fits them, minus the one that they were trained with


def optimum(vectors: WordVectors, n: np.ndarray, counts: np.ndarray, negatives: float, power: float) -> Optimum:
    """How far vectors lie from the nearer of the two optima; n(w, c) are (r, v, v), counts of all words (r, more).

    One is that of all negatives. The other is that where a negative which happens to be the context is left out, as in
    word2vec's program: a context c is then drawn as a negative of w only beside its other contexts, n(w) − n(w, c)
    times.
    """
    fits = []
    for v, u, met, count in zip(vectors["input"], vectors["output"], n, counts, strict=True):
        words = len(met)
        products = v[:words].astype(np.float64) @ u[:words].T.astype(np.float64)
        occurrences = met.sum(1, keepdims=True)
        noise = count[:words] ** power / (count**power).sum()
        both = []
        for drawn in (occurrences, occurrences - met):
            above = products - np.log(met / drawn)  # −log k P(c) at the optimum
            slope = np.polyfit(np.tile(np.log(count[:words]), words), above.ravel(), 1, w=np.sqrt(met.ravel()))[0]
            shift = np.average(above + np.log(negatives * noise), weights=met)
            distance = np.average(np.abs(above + np.log(negatives * noise)), weights=met)
            both.append((distance, -shift, -slope - power))
        fits.append(min(both))
    return Optimum(*np.array(fits).T)
