"""Question 3c, skip-gram: what trained vectors know of the words."""

from spec.harness import claim

from . import corpora
from .measures import against_judgements, class_auc, distance_against_meaning, lower_end
from .skip_gram_experiments import CoOccurringWords, RealText, WordClasses


@claim("skip-gram.is-word2vec")
def test_real_text_teaches_what_people_judge(articles: RealText, evidence):
    """Vectors learned from articles find similar what people judge to be, in rank correlation; also by other pairs."""
    correlation = against_judgements(articles.embeddings("text"), articles.text)
    evidence.exceeds(correlation, "judgements")
    evidence.exceeds(lower_end(correlation, len(articles.text.pairs)), "judgements_over_pairs")


@claim("skip-gram.is-word2vec")
def test_real_text_is_learned_as_well_as_by_gensim(articles: RealText, evidence):
    """By people's judgements the vectors are not inferior to those of gensim's word2vec with the same choices."""
    ours = against_judgements(articles.embeddings("text"), articles.text)
    gensim = against_judgements(articles.gensim_embeddings(), articles.text)
    evidence.exceeds(gensim, "gensim_judgements")
    evidence.within(ours - gensim, "against_gensim")


@claim("skip-gram.is-word2vec", role="control")
def test_shuffled_articles_teach_far_less_of_what_people_judge(articles: RealText, evidence):
    """Vectors learned from the same words in random order agree with people's judgements far less."""
    placed = against_judgements(articles.embeddings("text"), articles.text)
    shuffled = against_judgements(articles.embeddings("shuffled"), articles.text)
    evidence.exceeds(placed - shuffled, "against_shuffled_articles")


@claim("skip-gram.context-word")
def test_contexts_within_a_window_teach_classes(words: WordClasses, evidence):
    """With contexts from a window, words of a class come out nearer to each other than to words of other classes."""
    evidence.exceeds(class_auc(words.embeddings("text")), "window")


@claim("skip-gram.context-word", role="boundary")
def test_contexts_from_the_sentence_teach_less(words: WordClasses, evidence):
    """With contexts drawn from anywhere in the sentence, nearness says less about the class."""
    window, sentence = (class_auc(words.embeddings(version)) for version in ("text", "contexts from the sentence"))
    evidence.exceeds(window - sentence, "window_against_sentence")


@claim("skip-gram.context-word", role="boundary")
def test_contexts_from_the_whole_corpus_teach_nothing(words: WordClasses, evidence):
    """With contexts drawn from anywhere in the text, nearness says nothing about the class."""
    evidence.within(class_auc(words.embeddings("contexts from the corpus")), "corpus")


@claim("skip-gram.context-word", role="boundary")
def test_contexts_from_the_article_teach_less_of_what_people_judge(articles: RealText, evidence):
    """On real text, contexts from anywhere in the article teach some of what people judge, and a window more."""
    window, article = (
        against_judgements(articles.embeddings(version), articles.text)
        for version in ("text", "contexts from the article")
    )
    evidence.exceeds(article, "article")
    evidence.exceeds(window - article, "window_against_article")


@claim("skip-gram.context-word", role="control")
def test_a_window_of_a_shuffled_corpus_teaches_nothing(words: WordClasses, evidence):
    """With contexts from a window around words that changed places, nearness says nothing about the class."""
    evidence.within(class_auc(words.embeddings("shuffled")), "shuffled_corpus")


@claim("skip-gram.no-particular-problem")
def test_what_is_learned_does_not_depend_on_the_problem(words: WordClasses, evidence):
    """Vectors predict held-out text as well whether they learned to tell a window's words or those of all the text."""
    window, corpus = words.prediction("text"), words.prediction("contexts from the corpus")
    evidence.within(window - corpus, "whatever_the_problem")


@claim("skip-gram.no-particular-problem", role="amended")
def test_the_problem_decides_what_is_learned(words: WordClasses, evidence):
    """Vectors that learned to tell a window's words predict held-out text better."""
    window, corpus = words.prediction("text"), words.prediction("contexts from the corpus")
    evidence.exceeds(window - corpus, "the_problem_decides")


@claim("skip-gram.no-particular-problem", role="control")
def test_the_same_text_backwards_sets_the_same_problem(words: WordClasses, evidence):
    """Vectors that learned from the text backwards predict held-out text as well."""
    evidence.within(words.prediction("text") - words.prediction("backwards"), "backwards")


@claim("skip-gram.uses-placement")
def test_shuffling_destroys_what_is_learned(words: WordClasses, evidence):
    """The same words in other places teach nothing about classes: the text falls to chance by being shuffled."""
    shuffled = class_auc(words.embeddings("shuffled"))
    evidence.exceeds(class_auc(words.embeddings("text")) - shuffled, "placed_against_shuffled")
    evidence.within(shuffled, "shuffled")


