"""Texts for skip-gram: drawn ones whose words have known classes or known counts, and a real one."""

from collections import Counter
from typing import NamedTuple

import numpy as np


class Corpus(NamedTuple):
    """Words as numbers, in the order of the text, and the number of the sentence that each stands in."""

    tokens: np.ndarray  # (n,), or (replicates, n)
    sentences: np.ndarray  # of the same shape


CLASSES, WORDS_PER_CLASS, GROUPS = 12, 8, 3
CLASSIFIED = CLASSES * WORDS_PER_CLASS
"""Words 0 … 95 have classes: eight each, the most frequent first."""
CLASS_OF_WORDS = np.arange(CLASSIFIED) // WORDS_PER_CLASS
GROUP_OF_WORDS = CLASS_OF_WORDS // (CLASSES // GROUPS)
LONE = np.arange(CLASSIFIED, CLASSIFIED + 5)
"""Words that occur, but always alone in their sentence."""
ABSENT = np.arange(LONE[-1] + 1, LONE[-1] + 6)
"""Words of the vocabulary that never occur."""
VOCABULARY = int(ABSENT[-1]) + 1
LENGTH = 8  # words in a sentence


def class_transitions(rng: np.random.Generator) -> np.ndarray:
    """How probably one class follows another, (12, 12): a row for each class, mixed with one that its group shares."""
    of_class, of_group = (rng.dirichlet(np.full(CLASSES, 0.2), size=size) for size in (CLASSES, GROUPS))
    return 0.4 * of_class + 0.6 * of_group[np.arange(CLASSES) // (CLASSES // GROUPS)]


def classified_text(transitions: np.ndarray, sentences: int, rng: np.random.Generator) -> Corpus:
    """Sentences in which class follows class by these probabilities, and each gives a word by Zipf's law."""
    cumulative = transitions.cumsum(axis=1)
    states = [rng.integers(CLASSES, size=sentences)]
    for _ in range(LENGTH - 1):
        passed = rng.random((sentences, 1)) > cumulative[states[-1], :-1]
        states.append(passed.sum(axis=1))
    zipf = 1 / np.arange(1, WORDS_PER_CLASS + 1)
    words = rng.choice(WORDS_PER_CLASS, size=(sentences, LENGTH), p=zipf / zipf.sum())
    tokens = np.stack(states, axis=1) * WORDS_PER_CLASS + words
    return Corpus(tokens.ravel(), np.repeat(np.arange(sentences), LENGTH))


def with_lone_words(corpus: Corpus, words: np.ndarray, times: int, rng: np.random.Generator) -> Corpus:
    """The same text with sentences of a single word after it, so many of each of these words."""
    alone = rng.permutation(np.repeat(words, times))
    sentences = corpus.sentences[-1] + 1 + np.arange(len(alone))
    return Corpus(np.concatenate([corpus.tokens, alone]), np.concatenate([corpus.sentences, sentences]))


def shuffled(corpus: Corpus, rng: np.random.Generator) -> Corpus:
    """The same words in random order, within sentences of the same lengths."""
    return corpus._replace(tokens=rng.permutation(corpus.tokens))


def backwards(corpus: Corpus) -> Corpus:
    """The same words in reverse order, and sentences of the same words."""
    return Corpus(corpus.tokens[::-1], corpus.sentences[-1] - corpus.sentences[::-1])


def with_drawn_contexts(tokens: np.ndarray, parts: np.ndarray, rng: np.random.Generator) -> Corpus:
    """Each word of a text (n,) beside another drawn from the same part of it, as a sentence of two.

    `parts` (n,) are rising numbers, such as those of its sentences; every word is drawn once.
    """
    shuffled_within = np.lexsort((rng.random(len(tokens)), parts))
    pairs = np.stack([tokens, tokens[shuffled_within]], axis=1)
    return Corpus(pairs.ravel(), np.repeat(np.arange(len(pairs)), 2))


def fully_co_occurring(vocabulary: int, sentences: int, rng: np.random.Generator) -> Corpus:
    """Sentences of two words, in which every word stands beside every word, and itself, at least once.

    Some words are much more frequent than others, and some stand beside each other more often than that makes likely.
    """
    every = np.stack(np.triu_indices(vocabulary), axis=1)
    frequency = rng.permutation(1 / np.arange(1, vocabulary + 1))
    affinity = rng.normal(scale=0.5, size=(vocabulary, vocabulary))
    joint = np.outer(frequency, frequency) * np.exp(affinity + affinity.T)
    drawn = rng.choice(joint.size, size=sentences - len(every), p=joint.ravel() / joint.sum())
    pairs = np.concatenate([every, np.stack(np.divmod(drawn, vocabulary), axis=1)])
    return Corpus(rng.permutation(pairs).ravel(), np.repeat(np.arange(sentences), 2))


class JudgedText(NamedTuple):
    """Articles of an encyclopedia, and people's judgements of how similar words are."""

    corpus: Corpus
    articles: np.ndarray  # (n,): the number of the article that each word stands in
    words: list[str]  # the vocabulary: stems, as the text is stemmed
    pairs: np.ndarray  # (pairs, 2): the words judged, as numbers
    similarity: np.ndarray  # (pairs,): 0 … 10


def judged_text(minimum_count: int, window: int) -> JudgedText:
    """What stands around judged words in 250 articles that gensim ships, with the judgements of WordSim-353 on them.

    Of words that occur so often, those that lie no further than a window from a judged one are kept, so that the judged
    words keep all their contexts; what is left out ends a sentence. The text comes stemmed and without function words,
    so the words that were judged are stemmed as well. Pairs of two words with one stem are left out.
    """
    from gensim.parsing.porter import PorterStemmer
    from gensim.test.utils import datapath

    with open(datapath("head500.noblanks.cor"), encoding="utf-8") as lines:
        articles = [line.split() for line in lines]
    counts = Counter(word for article in articles for word in article)
    words = sorted(word for word, count in counts.items() if count >= minimum_count)
    number = {word: i for i, word in enumerate(words)}
    texts = [[number[word] for word in article if word in number] for article in articles]
    whole = Corpus(np.concatenate(texts), np.repeat(np.arange(len(texts)), [len(text) for text in texts]))

    stem = PorterStemmer().stem
    with open(datapath("wordsim353.tsv"), encoding="utf-8") as lines:
        rows = [line.split("\t") for line in lines if not line.startswith("#")]
    judged = [(number.get(stem(a.lower())), number.get(stem(b.lower())), float(score)) for a, b, score in rows]
    known = [row for row in judged if row[0] != row[1] and None not in row]
    pairs, similarity = np.array([row[:2] for row in known], dtype=np.int64), np.array([row[2] for row in known])
    near = around(whole, pairs, window)
    ends = np.append(False, np.diff(whole.sentences) != 0) | ~near
    return JudgedText(
        Corpus(whole.tokens[near], np.cumsum(ends)[near]), whole.sentences[near], words, pairs, similarity
    )


def around(corpus: Corpus, words: np.ndarray, window: int) -> np.ndarray:
    """Which places of a text lie no further than a window from one of these words, as bools (n,)."""
    sought = np.isin(corpus.tokens, words)
    near = sought.copy()
    for distance in range(1, window + 1):
        together = corpus.sentences[distance:] == corpus.sentences[:-distance]
        near[distance:] |= sought[:-distance] & together
        near[:-distance] |= sought[distance:] & together
    return near
