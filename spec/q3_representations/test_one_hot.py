"""Question 3b: one-hot vectors, and what their distances do not say but those of good embeddings do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.laws import refuses
from spec.common.ranks import spearman
from spec.harness import claim, seed_of_test

from .measures import against_judgements, distance_against_meaning
from .skip_gram_experiments import RealText, WordClasses

WORDS = st.text("سلام دنیا abcABC", max_size=3) | st.text(max_size=2)
TEXTS = st.lists(WORDS, min_size=1, max_size=20)
VOCABULARIES = st.lists(WORDS, min_size=2, max_size=20, unique=True)

LOOK_ALIKE = [
    *("us", "US", "Us", " us", "us ", "us\n", "us\0", "\0us", "u s", "u.s", "#us", "", " ", "\0", "\ufeff", "\u200f"),
    *("\u00e9", "e\u0301", "e", "E", "\u00df", "ss", "\ufb01", "fi", "\u0130", "i", "I", "\u0131", "\u00c5", "\u212b"),
    *("می\u200cروم", "می روم", "میروم", "کتاب", "كتاب", "کتابی", "کتابي", "سَلام", "سلام", "سـلام", "۱", "١", "1"),
    *("1.5", "1.50", "1e3", "1000.0", "0x10", "16", "&amp;", "&", "%20", "\\n", "\n", "'a'", '"a"', "don't", "don’t"),
    *("1.0", "01", "+1", "0", "-0", "nan", "NaN", "None", "null", "NA", "True", "<unk>", "<pad>", "[UNK]", "_", "\\"),
    *(
        "\U0001f600",
        "\U0001f601",
        "\U0001f600\ufe0f",
        "\U0001d41a",
        "a",
        "ａ",
        "а",
        "a" * 300,
        "a" * 70_000,
        "a" * 70_001,
    ),
]
"""Different tokens that cleaning of text, composition, fixed widths or a table's notion of missing would make one."""

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


@claim("one-hot.is-an-embedding")
def test_tokens_that_look_alike_have_vectors_of_their_own(impl, evidence):
    """Case, accents, spaces, control characters and words for missing values distinguish tokens like all else."""
    vectors = impl.one_hot.one_hot(LOOK_ALIKE[::-1], LOOK_ALIKE)
    expected = np.eye(len(LOOK_ALIKE))[::-1]
    evidence.equal(vectors, expected, "vectors of tokens that look alike, and each its own", tolerance=0)


@claim("one-hot.is-an-embedding")
@settings(max_examples=20)
@given(VOCABULARIES, st.integers(0), st.integers(0))
def test_repeated_and_unknown_tokens_are_refused(impl, evidence, vocabulary, which, where):
    """A vocabulary in which a token occurs twice is refused, and so is a token that is not in it."""
    again = [*vocabulary]
    again.insert(where % (len(vocabulary) + 1), vocabulary[which % len(vocabulary)])
    encode, good = impl.one_hot.one_hot, {"tokens": vocabulary, "vocabulary": vocabulary}
    evidence.refused(lambda: encode(vocabulary, again), "a token twice in the vocabulary is refused", "vocabulary")
    *known, unknown = vocabulary
    evidence.refused(lambda: encode([unknown, *known], known), "an unknown token is refused", "tokens")
    evidence.equal(encode(**good), np.eye(len(vocabulary)), "vectors of the vocabulary itself", tolerance=0)


@claim("one-hot.is-an-embedding")
def test_repeated_and_unknown_tokens_are_refused_wherever_they_stand(impl, evidence):
    """A vocabulary that repeats a token which the text does not have, and an unknown token that ends a long text."""
    words = [f"token {i}" for i in range(300)]
    for tokens in (["token 7"], []):
        good = {"tokens": tokens, "vocabulary": words}
        for again in ([*words, "token 299"], ["token 0", *words], [*words[:150], "token 20", *words[150:]]):
            refuses(evidence, impl.one_hot.one_hot, good, vocabulary=again)
    refuses(evidence, impl.one_hot.one_hot, good, tokens=[*words * 10, "another"])


@claim("one-hot.is-an-embedding")
def test_a_token_that_only_looks_like_a_known_one_is_refused(impl, evidence):
    """A token that is not in the vocabulary is refused, however much it looks like one that is."""
    for i, token in enumerate(LOOK_ALIKE):
        others = [*LOOK_ALIKE[:i], *LOOK_ALIKE[i + 1 :]]
        refuses(evidence, impl.one_hot.one_hot, {"tokens": others[:1], "vocabulary": others}, tokens=[token])


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
def test_a_vocabulary_keeps_tokens_as_they_are(impl, evidence):
    """Tokens that look alike are different entries of the vocabulary, unchanged and in their order."""
    evidence.equal(impl.one_hot.vocabulary([*LOOK_ALIKE, *LOOK_ALIKE[::-1]]), LOOK_ALIKE, "vocabulary, and the tokens")


@claim("one-hot.vocabulary-sized")
def test_every_character_is_a_token_of_its_own(impl, evidence):
    """A token for each of 131 000 characters, which stands between two letters, comes back as it was."""
    tokens = [f"a{chr(code)}b" for code in range(0x20000) if not 0xD800 <= code < 0xE000]  # surrogates are half of one
    evidence.true(impl.one_hot.vocabulary(tokens) == tokens, "the vocabulary is all tokens, in order")


@claim("one-hot.vocabulary-sized")
def test_no_tokens_have_no_vocabulary_and_no_vectors(impl, evidence):
    """Of no tokens the vocabulary is empty, and the array of vectors is as wide as the vocabulary all the same."""
    evidence.equal(impl.one_hot.vocabulary([]), [], "vocabulary of no tokens, and none")
    for words in (["a"], ["b", "a", ""]):
        vectors = impl.one_hot.one_hot([], words)
        evidence.equal(list(vectors.shape), [0, len(words)], "shape of no vectors, and 0 × V")


