"""The trainings behind skip-gram: on drawn text whose words have classes, on a small text, and on a real one.

Word vectors are two matrices, one pair per replicate, and replicate i has the same text in every arm.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from spec.common.replicates import per_seed, stack
from spec.contract import WordVectors
from spec.harness import Experiment, arm, experiment, stream

from . import corpora
from .corpora import Corpus
from .measures import Optimum, optimum, pair_counts, prediction_auc

VERSIONS: dict[str, Callable[[Corpus, np.random.Generator], Corpus]] = {
    "text": lambda corpus, _: corpus,
    "shuffled": corpora.shuffled,
    "backwards": lambda corpus, _: corpora.backwards(corpus),
    "contexts from the sentence": lambda corpus, rng: corpora.with_drawn_contexts(*corpus, rng),
    "contexts from the corpus": lambda corpus, rng: corpora.with_drawn_contexts(
        corpus.tokens, np.zeros_like(corpus.sentences), rng
    ),
}
"""What is made of a text before it is learned."""


class SkipGramExperiment(Experiment):
    """Vectors that an implementation learns from text."""

    def learned(self, text: Corpus, vocabulary: int, **choices: int | float) -> WordVectors:
        """The vectors of so many words, each replicate's from its own text (replicates, n), as the budget has it.

        `choices` are made in place of the budget's.
        """
        names = ("dimensions", "window", "negatives", "noise_power", "epochs", "learning_rate")
        options = {name: choices[name] if name in choices else self.budget[name] for name in names}
        return self.impl.skip_gram.train_skip_gram(
            text.tokens,
            text.sentences,
            vocabulary_size=vocabulary,
            seeds=self.seeds,
            device=self.device,
            **options,
        )


@experiment(cpu_seconds=5)
class WordClasses(SkipGramExperiment):
    """Text of twelve classes of words, each followed by some classes more than by others; a new language each time."""

    HELD_OUT, LONE_SENTENCES = 250, 50

    @cached_property
    def text(self) -> Corpus:
        """What the vectors learn from, (replicates, n)."""
        return stack(
            corpora.with_lone_words(
                self.drawn(seed, self.choices["sentences"], "text"),
                corpora.LONE,
                self.LONE_SENTENCES,
                stream(seed, "lone words"),
            )
            for seed in self.seeds
        )

    @cached_property
    def held_out(self) -> Corpus:
        """Further text in the languages of `text`."""
        return stack(self.drawn(seed, self.HELD_OUT, "text held out") for seed in self.seeds)

    def drawn(self, seed: int, sentences: int, purpose: str) -> Corpus:
        """Text in the language of a replicate."""
        transitions = corpora.class_transitions(stream(seed, "language"))
        return corpora.classified_text(transitions, sentences, stream(seed, purpose))

    @arm
    def vectors(self, version: str, *, trained: bool = True) -> WordVectors:
        """What is learned from a version of the text, or the matrices before the first step."""
        texts = (Corpus(*text) for text in zip(*self.text, strict=True))
        changed = stack(
            VERSIONS[version](text, stream(seed, version)) for text, seed in zip(texts, self.seeds, strict=True)
        )
        epochs = self.budget["epochs_on_drawn_contexts" if version.startswith("contexts") else "epochs"]
        return self.learned(changed, corpora.VOCABULARY, epochs=epochs if trained else 0)

    def embeddings(self, version: str, *, trained: bool = True) -> np.ndarray:
        """The input matrix alone, (replicates, v, d)."""
        return self.vectors(version, trained=trained)["input"]

    @arm
    def prediction(self, version: str) -> np.ndarray:
        """The AUC of telling the words that follow in `held_out`, after learning from a version of the text."""
        return prediction_auc(self.vectors(version), self.held_out, self.budget["window"], self.seeds)


@experiment(cpu_seconds=12)
class CoOccurringWords(SkipGramExperiment):
    """A small text in which every word stands beside every word, and vectors longer than there are words.

    One more word is frequent, and always alone: it only takes its share of the noise.
    """

    WORDS, SENTENCES, LONE_SENTENCES = 8, 1000, 1000

    @cached_property
    def text(self) -> Corpus:
        """Sentences of two words, and then those of the lone one, (replicates, n)."""

        def drawn(rng: np.random.Generator) -> Corpus:
            pairs = corpora.fully_co_occurring(self.WORDS, self.SENTENCES, rng)
            return corpora.with_lone_words(pairs, np.array([self.WORDS]), self.LONE_SENTENCES, rng)

        return per_seed(drawn, self.seeds, "text")

    @arm
    def vectors(self, noise: str) -> WordVectors:
        """Trained with few negatives from the unigram distribution as noise, or with more from the uniform one."""
        return self.learned(self.text, self.WORDS + 1, **self.negative_sampling(noise))

    def negative_sampling(self, noise: str) -> dict[str, int | float]:
        """How many negatives, and the power of the counts that they are drawn by."""
        return {name: self.budget[f"{name}_{noise}"] for name in ("negatives", "noise_power")}

    @arm
    def optimum(self, noise: str) -> Optimum:
        """Where the vectors lie, beside their optimum."""
        paired = self.text.tokens[:, : 2 * self.SENTENCES]
        n = np.stack([pair_counts(tokens, self.WORDS) for tokens in paired])
        counts = np.stack([np.bincount(tokens) for tokens in self.text.tokens])
        choices = self.negative_sampling(noise)
        return optimum(self.vectors(noise), n, counts, int(choices["negatives"]), choices["noise_power"])


@experiment(cpu_seconds=8)
class RealText(SkipGramExperiment):
    """Passages of an encyclopedia, from which vectors are to find what people judge to be similar."""

    GENSIM_RATE = 0.2
    """gensim's best of .05, .1, .15, .2 and .3; with its usual .025 one epoch is too short."""

    @cached_property
    def text(self) -> corpora.JudgedText:
        """The same for all replicates."""
        return corpora.judged_text(self.choices["minimum_count"], self.budget["window"])

    @arm
    def embeddings(self, version: str) -> np.ndarray:
        """The implementation's, learned from a version of the text, (replicates, v, d)."""

        def changed(rng: np.random.Generator) -> Corpus:
            if version == "contexts from the article":
                return corpora.with_drawn_contexts(self.text.corpus.tokens, self.text.articles, rng)
            return VERSIONS[version](self.text.corpus, rng)

        return self.learned(per_seed(changed, self.seeds, version), len(self.text.words))["input"]

    @arm
    def gensim_embeddings(self) -> np.ndarray:
        """Those of gensim's word2vec, with the same choices, learned from the text as it is."""
        from gensim.models import Word2Vec

        corpus, words = self.text.corpus, self.text.words
        ends = np.flatnonzero(np.diff(corpus.sentences)) + 1
        sentences = [[words[token] for token in tokens] for tokens in np.split(corpus.tokens, ends)]
        models = (
            Word2Vec(
                sentences,
                sg=1,
                vector_size=self.budget["dimensions"],
                window=self.budget["window"],
                shrink_windows=False,
                negative=self.budget["negatives"],
                ns_exponent=self.budget["noise_power"],
                sample=0,
                min_count=1,
                alpha=self.GENSIM_RATE,
                epochs=self.budget["epochs"],
                workers=1,
                seed=seed,
            )
            for seed in self.seeds
        )
        # A word that no sentence is left of has no vector; it is in no pair that was judged.
        absent = np.zeros(self.budget["dimensions"])
        return np.stack(
            [[model.wv[word] if word in model.wv.key_to_index else absent for word in words] for model in models]
        )
