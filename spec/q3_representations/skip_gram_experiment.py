"""The trainings behind skip-gram: on drawn text whose words have classes, on a small text, and on a real one.

An arm returns the two matrices, one pair per replicate, and replicate i sees the same text in every arm.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from spec.contract import WordVectors
from spec.harness import Experiment, experiment, legacy_arm, stream

from . import corpora
from .corpora import Corpus


def stacked(drawn: list[Corpus]) -> Corpus:
    """Each replicate's own corpus, (replicates, n)."""
    return Corpus(*(np.stack(parts) for parts in zip(*drawn, strict=True)))


@experiment(cpu_seconds=12)
class WordClasses(Experiment):
    """Text of twelve classes of words, each followed by some classes more than by others; a new language each time."""

    SENTENCES, HELD_OUT = 2500, 250
    DIMENSIONS, WINDOW, EPOCHS = 32, 2, 4
    WIDER_EPOCHS = 6

    @cached_property
    def text(self) -> Corpus:
        """What the vectors learn from."""
        return stacked(
            [
                corpora.with_lone_words(self.drawn(seed, self.SENTENCES, "text"), stream(seed, "lone words"))
                for seed in self.seeds
            ]
        )

    @cached_property
    def held_out(self) -> Corpus:
        """Further text in the languages of `text`."""
        return stacked([self.drawn(seed, self.HELD_OUT, "text held out") for seed in self.seeds])

    @legacy_arm
    def trained(self) -> WordVectors:
        """Contexts from a window around the word."""
        return self.vectors(self.text)

    @legacy_arm
    def untrained(self) -> WordVectors:
        """The matrices of `trained` before their first step."""
        return self.vectors(self.text, epochs=0)

    @legacy_arm
    def shuffled(self) -> WordVectors:
        """As `trained`, but the words of the text changed places at random."""
        return self.vectors(self.changed(corpora.shuffled, "shuffled"))

    @legacy_arm
    def reversed(self) -> WordVectors:
        """As `trained`, but the text runs backwards."""
        tokens, sentences = (part[:, ::-1].copy() for part in self.text)
        return self.vectors(Corpus(tokens, sentences[:, :1] - sentences))

    @legacy_arm
    def random_contexts(self) -> WordVectors:
        """As `trained`, but a word's contexts come from anywhere in the text; more often over fewer pairs."""
        return self.vectors(self.changed(corpora.with_random_contexts, "random contexts"), epochs=self.WIDER_EPOCHS)

    def drawn(self, seed: int, sentences: int, purpose: str) -> Corpus:
        """Text in the language of a replicate."""
        transitions = corpora.class_transitions(stream(seed, "language"))
        return corpora.classified_text(transitions, sentences, stream(seed, purpose))

    def changed(self, change: Callable[[Corpus, np.random.Generator], Corpus], purpose: str) -> Corpus:
        """Each replicate's text, changed at random."""
        texts = (Corpus(*own) for own in zip(*self.text, strict=True))
        return stacked([change(own, stream(seed, purpose)) for seed, own in zip(self.seeds, texts, strict=True)])

    def vectors(self, text: Corpus, epochs: int = EPOCHS) -> WordVectors:
        """The implementation's vectors."""
        return self.impl.skip_gram.train_skip_gram(
            text.tokens,
            text.sentences,
            vocabulary_size=corpora.VOCABULARY,
            dimensions=self.DIMENSIONS,
            window=self.WINDOW,
            negatives=5,
            noise_power=0.75,
            epochs=epochs,
            seeds=self.seeds,
            device=self.device,
        )


@experiment(cpu_seconds=3)
class CoOccurringWords(Experiment):
    """A small text in which every word stands beside every word, and vectors as long as the vocabulary."""

    WORDS, SENTENCES, NEGATIVES, EPOCHS = 8, 1000, 3, 40

    @cached_property
    def text(self) -> Corpus:
        """Sentences of two words."""
        drawn = [corpora.fully_co_occurring(self.WORDS, self.SENTENCES, stream(seed, "text")) for seed in self.seeds]
        return stacked(drawn)

    @legacy_arm
    def trained(self) -> WordVectors:
        """Trained with the unigram distribution as noise."""
        return self.impl.skip_gram.train_skip_gram(
            self.text.tokens,
            self.text.sentences,
            vocabulary_size=self.WORDS,
            dimensions=self.WORDS,
            window=1,
            negatives=self.NEGATIVES,
            noise_power=1.0,
            epochs=self.EPOCHS,
            seeds=self.seeds,
            device=self.device,
        )


@experiment(cpu_seconds=22)
class RealText(Experiment):
    """Articles of an encyclopedia, in which vectors are to find what people judge to be similar."""

    LEAST = 20
    DIMENSIONS, WINDOW, NEGATIVES, NOISE_POWER, EPOCHS = 32, 5, 2, 0.75, 1
    GENSIM_RATE = 0.1
    """gensim's best of .05, .1, .15 and .2; with its usual .025 one epoch is too short."""

    @cached_property
    def text(self) -> corpora.JudgedText:
        """The same for all replicates."""
        return corpora.judged_text(self.LEAST)

    @legacy_arm
    def trained(self) -> np.ndarray:
        """The implementation's embeddings, (replicates, v, d)."""
        return self.vectors(np.tile(self.text.corpus.tokens, (len(self.seeds), 1)))

    @legacy_arm
    def shuffled(self) -> np.ndarray:
        """As `trained`, but the words of the text changed places at random."""
        corpus = self.text.corpus
        return self.vectors(
            np.stack([corpora.shuffled(corpus, stream(seed, "shuffled")).tokens for seed in self.seeds])
        )

    @legacy_arm
    def gensim(self) -> np.ndarray:
        """The embeddings of gensim's word2vec, with the same choices."""
        from gensim.models import Word2Vec

        corpus, words = self.text.corpus, self.text.words
        ends = np.flatnonzero(np.diff(corpus.sentences)) + 1
        sentences = [[words[token] for token in own] for own in np.split(corpus.tokens, ends)]
        models = (
            Word2Vec(
                sentences,
                sg=1,
                vector_size=self.DIMENSIONS,
                window=self.WINDOW,
                shrink_windows=False,
                negative=self.NEGATIVES,
                ns_exponent=self.NOISE_POWER,
                sample=0,
                min_count=1,
                alpha=self.GENSIM_RATE,
                epochs=self.EPOCHS,
                workers=1,
                seed=seed,
            )
            for seed in self.seeds
        )
        return np.stack([model.wv[words] for model in models])

    def vectors(self, tokens: np.ndarray) -> np.ndarray:
        """The implementation's embeddings of words in these orders, (replicates, v, d)."""
        return self.impl.skip_gram.train_skip_gram(
            tokens,
            np.tile(self.text.corpus.sentences, (len(self.seeds), 1)),
            vocabulary_size=len(self.text.words),
            dimensions=self.DIMENSIONS,
            window=self.WINDOW,
            negatives=self.NEGATIVES,
            noise_power=self.NOISE_POWER,
            epochs=self.EPOCHS,
            seeds=self.seeds,
            device=self.device,
        )["input"]
