"""Question 3c, skip-gram: what trained vectors know of the words."""

import numpy as np

from spec.harness import claim

from . import corpora
from .word_measures import (
    against_judgements,
    class_auc,
    distance_against_meaning,
    optimum_that_skips_positives,
    pair_counts,
    plane,
    prediction_auc,
    shifted_pmi,
)


@claim("skip-gram.is-word2vec")
def test_real_text_teaches_what_people_judge(real_text, evidence):
    """Vectors learned from articles find similar what people judge to be, in rank correlation."""
    evidence.exceeds(against_judgements(real_text.trained, real_text.text), "judgements")


@claim("skip-gram.is-word2vec")
def test_real_text_is_learned_as_well_as_by_gensim(real_text, evidence):
    """By people's judgements the vectors are not inferior to those of gensim's word2vec with the same choices."""
    ours, gensim = (against_judgements(arm, real_text.text) for arm in (real_text.trained, real_text.gensim))
    evidence.exceeds(gensim, "gensim_judgements")
    evidence.within(ours - gensim, "against_gensim")


@claim("skip-gram.is-word2vec", role="control")
def test_shuffled_articles_teach_far_less_of_what_people_judge(real_text, evidence):
    """Vectors learned from the same words in random order agree with people's judgements far less."""
    placed, shuffled = (against_judgements(arm, real_text.text) for arm in (real_text.trained, real_text.shuffled))
    evidence.exceeds(placed - shuffled, "against_shuffled_articles")


@claim("skip-gram.context-word")
def test_contexts_within_a_window_teach_classes(word_classes, evidence):
    """With contexts from a window, words of a class come out nearer to each other than to words of other classes."""
    evidence.exceeds(class_auc(word_classes.trained["input"]), "window")


@claim("skip-gram.context-word", role="boundary")
def test_contexts_from_the_whole_corpus_teach_nothing(word_classes, evidence):
    """With contexts drawn from anywhere in the text, nearness says nothing about the class."""
    evidence.within(class_auc(word_classes.random_contexts["input"]), "random_contexts")


@claim("skip-gram.context-word", role="control")
def test_a_window_of_a_shuffled_corpus_teaches_nothing(word_classes, evidence):
    """With contexts from a window around words that changed places, nearness says nothing about the class."""
    evidence.within(class_auc(word_classes.shuffled["input"]), "shuffled_corpus")


@claim("skip-gram.uses-placement")
def test_shuffling_destroys_what_is_learned(word_classes, evidence):
    """The same words in other places teach nothing about classes: the text falls to chance by being shuffled."""
    placed, shuffled = (class_auc(arm["input"]) for arm in (word_classes.trained, word_classes.shuffled))
    evidence.exceeds(placed - shuffled, "placed_against_shuffled")
    evidence.within(shuffled, "shuffled")


@claim("skip-gram.uses-placement", role="control")
def test_reversing_destroys_nothing(word_classes, evidence):
    """The same words in reverse order, each still beside the same others, teach as much about classes."""
    placed, reversed_text = (class_auc(arm["input"]) for arm in (word_classes.trained, word_classes.reversed))
    evidence.within(placed - reversed_text, "placed_against_reversed")


@claim("skip-gram.weights-are-features")
def test_vectors_tell_classes_apart(word_classes, evidence):
    """Cosine tells pairs of words of one class from pairs of two classes."""
    vectors = {"skip-gram": word_classes.trained["input"][0], "one-hot": np.eye(corpora.VOCABULARY)}
    evidence.figure(
        "map",
        "scatter",
        "Words laid out in the plane by their cosine distances, a mark for each class: skip-gram brings the words of a "
        "class together; one-hot vectors are all equally far apart, and no layout of them means anything.",
        group=[f"class {i + 1}" for i in corpora.class_of_words()],
        **{name: plane(own[: corpora.CLASSIFIED]) for name, own in vectors.items()},
    )
    evidence.exceeds(class_auc(word_classes.trained["input"]), "classes")


@claim("skip-gram.weights-are-features", role="control")
def test_vectors_did_not_before_training(word_classes, evidence):
    """Before training, nearness says nothing about the class."""
    evidence.within(class_auc(word_classes.untrained["input"]), "untrained")


