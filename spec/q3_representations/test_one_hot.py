"""Question 3b: one-hot vectors, and what their distances do not say but those of good embeddings do."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.ranks import spearman
from spec.harness import claim

from .measures import against_judgements, distance_against_meaning
from .skip_gram_experiments import RealText, WordClasses

WORDS = st.text("سلام دنیا abc", max_size=3)
TEXTS = st.lists(WORDS, min_size=1, max_size=20)
VOCABULARIES = st.lists(WORDS, min_size=2, max_size=20, unique=True)

CLASSES, WORDS_PER_CLASS = 10, 6
CLASSIFIED_WORDS = [f"word {i} of class {j}" for j in range(CLASSES) for i in range(WORDS_PER_CLASS)]


def relation_to_meaning(distances: np.ndarray) -> tuple[float | None, float]:
    """How the distances of all pairs of the classified words, as of `pdist`, relate to being of the same class.

    Spearman's rank correlation, None where it is undefined, as all distances are one; and the AUC of nearness.
    """
    from sklearn.metrics import roc_auc_score

    first, second = np.triu_indices(len(CLASSIFIED_WORDS), k=1)
    same_class = (first // WORDS_PER_CLASS == second // WORDS_PER_CLASS) * 1
    correlation = None if np.ptp(distances) == 0 else float(spearman(distances, same_class))
    return correlation, roc_auc_score(same_class, -distances)


@claim("one-hot.is-an-embedding")
@settings(max_examples=50)
@given(TEXTS)
def test_tokens_and_vectors_correspond_one_to_one(impl, evidence, text):
    """Two tokens of a text have the same vector if they are the same token, and only then."""
    vectors = impl.one_hot.one_hot(text, impl.one_hot.vocabulary(text))
    same_vector = (vectors[:, None] == vectors).all(axis=2)
    same_token = np.array([[first == second for second in text] for first in text])
    evidence.equal(same_vector, same_token, "which vectors are the same, and which tokens")


@claim("one-hot.vocabulary-sized")
@settings(max_examples=50)
@given(TEXTS)
def test_a_vector_is_as_long_as_the_vocabulary(impl, evidence, text):
    """The vocabulary holds each distinct token of a text once, and a vector has one entry for each."""
    vocabulary = impl.one_hot.vocabulary(text)
    distinct = [token for i, token in enumerate(text) if token not in text[:i]]
    evidence.equal(vocabulary, distinct, "vocabulary, and the distinct tokens as they first occur")
    vectors = impl.one_hot.one_hot(text, vocabulary)
    evidence.equal(list(vectors.shape), [len(text), len(distinct)], "shape, and tokens × distinct tokens")
    evidence.equal(vectors.argmax(axis=1), [distinct.index(token) for token in text], "where the one is, and the place")


@claim("one-hot.vocabulary-sized")
def test_a_few_tokens_of_a_huge_vocabulary_fit_into_memory(impl, evidence):
    """Three of 100 000 tokens are encoded within 1 GiB; the square table of all of them would take 10 GB in bytes."""
    vocabulary = [f"token {i}" for i in range(100_000)]
    places = [0, 54_321, 99_999]
    with impl.memory_limit(1):
        vectors = impl.one_hot.one_hot([vocabulary[place] for place in places], vocabulary)
    evidence.equal(list(vectors.shape), [3, 100_000], "shape, and 3 × 100 000")
    evidence.equal(np.argwhere(vectors), np.stack([np.arange(3), places], axis=1), "where anything is, and the places")


@claim("one-hot.single-one")
@settings(max_examples=50)
@given(VOCABULARIES.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words))))
def test_a_vector_is_one_at_its_place_and_zero_elsewhere(impl, evidence, words):
    """The vector of the token in place i is 1 in entry i and 0 in every other, so that V vectors have rank V."""
    vocabulary, text = words  # the text is the vocabulary in another order
    vectors = impl.one_hot.one_hot(text, vocabulary)
    expected = np.array([[float(token == other) for other in vocabulary] for token in text])
    evidence.equal(vectors, expected, "vectors, and one at the token's place", tolerance=0)
    evidence.equal(vectors.sum(axis=1), np.ones(len(vocabulary)), "sum of each vector, and 1", tolerance=0)
    evidence.equal(int(np.linalg.matrix_rank(vectors)), len(vocabulary), "rank, and V")


@claim("one-hot.salam-example")
def test_salam_second_of_a_hundred(impl, evidence):
    """Of 100 tokens with «سلام» second, its vector has 100 entries, all zero but for a one in second place."""
    vocabulary = ["خداحافظ", "سلام", *(f"توکن {i}" for i in range(3, 101))]
    expected = np.zeros((1, 100))
    expected[0, 1] = 1
    evidence.equal(impl.one_hot.one_hot(["سلام"], vocabulary), expected, "vector of «سلام»", tolerance=0)


@claim("one-hot.equidistant")
@settings(max_examples=50)
@given(VOCABULARIES)
def test_all_pairs_are_equally_far_apart(impl, evidence, vocabulary):
    """Every two tokens are √2 (Euclid), 2 (Manhattan) and 1 (cosine) apart, and a token from itself nowhere."""
    from scipy.spatial.distance import cdist

    once, again = np.split(impl.one_hot.one_hot([*vocabulary, *vocabulary], vocabulary), 2)
    different = 1 - np.eye(len(vocabulary))
    for metric, distance in (("euclidean", 2**0.5), ("cityblock", 2.0), ("cosine", 1.0)):
        evidence.equal(cdist(once, again, metric), distance * different, f"{metric} distances, and {distance:.4g}")


@claim("one-hot.distance-is-meaningless")
def test_distances_do_not_vary_with_meaning(impl, evidence):
    """Distances are all √2: no correlation with meaning is defined, and nearness tells classes with an AUC of .5."""
    from scipy.spatial.distance import pdist

    vectors = impl.one_hot.one_hot([*CLASSIFIED_WORDS, *CLASSIFIED_WORDS[::-1]], CLASSIFIED_WORDS)
    once, again = np.split(vectors, 2)
    evidence.equal(again[::-1], once, "vectors of the words when they come again, and before", tolerance=0)
    distances = pdist(once)
    evidence.equal(distances, np.full(len(distances), 2**0.5), "distances, and √2")
    correlation, auc = relation_to_meaning(distances)
    evidence.equal(correlation, None, "correlation with meaning, and undefined")
    evidence.equal(auc, 0.5, "AUC of nearness for the same class, and one half")


@claim("one-hot.distance-is-meaningless", role="control")
def test_the_same_procedure_finds_meaning_where_there_is_some(evidence):
    """For vectors drawn around one centre per class, distance correlates with meaning, and the AUC is above .9."""
    from scipy.spatial.distance import pdist

    rng = np.random.default_rng(0)
    centres = np.repeat(rng.normal(size=(CLASSES, 20)), WORDS_PER_CLASS, axis=0)
    correlation, auc = relation_to_meaning(pdist(centres + 0.3 * rng.normal(size=centres.shape)))
    falls = correlation is not None and correlation < -0.3
    evidence.true(falls, "distance falls with similarity", correlation=correlation)
    evidence.true(bool(auc > 0.9), "AUC of nearness for the same class above .9", auc=auc)


@claim("one-hot.distance-is-meaningless", role="boundary")
@settings(max_examples=50)
@given(TEXTS, st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_a_linear_layer_on_one_hot_vectors_is_a_table_look_up(impl, evidence, text, width, seed):
    """One-hot vectors times any table W of embeddings are the rows of W: a linear layer can express every embedding."""
    vocabulary = list(dict.fromkeys(text))
    table = np.random.default_rng(seed).normal(size=(len(vocabulary), width))
    looked_up = table[[vocabulary.index(token) for token in text]]
    evidence.equal(impl.one_hot.one_hot(text, vocabulary) @ table, looked_up, "one-hot · W, and rows of W", tolerance=0)


@claim("one-hot.distance-should-track-meaning")
def test_distance_rises_with_likeness_of_meaning(words: WordClasses, evidence):
    """Among skip-gram vectors, the more alike in meaning two words are, the greater is their distance."""
    evidence.exceeds(distance_against_meaning(words.embeddings("text")), "as_worded")


@claim("one-hot.distance-should-track-meaning", role="amended")
def test_distance_falls_with_likeness_of_meaning(words: WordClasses, evidence):
    """Among skip-gram vectors, the more alike in meaning two words are, the smaller is their distance."""
    evidence.exceeds(-distance_against_meaning(words.embeddings("text")), "inverse")


@claim("one-hot.distance-should-track-meaning", role="amended")
def test_distance_falls_with_similarity_as_people_judge_it(articles: RealText, evidence):
    """Among skip-gram vectors of real text, cosine distance falls as the similarity rises that people judge."""
    evidence.exceeds(against_judgements(articles.embeddings("text"), articles.text), "inverse_real_text")


@claim("one-hot.distance-should-track-meaning", role="control")
def test_shuffled_text_relates_distance_to_nothing(words: WordClasses, evidence):
    """Among vectors of shuffled text, distance has no relation to likeness of meaning."""
    evidence.within(distance_against_meaning(words.embeddings("shuffled")), "shuffled_text")
