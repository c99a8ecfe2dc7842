"""The trainings behind skip-gram: on drawn text whose words have classes, on a small text, and on a real one.

An arm returns the two matrices, one pair per replicate, and replicate i sees the same text in every arm.
"""

from functools import cached_property

import numpy as np

from spec.contract import WordVectors
from spec.harness import Experiment, arm, experiment, stream

from . import corpora
from .corpora import Corpus


def stacked(drawn: list[Corpus]) -> Corpus:
    """Each replicate's own corpus, (replicates, n)."""
    return Corpus(*(np.stack(parts) for parts in zip(*drawn, strict=True)))


@experiment(cpu_seconds=8)
class WordClasses(Experiment):
    """Text of twelve classes of words, each with words of its own before and after it, in three groups of classes."""

    SENTENCES, HELD_OUT = 2500, 250
    WINDOW = 2
    DIMENSIONS, NEGATIVES, NOISE_POWER = 32, 5, 0.75
    EPOCHS = 4

    @cached_property
    def text(self) -> Corpus:
        """What the vectors learn from."""
        return stacked([
            corpora.with_lone_words(self.drawn(seed, self.SENTENCES, "text"), stream(seed, "lone words"))
            for seed in self.seeds
        ])

    @cached_property
    def held_out(self) -> Corpus:
        """Further text in which class follows class as in `text`."""
        return stacked([self.drawn(seed, self.HELD_OUT, "text held out") for seed in self.seeds])

    @arm
    def trained(self) -> WordVectors:
        """Contexts from a window around the word."""
        return self.vectors(self.text, self.WINDOW, self.EPOCHS)

    @arm
    def untrained(self) -> WordVectors:
        """The matrices of `trained` before their first step."""
        return self.vectors(self.text, self.WINDOW, 0)

    @arm
    def shuffled(self) -> WordVectors:
        """As `trained`, but all words of the text changed places at random."""
        return self.vectors(self.changed(corpora.shuffled, "shuffled"), self.WINDOW, self.EPOCHS)

    @arm
    def random_contexts(self) -> WordVectors:
        """As `trained`, but each word's contexts come from anywhere in the text; about as many pairs."""
        return self.vectors(self.changed(corpora.with_random_contexts, "random contexts"), 1, self.EPOCHS)

    def drawn(self, seed: int, sentences: int, purpose: str) -> Corpus:
        """Text in a replicate's own language: how class follows class is a function of the seed."""
        transitions = corpora.class_transitions(stream(seed, "language"))
        return corpora.classified_text(transitions, sentences, stream(seed, purpose))