@claim("skip-gram.uses-placement", role="control")
def test_reversing_destroys_nothing(words: WordClasses, evidence):
    """The same words in reverse order, each still beside the same others, teach as much about classes."""
    placed, backwards = class_auc(words.embeddings("text")), class_auc(words.embeddings("backwards"))
    evidence.within(placed - backwards, "placed_against_reversed")


@claim("skip-gram.weights-are-features")
def test_vectors_tell_classes_apart(words: WordClasses, evidence):
    """Cosine tells pairs of words of one class from pairs of two classes."""
    evidence.exceeds(class_auc(words.embeddings("text")), "classes")


@claim("skip-gram.weights-are-features", role="control")
def test_vectors_did_not_before_training(words: WordClasses, evidence):
    """Before training, nearness says nothing about the class."""
    evidence.within(class_auc(words.embeddings("text", trained=False)), "untrained")


@claim("skip-gram.weights-are-features")
def test_vectors_reflect_degrees_of_meaning(words: WordClasses, evidence):
    """The nearer two words are, the more similar in meaning: same class, same group of classes, or neither."""
    evidence.exceeds(-distance_against_meaning(words.embeddings("text")), "degrees")


@claim("skip-gram.weights-are-features")
def test_training_comes_to_shifted_pmi(words: CoOccurringWords, evidence):
    """Longer than the vocabulary, vectors have products log P(c | w) − log k P(c) where words meet, for any noise P.

    With unigram noise that is PMI − log k. The products tell how many negatives there were, and from which noise.
    """
    unigram, uniform = words.optimum("unigram"), words.optimum("uniform")
    evidence.within(unigram.distance, "shifted_pmi")
    evidence.within(unigram.negatives, "negatives")
    evidence.within(unigram.power, "power_of_unigram_noise")
    evidence.within(uniform.negatives, "more_negatives")
    evidence.within(uniform.power, "power_of_uniform_noise")


@claim("skip-gram.weights-are-the-embedding")
def test_one_hot_times_the_matrix_is_the_row(impl, words: WordClasses, evidence):
    """One-hot(w) · W is the row of w, for every word and each of the two matrices, which differ."""
    names = [f"word {i}" for i in range(corpora.VOCABULARY)]
    one_hot = impl.one_hot.one_hot(names[::-1], names)
    vectors = words.vectors("text")
    for which, matrix in vectors.items():
        shape = [len(words.seeds), corpora.VOCABULARY, words.budget["dimensions"]]
        evidence.equal(list(matrix.shape), shape, f"shape of {which}, and replicates × words × dimensions")
        evidence.equal(one_hot @ matrix, matrix[:, ::-1], f"one-hot · {which}, and its rows", tolerance=0)
    evidence.true((vectors["input"] != vectors["output"]).any(axis=(1, 2)), "input and output vectors differ")


@claim("skip-gram.weights-are-the-embedding")
def test_words_that_never_occur_do_not_move(words: WordClasses, evidence):
    """Both rows of a word that the text lacks are as they were before training, bit for bit."""
    trained = words.vectors("text")
    for which, before in words.vectors("text", trained=False).items():
        absent, absent_before = (matrix[:, corpora.ABSENT] for matrix in (trained[which], before))
        evidence.equal(absent, absent_before, f"{which} vectors of absent words, and before", tolerance=0)


@claim("skip-gram.weights-are-the-embedding")
def test_the_embedding_is_the_matrix_that_words_enter_by(words: WordClasses, evidence):
    """A word always alone is drawn as a negative but never has a context: its output vector moves, not its input."""
    before, after = (words.vectors("text", trained=trained) for trained in (False, True))
    lone, lone_before = (vectors["input"][:, corpora.LONE] for vectors in (after, before))
    evidence.equal(lone, lone_before, "input vectors of lone words, and before", tolerance=0)
    moved = {which: (after[which] != before[which]).any(-1) for which in ("input", "output")}
    evidence.true(moved["output"][:, corpora.LONE], "output vectors of lone words move")
    evidence.true(moved["input"][:, : corpora.CLASSIFIED], "input vectors of words with contexts move")


@claim("skip-gram.is-self-supervised")
def test_text_alone_teaches_to_predict_text(words: WordClasses, evidence):
    """On text not seen before, the vectors tell the words that follow a word from words drawn from anywhere."""
    evidence.exceeds(words.prediction("text"), "held_out")


@claim("skip-gram.is-self-supervised", role="control")
def test_shuffled_text_teaches_no_prediction(words: WordClasses, evidence):
    """Vectors from shuffled text predict nothing about text not seen before."""
    evidence.within(words.prediction("shuffled"), "shuffled_text")