@claim("one-hot.vocabulary-sized")
def test_a_long_text_is_encoded_to_its_end(impl, evidence):
    """Each of 2000 tokens has its one where a vocabulary of 300 has it, whose order is another than the text's."""
    rng = np.random.default_rng(seed_of_test())
    places = rng.integers(0, 300, 2000)
    text, shuffled = [f"token {place}" for place in places], rng.permutation(300)
    vocabulary = [f"token {place}" for place in shuffled]
    distinct = [f"token {place}" for place in dict.fromkeys(places.tolist())]
    evidence.equal(impl.one_hot.vocabulary(text), distinct, "vocabulary of a long text, and the tokens as they occur")
    vectors = impl.one_hot.one_hot(text, vocabulary)
    expected = (np.argsort(shuffled)[places][:, None] == np.arange(300)).astype(float)
    evidence.equal(vectors, expected, "vectors of a long text, and one at each place", tolerance=0)


@claim("one-hot.vocabulary-sized")
def test_a_few_tokens_of_a_huge_vocabulary_fit_into_memory(impl, evidence):
    """A few of 100 000 tokens are encoded within 1 GiB; the square table of all of them would take 10 GB in bytes."""
    vocabulary = [f"token {i}" for i in range(100_000)]
    complete = impl.one_hot.vocabulary(vocabulary) == vocabulary
    evidence.true(complete, "the vocabulary of 100 000 tokens is all of them")
    # Among them places beyond what 7, 8, 11, 15, 16 bits can count.
    places = [0, 128, 257, 2_049, 32_769, 54_321, 65_537, 99_999]
    with impl.memory_limit(1):
        vectors = impl.one_hot.one_hot([vocabulary[place] for place in places], vocabulary)
    evidence.equal(list(vectors.shape), [len(places), 100_000], "shape, and tokens × 100 000")
    expected = np.stack([np.arange(len(places)), places], axis=1)
    evidence.equal(np.argwhere(vectors), expected, "where anything is, and the places")


@claim("one-hot.single-one")
@settings(max_examples=50)
@given(VOCABULARIES.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words * 2))))
def test_a_vector_is_one_at_its_place_and_zero_elsewhere(impl, evidence, words):
    """The vector of the token in place i is 1 in entry i and 0 in every other, so that V vectors have rank V."""
    vocabulary, text = words  # the text holds each token twice, in any order
    for places in (vocabulary, [vocabulary[0], *vocabulary[:0:-1]]):
        vectors = impl.one_hot.one_hot(text, places)
        expected = np.array([[float(token == other) for other in places] for token in text])
        evidence.equal(vectors, expected, "vectors, and one at the token's place", tolerance=0)
    # As many tokens as places, in another order than these.
    square = impl.one_hot.one_hot(text[: len(places)], places)
    evidence.equal(square, expected[: len(places)], "vectors of as many tokens as places", tolerance=0)
    evidence.equal(vectors.sum(axis=1), np.ones(len(text)), "sum of each vector, and 1", tolerance=0)
    evidence.equal(int(np.linalg.matrix_rank(vectors.astype(np.float64))), len(vocabulary), "rank, and V")


@claim("one-hot.single-one")
@pytest.mark.parametrize(
    "unknown", ["سلام!", "Salam", "salam ", "", "\0"], ids=["another", "in capitals", "with a space", "empty", "NUL"]
)
def test_a_token_that_has_no_place_is_refused(impl, evidence, unknown):
    """A token outside the vocabulary has no vector, neither zeros nor another token's: it is refused."""
    good = {"tokens": ["salam", "سلام"], "vocabulary": ["سلام", "salam", "b"]}
    for tokens in ([unknown], ["salam", unknown, "سلام"], ["b"] * 300 + [unknown]):
        refuses(evidence, impl.one_hot.one_hot, good, tokens=tokens)
    refuses(evidence, impl.one_hot.one_hot, good, "tokens", vocabulary=[])
    # Nor is there a token that stands for those that are not known.
    known = [token for token in LOOK_ALIKE if token != unknown]
    refuses(evidence, impl.one_hot.one_hot, {"tokens": known, "vocabulary": known}, tokens=[unknown])


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

    rng = np.random.default_rng(seed_of_test())
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


@claim("one-hot.distance-should-track-meaning", role="boundary")
def test_distance_does_not_rise_with_likeness_of_meaning(words: WordClasses, evidence):
    """Among skip-gram vectors distance does not grow with similarity of meaning, which is what the words say."""
    evidence.within(distance_against_meaning(words.embeddings("text")), "as_worded")


@claim("one-hot.distance-should-track-meaning")
def test_distance_falls_with_likeness_of_meaning(words: WordClasses, evidence):
    """Among skip-gram vectors, the more similar in meaning two words are, the smaller is their distance."""
    evidence.exceeds(-distance_against_meaning(words.embeddings("text")), "inverse")


@claim("one-hot.distance-should-track-meaning")
def test_distance_falls_with_similarity_as_people_judge_it(articles: RealText, evidence):
    """Among skip-gram vectors of real text, cosine distance falls as the similarity rises that people judge."""
    evidence.exceeds(against_judgements(articles.embeddings("text"), articles.text), "inverse_real_text")


@claim("one-hot.distance-should-track-meaning", role="control")
def test_shuffled_text_relates_distance_to_nothing(words: WordClasses, evidence):
    """Among vectors of shuffled text, distance has no relation to similarity of meaning."""
    evidence.within(distance_against_meaning(words.embeddings("shuffled")), "shuffled_text")