@claim("skip-gram.weights-are-features")
def test_vectors_reflect_degrees_of_meaning(word_classes, evidence):
    """The nearer two words are, the more alike in meaning: same class, same group of classes, or neither."""
    evidence.exceeds(-distance_against_meaning(word_classes.trained["input"]), "degrees")


@claim("skip-gram.weights-are-features")
def test_training_comes_to_shifted_pmi(co_occurring_words, evidence):
    """As long as the vocabulary, vectors that met unigram noise have the products PMI − log k, where words meet.

    Or those of the optimum where a negative equal to the context is left out: either is a right implementation.
    """
    trained, text = co_occurring_words.trained, co_occurring_words.text
    errors = []
    for v, u, tokens in zip(trained["input"], trained["output"], text.tokens, strict=True):
        n = pair_counts(tokens, co_occurring_words.WORDS)
        optima = (optimum(n, co_occurring_words.NEGATIVES) for optimum in (shifted_pmi, optimum_that_skips_positives))
        errors.append(min(np.average(np.abs(v @ u.T - optimum), weights=n) for optimum in optima))
    evidence.within(errors, "shifted_pmi")


@claim("skip-gram.weights-are-the-embedding")
def test_one_hot_times_the_matrix_is_the_row(impl, word_classes, evidence):
    """One-hot(w) · W is the row of w, for every word and each of the two matrices, which differ."""
    names = [f"word {i}" for i in range(corpora.VOCABULARY)]
    one_hot = impl.one_hot.one_hot(names[::-1], names)
    for which, matrix in word_classes.trained.items():
        shape = [len(word_classes.seeds), corpora.VOCABULARY, word_classes.DIMENSIONS]
        evidence.equal(list(matrix.shape), shape, f"shape of {which}, and replicates × words × dimensions")
        evidence.equal(one_hot @ matrix, matrix[:, ::-1], f"one-hot · {which}, and its rows", tolerance=0)
    both = word_classes.trained
    evidence.true((both["input"] != both["output"]).any(axis=(1, 2)), "input and output vectors differ")


@claim("skip-gram.weights-are-the-embedding")
def test_words_that_never_occur_do_not_move(word_classes, evidence):
    """Both rows of a word that the text lacks are as they were before training, bit for bit."""
    for which, before in word_classes.untrained.items():
        after = word_classes.trained[which][:, corpora.ABSENT]
        evidence.equal(after, before[:, corpora.ABSENT], f"{which} vectors of absent words, and before", tolerance=0)


@claim("skip-gram.weights-are-the-embedding")
def test_the_embedding_is_the_matrix_that_words_enter_by(word_classes, evidence):
    """A word always alone is drawn as a negative but never has a context: its output vector moves, not its input."""
    before, after = (
        {which: matrix[:, corpora.LONE] for which, matrix in arm.items()}
        for arm in (word_classes.untrained, word_classes.trained)
    )
    evidence.equal(after["input"], before["input"], "input vectors of lone words, and before", tolerance=0)
    evidence.true((after["output"] != before["output"]).any(-1), "output vectors of lone words move")
    elsewhere = slice(0, corpora.CLASSIFIED)
    moved = word_classes.trained["input"][:, elsewhere] != word_classes.untrained["input"][:, elsewhere]
    evidence.true(moved.any(-1), "input vectors of words with contexts move")


@claim("skip-gram.is-self-supervised")
def test_text_alone_teaches_to_predict_text(word_classes, evidence):
    """On text not seen before, the vectors tell the words that follow a word from words drawn from anywhere."""
    arguments = word_classes.held_out, word_classes.WINDOW, word_classes.seeds
    evidence.exceeds(prediction_auc(word_classes.trained, *arguments), "held_out")


@claim("skip-gram.is-self-supervised", role="control")
def test_shuffled_text_teaches_no_prediction(word_classes, evidence):
    """Vectors from shuffled text predict nothing about text not seen before."""
    arguments = word_classes.held_out, word_classes.WINDOW, word_classes.seeds
    evidence.within(prediction_auc(word_classes.shuffled, *arguments), "shuffled_text")
