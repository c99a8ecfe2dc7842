"""Bad input to the project's own implementation: one clear error that names argument, value and expectation.

And what lies just on the other side, which is taken.
"""

import warnings

import numpy as np
import pytest

from impl import attention, classifiers, convolution, gan, metrics, one_hot, rotation, search
from impl.skip_gram import loss_and_gradient, noise, pairs, sample_pairs, train_skip_gram, word2vec_text

NAN, INF = float("nan"), float("inf")
Y = np.array([0, 1, 1])
SCORES = np.array([0.1, 0.5, 0.9])
HALF = np.array([0.5, 0.5])

BAD_LABELS = [
    pytest.param(np.array([0, 1, 2]), ValueError, r"\[2\] is 2; expected 0 or 1", id="three classes"),
    pytest.param(np.array([-1, 1, 1]), ValueError, r"\[0\] is -1; expected 0 or 1", id="minus one for negative"),
    pytest.param(np.array([0.0, 1.0, 1.0]), TypeError, " has dtype float64; expected integers, 0 or 1", id="floats"),
    pytest.param(np.array([NAN, 1.0, 1.0]), TypeError, " has dtype float64; expected integers, 0 or 1", id="NaN"),
    pytest.param(np.array([False, True, True]), TypeError, " has dtype bool; expected integers, 0 or 1", id="bools"),
    pytest.param(np.array(["0", "1", "1"]), TypeError, " has dtype <U1; expected integers, 0 or 1", id="text"),
    pytest.param(np.zeros(0, dtype=int), ValueError, r" has shape \(0,\); expected one axis with at least", id="empty"),
    pytest.param(np.zeros((3, 1), dtype=int), ValueError, r" has shape \(3, 1\); expected one axis", id="two axes"),
    pytest.param(np.array(1), ValueError, r" has shape \(\); expected one axis", id="scalar"),
]
BAD_SCORES = [
    pytest.param(np.array([0.1, NAN, 0.9]), ValueError, r"\[1\] is nan; expected finite numbers", id="NaN"),
    pytest.param(np.array([0.1, 0.5, -INF]), ValueError, r"\[2\] is -inf; expected finite numbers", id="infinity"),
    pytest.param(np.array([1, 2, 3]), TypeError, " has dtype int64; expected floating-point numbers", id="ints"),
    pytest.param(np.array([None, 1.0]), TypeError, " has dtype object; expected floating-point numbers", id="objects"),
    pytest.param(np.zeros(0), ValueError, r" has shape \(0,\); expected one axis with at least one", id="empty"),
    pytest.param(np.zeros((3, 1)), ValueError, r" has shape \(3, 1\); expected one axis", id="two axes"),
]
OF_LABELS = [
    pytest.param(metrics.confusion, id="confusion"),
    pytest.param(metrics.accuracy, id="accuracy"),
    pytest.param(metrics.precision, id="precision"),
    pytest.param(metrics.recall, id="recall"),
    pytest.param(metrics.f1, id="f1"),
    pytest.param(lambda y_true, y_pred: metrics.cost(y_true, y_pred, 1.0, 1.0), id="cost"),
]
OF_SCORES = [
    pytest.param(metrics.precision_recall_curve, id="precision_recall_curve"),
    pytest.param(metrics.best_f1_threshold, id="best_f1_threshold"),
]


# Metrics


@pytest.mark.parametrize("function", OF_LABELS)
@pytest.mark.parametrize(("bad", "error", "says"), BAD_LABELS)
def test_labels_are_zero_or_one(function, bad, error, says):
    """Each metric refuses labels that are no integers 0 and 1, on either side."""
    with pytest.raises(error, match=f"^y_true{says}"):
        function(bad, Y)
    with pytest.raises(error, match=f"^y_pred{says}"):
        function(Y, bad)


@pytest.mark.parametrize("function", OF_LABELS)
def test_labels_are_equally_many(function):
    """Each metric refuses a prediction of another length."""
    with pytest.raises(ValueError, match=r"^y_true has 3 entries and y_pred 2; expected equally many"):
        function(Y, Y[:2])


@pytest.mark.parametrize("function", OF_SCORES)
@pytest.mark.parametrize(("bad", "error", "says"), BAD_SCORES)
def test_scores_are_finite_numbers(function, bad, error, says):
    """Each function of scores refuses what is no finite float per sample."""
    with pytest.raises(error, match=f"^scores{says}"):
        function(Y, bad)


@pytest.mark.parametrize("function", OF_SCORES)
@pytest.mark.parametrize(("bad", "error", "says"), BAD_LABELS)
def test_scored_labels_are_zero_or_one(function, bad, error, says):
    """Each function of scores refuses labels that are no integers 0 and 1."""
    with pytest.raises(error, match=f"^y_true{says}"):
        function(bad, SCORES)


@pytest.mark.parametrize("function", OF_SCORES)
def test_scores_and_labels_are_equally_many(function):
    """Each function of scores refuses another number of labels."""
    with pytest.raises(ValueError, match=r"^y_true has 2 entries and scores 3; expected equally many"):
        function(Y[:2], SCORES)


@pytest.mark.parametrize(("bad", "error", "says"), BAD_SCORES)
def test_classified_scores_are_finite_numbers(bad, error, says):
    """Classifying refuses what is no finite float per sample."""
    with pytest.raises(error, match=f"^scores{says}"):
        metrics.classify(bad, 0.5)


def test_a_threshold_is_a_number():
    """No score is at least NaN, so that it is refused as a threshold."""
    with pytest.raises(ValueError, match=r"^threshold is nan; expected a number"):
        metrics.classify(SCORES, NAN)


@pytest.mark.parametrize("price", [-1.0, NAN, INF])
@pytest.mark.parametrize("name", ["false_positive_cost", "false_negative_cost"])
def test_costs_are_finite_and_not_negative(name, price):
    """A price below zero, or none at all, is refused."""
    prices = {"false_positive_cost": 1.0, "false_negative_cost": 1.0, name: price}
    with pytest.raises(ValueError, match=f"^{name} is {price}; expected a finite number, 0 or more"):
        metrics.cost(Y, Y, **prices)


# One-hot vectors


@pytest.mark.parametrize(
    ("tokens", "vocabulary", "error", "says"),
    [
        pytest.param(["a", "c"], ["a", "b"], ValueError, r"tokens\[1\] is 'c'; expected one of the .* 2", id="unknown"),
        pytest.param(["a"], [], ValueError, r"tokens\[0\] is 'a'; expected one of the .* 0 tokens", id="no vocabulary"),
        pytest.param(
            ["a"],
            ["b", "a", "b"],
            ValueError,
            r"vocabulary\[2\] is 'b', as is entry 0; expected distinct",
            id="repeated",
        ),
        pytest.param("ab", ["a", "b"], TypeError, "tokens is 'ab'; expected a list of strings", id="text for tokens"),
        pytest.param(
            ["a"], "ab", TypeError, "vocabulary is 'ab'; expected a list of strings", id="text for vocabulary"
        ),
        pytest.param(["a", 1], ["a"], TypeError, r"tokens\[1\] is 1; expected a string", id="number among tokens"),
        pytest.param(
            ["a"], ["a", None], TypeError, r"vocabulary\[1\] is None; expected a string", id="None for a token"
        ),
    ],
)
def test_one_hot_takes_tokens_of_the_vocabulary(tokens, vocabulary, error, says):
    """What is no list of known, distinct tokens is refused."""
    with pytest.raises(error, match=f"^{says}"):
        one_hot.one_hot(tokens, vocabulary)


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        pytest.param("ab", "tokens is 'ab'; expected a list of strings", id="text"),
        pytest.param(("a", "b"), r"tokens is \('a', 'b'\); expected a list of strings", id="tuple"),
        pytest.param(["a", 1], r"tokens\[1\] is 1; expected a string", id="number"),
    ],
)
def test_a_vocabulary_is_made_of_strings(tokens, says):
    """What is no list of strings has no vocabulary."""
    with pytest.raises(TypeError, match=f"^{says}"):
        one_hot.vocabulary(tokens)


# Skip-gram

TOKENS, SENTENCES = np.array([0, 1, 2, 1]), np.array([0, 0, 1, 1])
BAD_CORPORA = [
    pytest.param({"tokens": TOKENS / 1}, TypeError, "tokens is dtype float64; expected an array of int", id="floats"),
    pytest.param({"tokens": [0, 1]}, TypeError, r"tokens is \[0, 1\]; expected an array of integers", id="list"),
    pytest.param({"tokens": TOKENS[None, None]}, ValueError, r"tokens is shape \(1, 1, 4\); expected", id="axes"),
    pytest.param({"tokens": TOKENS[:0]}, ValueError, r"tokens is shape \(0,\); expected .*none empty", id="no text"),
    pytest.param({"tokens": TOKENS - 1}, ValueError, "tokens is -1 at least; expected words from 0", id="word -1"),
    pytest.param({"sentences": SENTENCES[:3]}, ValueError, r"sentences is shape \(3,\); expected shape", id="shorter"),
    pytest.param({"sentences": SENTENCES / 1}, TypeError, "sentences is dtype float64; expected", id="half sentences"),
    pytest.param({"sentences": SENTENCES[::-1]}, ValueError, r"sentences is .*; expected .* never fall", id="falling"),
    pytest.param({"window": 0}, ValueError, "window is 0; expected 1 or more", id="window 0"),
    pytest.param({"window": 1.5}, TypeError, "window is 1.5; expected a whole number", id="window 1.5"),
]


@pytest.mark.parametrize(("changes", "error", "says"), BAD_CORPORA)
def test_pairs_are_taken_from_a_corpus(changes, error, says):
    """What is no text of words in sentences has no pairs."""
    corpus = {"tokens": TOKENS, "sentences": SENTENCES, "window": 1} | changes
    with pytest.raises(error, match=f"^{says}"):
        pairs(**corpus)
    with pytest.raises(error, match=f"^{says}"):
        sample_pairs(**corpus, size=3, seed=0)


def test_pairs_are_drawn_where_there_are_some():
    """Nothing is drawn from a text in which every word stands alone; nor less than nothing."""
    with pytest.raises(ValueError, match=r"^sentences is \[0 1 2 3\]; expected two words in one of them"):
        sample_pairs(TOKENS, np.arange(4), 1, 3, 0)
    with pytest.raises(ValueError, match=r"^size is -1; expected 0 or more"):
        sample_pairs(TOKENS, SENTENCES, 1, -1, 0)


@pytest.mark.parametrize(
    ("counts", "power", "error", "says"),
    [
        pytest.param(np.array([1, -1]), 1.0, ValueError, r"counts is \[ 1 -1\]; expected none negative", id="negative"),
        pytest.param(np.array([0, 0]), 1.0, ValueError, r"counts is \[0 0\]; expected .*not all zero", id="no words"),
        pytest.param(np.array([0.5]), 1.0, TypeError, "counts is dtype float64; expected .*integers", id="shares"),
        pytest.param(np.array([1, 2]), NAN, ValueError, "power is nan; expected a finite number", id="power NaN"),
        pytest.param(np.array([1, 2]), -1.0, ValueError, "power is -1.0; expected .*0 or more", id="power -1"),
        pytest.param(np.array([1, 2]), "1", TypeError, "power is '1'; expected a number", id="text"),
    ],
)
def test_noise_takes_counts_and_a_power(counts, power, error, says):
    """What counts no words, and powers that give no distribution, are refused."""
    with pytest.raises(error, match=f"^{says}"):
        noise(counts, power)


def test_noise_of_a_large_power_is_finite():
    """Where a count to its power is no float64 any more, what is most frequent is all that is drawn."""
    assert noise(np.array([10, 1000, 0]), 200.0).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        pytest.param({"words": np.array([3])}, ValueError, r"words is 3 … 3; expected 0 … 2", id="unknown word"),
        pytest.param({"contexts": np.array([-1])}, ValueError, r"contexts is -1 … -1; expected 0 … 2", id="word -1"),
        pytest.param({"contexts": np.array([1, 2])}, ValueError, r"contexts is shape \(2,\); expected", id="two"),
        pytest.param(
            {"negatives": np.array([1, 2])}, ValueError, r"negatives is shape \(2,\); expected", id="one axis"
        ),
        pytest.param({"words": np.array([0.0])}, TypeError, "words is dtype float64; expected .*integers", id="floats"),
        pytest.param({"output_vectors": np.ones((3, 3))}, ValueError, r"output_vectors is shape \(3, 3\)", id="width"),
        pytest.param(
            {"input_vectors": np.full((3, 2), INF)}, ValueError, r"input_vectors\[0, 0\] is inf", id="infinite"
        ),
        pytest.param(
            {"output_vectors": np.full((3, 2), NAN)}, ValueError, r"output_vectors\[0, 0\] is nan", id="no number"
        ),
        pytest.param(
            {"input_vectors": np.ones(3)}, ValueError, r"input_vectors has .*expected the axes \(v, d\)$", id="flat"
        ),
        pytest.param(
            {"output_vectors": np.ones(3)}, ValueError, r"output_vectors has .*the axes \(v, d\)$", id="flat outputs"
        ),
    ],
)
def test_the_loss_takes_pairs_of_known_words(changes, error, says):
    """Words without vectors, and arrays that do not fit together, are refused."""
    arguments = {"input_vectors": np.ones((3, 2)), "output_vectors": np.ones((3, 2)), "words": np.array([0])}
    arguments |= {"contexts": np.array([1]), "negatives": np.array([[1, 2]])}
    with pytest.raises(error, match=f"^{says}"):
        loss_and_gradient(**arguments | changes)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        pytest.param({"vocabulary_size": 2}, ValueError, r"tokens is 0 … 2; expected 0 … 1", id="unknown word"),
        pytest.param({"vocabulary_size": 0}, ValueError, "vocabulary_size is 0; expected 1 or more", id="no words"),
        pytest.param({"dimensions": 0}, ValueError, "dimensions is 0; expected 1 or more", id="no dimensions"),
        pytest.param({"window": 0}, ValueError, "window is 0; expected 1 or more", id="no window"),
        pytest.param({"epochs": 1.0}, TypeError, "epochs is 1.0; expected a whole number", id="epochs 1.0"),
        pytest.param({"negatives": 0}, ValueError, "negatives is 0; expected 1 or more", id="no negatives"),
        pytest.param({"seeds": [1, 2]}, ValueError, r"tokens is shape \(1, 4\); expected shape \(2, 4\)", id="seeds"),
        pytest.param({"noise_power": INF}, ValueError, "power is inf; expected a finite number", id="power"),
        pytest.param({"device": "abacus"}, ValueError, "device is 'abacus'; expected one that torch", id="device"),
    ],
)
def test_skip_gram_takes_what_it_can_train_on(changes, error, says):
    """Choices that no vectors can be trained with are refused before any training."""
    choices = {"vocabulary_size": 3, "dimensions": 2, "window": 1, "negatives": 1, "noise_power": 0.75, "epochs": 1}
    with pytest.raises(error, match=f"^{says}"):
        train_skip_gram(TOKENS[None], SENTENCES[None], **choices | {"seeds": [1], "device": "cpu"} | changes)


@pytest.mark.parametrize("words", [1, 5], ids=["one word", "words that do not occur"])
def test_skip_gram_trains_on_little(words):
    """One word, none that occurs of some, and no epoch at all are enough; what is learned depends on the seed alone."""

    def trained(epochs):
        corpus = np.minimum(np.tile(TOKENS, (3, 1)), words - 1), np.tile(SENTENCES, (3, 1))
        choices = {"vocabulary_size": words, "dimensions": 2, "window": 1, "negatives": 2, "noise_power": 0.75}
        return train_skip_gram(*corpus, **choices, epochs=epochs, seeds=[1, 2, 1], device="cpu")

    before, after = trained(0), trained(2)  # the first step finds output vectors of zero, and leaves the input be
    for name in ("input", "output"):
        assert before[name].shape == after[name].shape == (3, words, 2)
        assert (before[name] != after[name]).any(axis=(1, 2)).all()
        np.testing.assert_array_equal(after[name][0], after[name][2])
        assert (after[name][0] != after[name][1]).any()
    assert before.keys() == {"input", "output"}


@pytest.mark.parametrize(
    ("words", "vectors", "error", "says"),
    [
        pytest.param(
            ["a b", "c"], np.ones((2, 1)), ValueError, r"words\[0\] is 'a b'; expected .* white space", id="two"
        ),
        pytest.param(["a", ""], np.ones((2, 1)), ValueError, r"words\[1\] is ''; expected a word", id="empty"),
        pytest.param(["a", "a"], np.ones((2, 1)), ValueError, r"words is .*; expected distinct words", id="repeated"),
        pytest.param(["a"], np.ones((2, 1)), ValueError, "words is 1 words; expected 2, one per vector", id="fewer"),
        pytest.param("ab", np.ones((2, 1)), TypeError, "words is 'ab'; expected a list of strings", id="text"),
        pytest.param(["a"], np.full((1, 1), 1e39), ValueError, "vectors is too large for float32", id="large"),
        pytest.param(["a"], np.ones(1), ValueError, r"vectors has shape \(1,\); expected the axes \(v, d\)", id="flat"),
    ],
)
def test_written_words_can_be_read_back(words, vectors, error, says):
    """What word2vec's text format cannot hold is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error, match=f"^{says}"):
            word2vec_text(words, vectors)


# Attention


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        pytest.param([(2, 3), (4, 5), (4, 6)], r"keys has shape \(4, 5\); expected \(.m., 3\)", id="another d"),
        pytest.param([(7, 2, 3), (4, 3), (4, 6)], r"keys has shape \(4, 3\); expected \(7, .m., 3\)", id="no batch"),
        pytest.param([(2, 3), (4, 3), (5, 6)], r"values has shape \(5, 6\); expected \(4, .dv.\)", id="another m"),
        pytest.param([(7, 2, 3), (7, 4, 3), (8, 4, 6)], r"values has shape \(8, 4, 6\); expected \(7, 4", id="batches"),
        pytest.param([(3,), (4, 3), (4, 6)], r"queries has shape \(3,\); expected at least two axes", id="one axis"),
        pytest.param(
            [(2, 0), (4, 0), (4, 6)], r"queries has shape \(2, 0\); expected .*none of them empty", id="d = 0"
        ),
        pytest.param([(2, 3), (4, 3), (4, 0)], r"values has shape \(4, 0\); expected .*none of them", id="dv = 0"),
        pytest.param([(2, 3), (0, 3), (0, 6)], r"keys has shape \(0, 3\); expected .*none of them empty", id="no keys"),
    ],
)
def test_attention_takes_fitting_shapes(shapes, says):
    """Queries, keys and values that do not fit together are refused."""
    with pytest.raises(ValueError, match=f"^{says}"):
        attention.attention(*(np.ones(shape) for shape in shapes))


@pytest.mark.parametrize("name", ["queries", "keys", "values"])
def test_attention_takes_finite_floats(name):
    """Each argument of attention is refused if it holds ints, or anything not finite."""
    arguments = {"queries": np.ones((2, 3)), "keys": np.ones((4, 3)), "values": np.ones((4, 3))}
    with pytest.raises(TypeError, match=f"^{name} has dtype int64; expected floating-point numbers"):
        attention.attention(**arguments | {name: arguments[name].astype(int)})
    arguments[name][1, 2] = NAN
    with pytest.raises(ValueError, match=rf"^{name}\[1, 2\] is nan; expected finite numbers"):
        attention.attention(**arguments)


# Convolution


@pytest.mark.parametrize(
    ("images", "filters", "stride", "error", "says"),
    [
        pytest.param(
            (1, 2, 5, 5), (3, 2, 6, 2), 1, ValueError, r"filters have size \(6, 2\); .*\(5, 5\)", id="too high"
        ),
        pytest.param(
            (1, 2, 5, 5), (3, 2, 2, 6), 1, ValueError, r"filters have size \(2, 6\); .*\(5, 5\)", id="too wide"
        ),
        pytest.param(
            (1, 2, 5, 5), (3, 2, 0, 2), 1, ValueError, r"filters have size \(0, 2\); expected 1", id="no filter"
        ),
        pytest.param((1, 2, 5, 5), (3, 1, 2, 2), 1, ValueError, "filters have 1 input.* expected .* 2", id="channels"),
        pytest.param(
            (2, 5, 5), (3, 2, 2, 2), 1, ValueError, r"images has shape .*; expected the axes \(b, c", id="images"
        ),
        pytest.param(
            (1, 2, 5, 5), (2, 2), 1, ValueError, r"filters has shape .*; expected the axes \(o, c", id="filters"
        ),
        pytest.param((1, 2, 5, 5), (3, 2, 2, 2), 0, ValueError, "stride is 0; expected 1 or more", id="stride 0"),
        pytest.param((1, 2, 5, 5), (3, 2, 2, 2), -1, ValueError, "stride is -1; expected 1 or more", id="stride -1"),
        pytest.param((1, 2, 5, 5), (3, 2, 2, 2), 1.5, TypeError, "stride is 1.5; expected an integer", id="stride 1.5"),
        pytest.param((1, 2, 5, 5), (3, 2, 2, 2), True, TypeError, "stride is True; expected an integer", id="a bool"),
    ],
)
def test_convolution_takes_filters_that_fit(images, filters, stride, error, says):
    """Filters that do not fit the images, and strides that go nowhere, are refused."""
    with pytest.raises(error, match=f"^{says}"):
        convolution.convolution(np.ones(images), np.ones(filters), stride)


@pytest.mark.parametrize("name", ["images", "filters"])
def test_convolution_takes_finite_floats(name):
    """Images and filters are refused if they hold ints, or anything not finite."""
    arguments = {"images": np.ones((1, 2, 5, 5)), "filters": np.ones((3, 2, 2, 2))}
    with pytest.raises(TypeError, match=f"^{name} has dtype int64; expected floating-point numbers"):
        convolution.convolution(**arguments | {name: arguments[name].astype(int)}, stride=1)
    arguments[name][0, 1, 0, 1] = INF
    with pytest.raises(ValueError, match=rf"^{name}\[0, 1, 0, 1\] is inf; expected finite numbers"):
        convolution.convolution(**arguments, stride=1)


@pytest.mark.parametrize(
    ("images", "error", "says"),
    [
        pytest.param(
            np.ones((5, 5)), ValueError, r"images has shape \(5, 5\); expected the axes \(b, h, w\)", id="one"
        ),
        pytest.param(np.ones((1, 2, 5)), ValueError, r"filters have size \(3, 3\); expected 1 to \(2, 5\)", id="small"),
        pytest.param(np.ones((1, 5, 5), dtype=int), TypeError, "images has dtype int64; expected floating", id="ints"),
    ],
)
def test_edges_need_images(images, error, says):
    """Edges are found in batches of images of at least 3 × 3 pixels."""
    with pytest.raises(error, match=f"^{says}"):
        convolution.edge_magnitude(images)


# The GAN's value


@pytest.mark.parametrize("name", ["real", "fake"])
@pytest.mark.parametrize(
    ("bad", "error", "says"),
    [
        pytest.param(np.array([0.5, 0.0]), ValueError, r"\[1\] is 0.0; expected probabilities strictly", id="zero"),
        pytest.param(np.array([1.0, 0.5]), ValueError, r"\[0\] is 1.0; expected probabilities strictly", id="one"),
        pytest.param(np.array([0.5, -0.1]), ValueError, r"\[1\] is -0.1; expected probabilities", id="negative"),
        pytest.param(np.array([0.5, NAN]), ValueError, r"\[1\] is nan; expected finite numbers", id="NaN"),
        pytest.param(np.zeros(0), ValueError, r" has shape \(0,\); expected one axis with at least one", id="empty"),
        pytest.param(np.array([[0.5]]), ValueError, r" has shape \(1, 1\); expected one axis", id="two axes"),
        pytest.param(np.array([0, 1]), TypeError, " has dtype int64; expected floating-point", id="ints"),
    ],
)
def test_the_game_is_played_with_probabilities(name, bad, error, says):
    """Outputs of the discriminator lie strictly between 0 and 1."""
    with pytest.raises(error, match=f"^{name}{says}"):
        gan.value(**{"real": HALF, "fake": HALF, name: bad})
    with pytest.raises(error, match=f"^{name}{says}"):
        gan.discriminator_loss(**{"real": HALF, "fake": HALF, name: bad})
    with pytest.raises(error, match=f"^fake{says}"):
        gan.generator_loss(bad, saturating=False)


@pytest.mark.parametrize("name", ["real", "fake"])
@pytest.mark.parametrize(
    ("weights", "error", "says"),
    [
        pytest.param(np.array([0.5, 0.4]), ValueError, "{name}_weights sum to 0.9; expected 1", id="sum below one"),
        pytest.param(
            np.array([1.5, -0.5]), ValueError, r"{name}_weights\[1\] is -0.5; expected .* 0 or", id="negative"
        ),
        pytest.param(np.array([1.0]), ValueError, "{name} has 2 entries and {name}_weights 1; expected", id="too few"),
        pytest.param(np.array([NAN, 1.0]), ValueError, r"{name}_weights\[0\] is nan; expected finite", id="NaN"),
        pytest.param(np.array([0, 1]), TypeError, "{name}_weights has dtype int64; expected floating", id="ints"),
    ],
)
def test_weights_are_a_distribution(name, weights, error, says):
    """Weights are one per sample, none negative, and sum to 1."""
    with pytest.raises(error, match="^" + says.replace("{name}", name)):
        gan.value(HALF, HALF, **{f"{name}_weights": weights})


# Classifiers

IMAGES = np.random.default_rng(0).random((2, 6, 1, 8, 8))
LABELS = np.tile([0, 1, 2], (2, 2))
TRAINING = {
    "architecture": "attention",
    "patch_size": 4,
    "positions": True,
    "classes": 3,
    "parameter_budget": 4000,
    "steps": 0,
    "batch_size": 4,
    "seeds": [1, 2],
    "device": "cpu",
}


def train(images=IMAGES, labels=LABELS, **changes):
    """Two untrained encoders of 4000 parameters, but for the changes."""
    return classifiers.train_classifiers(images, labels, **TRAINING | changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param(
            {"architecture": "mlp"}, "architecture is 'mlp'; expected 'convolution' or 'attention'", id="unknown"
        ),
        pytest.param(
            {"patch_size": 3}, "patch_size is 3; expected a divisor of the height 8", id="patch does not divide"
        ),
        pytest.param({"patch_size": 0}, "patch_size is 0; expected 1 or more", id="no patch"),
        pytest.param({"classes": 1}, "classes is 1; expected 2 or more", id="one class"),
        pytest.param({"classes": 2}, "labels is 0 … 2; expected 0 … 1", id="label too large"),
        pytest.param({"labels": LABELS - 1}, "labels is -1 … 1; expected 0 … 2", id="label negative"),
        pytest.param({"labels": LABELS[:, :5]}, r"labels is shape \(2, 5\); expected shape \(2, 6\)", id="few labels"),
        pytest.param({"labels": LABELS[0]}, r"labels is shape \(6,\); expected shape \(2, 6\)", id="shared labels"),
        pytest.param(
            {"images": IMAGES[0]}, r"images is shape \(6, 1, 8, 8\); expected .* 2 replicates", id="no replicates"
        ),
        pytest.param({"images": IMAGES[:1]}, "images is shape .*; expected .* 2 replicates", id="few images"),
        pytest.param({"images": IMAGES[:, :0]}, "images is shape .*; expected shape", id="no images"),
        pytest.param({"images": IMAGES * NAN}, "images is not finite everywhere; expected finite", id="NaN pixels"),
        pytest.param({"seeds": []}, r"seeds is \[\]; expected one per replicate", id="no seeds"),
        pytest.param({"seeds": [1, 2, 3]}, "images is shape .*; expected .* 3 replicates", id="more seeds than images"),
        pytest.param({"steps": -1}, "steps is -1; expected 0 or more", id="negative steps"),
        pytest.param({"batch_size": 0}, "batch_size is 0; expected 1 or more", id="empty batches"),
        pytest.param(
            {"parameter_budget": 10},
            "parameter_budget is 10; expected one that a network uses to 95 %",
            id="impossible budget",
        ),
        pytest.param(
            {"parameter_budget": 10, "architecture": "convolution"},
            "parameter_budget is 10; expected one that a network uses to 95 %",
            id="impossible budget of convolution",
        ),
        pytest.param(
            {"images": IMAGES[..., :3], "architecture": "convolution"},
            "images is 8 × 3 pixels; expected 4 × 4 or more",
            id="too narrow to pool",
        ),
        pytest.param({"seeds": [1, -2]}, r"seeds\[1\] is -2; expected 0 or more", id="negative seed"),
        pytest.param({"positions": "no"}, "positions is 'no'; expected True or False", id="positions"),
        pytest.param({"device": "abacus"}, "device is 'abacus'; expected one that torch can use", id="unknown device"),
        pytest.param(
            {"device": "meta"}, "device is 'meta'; expected one that torch can use", id="device of no numbers"
        ),
        pytest.param({"device": None}, "device is None; expected one that torch can use", id="no device"),
    ],
)
def test_training_takes_what_it_can_train_on(changes, says):
    """Data and choices that no network can be trained with are refused before any training."""
    with pytest.raises(ValueError, match=f"^{says}"):
        train(**changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"labels": LABELS.astype(float)}, "labels is dtype float64; expected .* integers", id="labels"),
        pytest.param({"labels": LABELS.tolist()}, r"labels is \[\[0.*; expected .* integers", id="list of labels"),
        pytest.param({"images": IMAGES.astype(int)}, "images is dtype int64; expected .* floating-point", id="pixels"),
        pytest.param({"images": None}, "images is None; expected .* floating-point", id="no array"),
        pytest.param({"steps": 1.0}, "steps is 1.0; expected a whole number", id="steps"),
        pytest.param({"patch_size": True}, "patch_size is True; expected a whole number", id="patch_size"),
        pytest.param({"parameter_budget": "4000"}, "parameter_budget is '4000'; expected a whole", id="budget"),
        pytest.param({"seeds": (1, 2)}, r"seeds is \(1, 2\); expected a list of whole numbers", id="tuple of seeds"),
        pytest.param({"seeds": [1, "2"]}, r"seeds\[1\] is '2'; expected a whole number", id="text as seed"),
    ],
)
def test_training_takes_arguments_of_their_types(changes, says):
    """An argument of another type is refused by name."""
    with pytest.raises(TypeError, match=f"^{says}"):
        train(**changes)


@pytest.mark.parametrize(
    ("attend", "says"),
    [
        pytest.param(np.ones((3, 4), dtype=bool), r"expected bool, of shape \(4, 4\), with a True", id="shape"),
        pytest.param(np.ones((4, 4)), "expected bool", id="floats"),
        pytest.param(np.eye(4, dtype=bool) & [[True], [True], [True], [False]], "with a True in each row", id="blind"),
    ],
)
def test_every_patch_attends_to_some_patch(attend, says):
    """A cut of attention is square, of bools, and leaves each patch something to see."""
    with pytest.raises(ValueError, match=rf"(?s)^attend is \[\[.*\]\]; .*{says}"):
        train().logits(IMAGES, attend)


@pytest.mark.parametrize("method", ["logits", "features", "attention_layers"])
@pytest.mark.parametrize(
    "shape",
    [
        pytest.param((3, 5, 1, 8, 8), id="replicates"),
        pytest.param((2, 5, 3, 8, 8), id="channels"),
        pytest.param((2, 5, 1, 4, 8), id="height"),
        pytest.param((2, 1, 8, 8), id="axes"),
    ],
)
def test_trained_classifiers_see_images_of_their_size(method, shape):
    """Images of another shape than those trained on are refused."""
    with pytest.raises(ValueError, match=r"^images is shape \(.*\); expected .*replicates, n, "):
        getattr(train(), method)(np.ones(shape))


def test_trained_classifiers_see_finite_images():
    """Images with a pixel that is no number are refused."""
    with pytest.raises(ValueError, match=r"^images is not finite everywhere; expected finite pixels"):
        train().logits(IMAGES * NAN)


@pytest.mark.parametrize("name", ["attend", "attention_layers"])
def test_a_convolutional_network_has_no_attention(name):
    """Asking a convolutional network about attention is refused."""
    trained = train(architecture="convolution")
    with pytest.raises(ValueError, match=f"^{name} is asked of a convolutional network; expected one of attention"):
        trained.logits(IMAGES, np.eye(4, dtype=bool)) if name == "attend" else trained.attention_layers(IMAGES)


def test_parameters_are_replaced_by_parameters_alike():
    """Other names or shapes are refused, and leave the network as it was."""
    trained = train()
    before, name = trained.parameters(), "head.bias"
    with pytest.raises(ValueError, match=r"^parameters is \['head.bias'\]; expected \['embedding.weight'"):
        trained.set_parameters({name: before[name]})
    with pytest.raises(ValueError, match=r"^parameters\['head.bias'\] is shape \(2, 4\); expected shape \(2, 3\)"):
        trained.set_parameters(before | {"head.weight": before["head.weight"] + 1, name: np.zeros((2, 4))})
    with pytest.raises(ValueError, match=r"^parameters\['head.bias'\]\[0, 0\] is nan; expected finite numbers"):
        trained.set_parameters(before | {name: before[name] * NAN})
    np.testing.assert_equal(trained.parameters(), before)


# Rotation

PICTURES = np.random.default_rng(0).random((2, 6, 1, 8, 8))
BUDGET = {"parameter_budget": 3000, "steps": 0, "batch_size": 4, "seeds": [1, 2], "device": "cpu"}
FINE_TUNING = BUDGET | {"encoder": None, "classes": 3, "test_images": PICTURES, "checkpoints": [0]}
ENCODER = rotation.pretrain(PICTURES, shuffled=False, **BUDGET).encoder()
WEIGHT = "convolution0.weight"


def pretrain(images=PICTURES, **changes):
    """Two untrained networks for quarter turns, but for the changes."""
    return rotation.pretrain(images, **{"shuffled": False} | BUDGET | changes)


def fine_tune(images=PICTURES, labels=LABELS, **changes):
    """Two untrained classifiers, but for the changes."""
    return rotation.fine_tune(images, labels, **FINE_TUNING | changes)


@pytest.mark.parametrize(
    ("images", "turns", "error", "says"),
    [
        pytest.param(PICTURES[0], np.full(6, 4), ValueError, r"quarter_turns is 4 … 4; expected 0 … 3", id="four"),
        pytest.param(PICTURES[0], np.full(6, -1), ValueError, r"quarter_turns is -1 … -1; expected 0 … 3", id="back"),
        pytest.param(PICTURES[0], np.zeros(5, int), ValueError, r"quarter_turns is shape \(5,\); .* \(6,\)", id="few"),
        pytest.param(PICTURES[0], np.zeros(6), TypeError, "quarter_turns is dtype float64; .* integers", id="floats"),
        pytest.param(PICTURES[0, ..., :7], np.zeros(6, int), ValueError, "images is shape .*; .* square", id="oblong"),
        pytest.param(PICTURES[0, :0], np.zeros(0, int), ValueError, "images is shape .*; .* at least one", id="none"),
        pytest.param(PICTURES, np.zeros(2, int), ValueError, r"images has shape .* \(n, c, side, side\)", id="axes"),
        pytest.param(PICTURES[0] * NAN, np.zeros(6, int), ValueError, r"images\[0, 0, 0, 0\] is nan", id="NaN"),
        pytest.param(PICTURES[0].astype(int), np.zeros(6, int), TypeError, "images has dtype int64", id="integers"),
    ],
)
def test_square_images_turn_by_quarters(images, turns, error, says):
    """What is no square image, or no number of quarter turns from 0 to 3, is refused."""
    with pytest.raises(error, match=f"^{says}"):
        rotation.rotate(images, turns)


@pytest.mark.parametrize("train_rotation", [pretrain, fine_tune])
@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        pytest.param({"steps": -1}, ValueError, "steps is -1; expected 0 or more", id="negative steps"),
        pytest.param({"steps": 1.0}, TypeError, "steps is 1.0; expected a whole number", id="steps"),
        pytest.param({"batch_size": 0}, ValueError, "batch_size is 0; expected 1 or more", id="empty batches"),
        pytest.param({"seeds": (1, 2)}, TypeError, r"seeds is \(1, 2\); expected a list", id="tuple of seeds"),
        pytest.param({"seeds": [1]}, ValueError, "images is shape .*; expected .* 1 replicates", id="few seeds"),
        pytest.param({"images": PICTURES[0]}, ValueError, "images is shape .*; .* 2 replicates", id="no replicates"),
        pytest.param({"images": PICTURES[..., :7]}, ValueError, "images is 8 × 7 pixels; .* square", id="oblong"),
        pytest.param({"images": PICTURES[..., :3, :3]}, ValueError, "images is 3 × 3 pixels; .* 4 × 4", id="tiny"),
        pytest.param({"parameter_budget": 10}, ValueError, "parameter_budget is 10; .* to 90 %", id="small budget"),
        pytest.param({"device": "abacus"}, ValueError, "device is 'abacus'; expected one that torch", id="device"),
    ],
)
def test_rotation_trains_on_what_it_can(train_rotation, changes, error, says):
    """Data and choices that no encoder can be trained with are refused before any training."""
    with pytest.raises(error, match=f"^{says}"):
        train_rotation(**changes)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        pytest.param({"labels": LABELS + 1}, ValueError, "labels is 1 … 3; expected 0 … 2", id="label too large"),
        pytest.param({"labels": LABELS[:, :5]}, ValueError, r"labels is shape \(2, 5\); .* \(2, 6\)", id="few labels"),
        pytest.param({"classes": 1}, ValueError, "classes is 1; expected 2 or more", id="one class"),
        pytest.param({"checkpoints": []}, ValueError, r"checkpoints is \[\]; expected one or more", id="no checkpoint"),
        pytest.param({"checkpoints": [0, 1]}, ValueError, r"checkpoints is \[0, 1\]; .* at most 0", id="too late"),
        pytest.param({"checkpoints": [0, 0]}, ValueError, r"checkpoints is \[0, 0\]; .* ascending", id="twice"),
        pytest.param({"checkpoints": [-1]}, ValueError, r"checkpoints\[0\] is -1; expected 0 or more", id="before"),
        pytest.param({"checkpoints": 0}, TypeError, "checkpoints is 0; expected a list", id="a number"),
        pytest.param({"test_images": PICTURES[:1]}, ValueError, "test_images is shape .* 2 replicates", id="tests"),
        pytest.param({"test_images": PICTURES[..., :4, :4]}, ValueError, "test_images is shape .* 8, 8", id="size"),
        pytest.param(
            {"encoder": {}}, ValueError, r"encoder is \[\]; expected \['convolution0.weight'", id="no weights"
        ),
        pytest.param({"encoder": [1]}, TypeError, r"encoder is \[1\]; expected weights by name", id="a list"),
        pytest.param(
            {"encoder": ENCODER | {WEIGHT: ENCODER[WEIGHT][:1]}},
            ValueError,
            r"encoder\['convolution0.weight'\] is shape \(1, 8, 1, 3, 3\); expected shape \(2, 8, 1, 3, 3\)",
            id="weights of one replicate",
        ),
        pytest.param(
            {"encoder": ENCODER | {WEIGHT: ENCODER[WEIGHT] * NAN}},
            ValueError,
            r"encoder\['convolution0.weight'\]\[0, 0, 0, 0, 0\] is nan",
            id="weights that are no numbers",
        ),
    ],
)
def test_fine_tuning_takes_what_it_can_start_from(changes, error, says):
    """Labels, checkpoints and weights that do not fit are refused."""
    with pytest.raises(error, match=f"^{says}"):
        fine_tune(**changes)


def test_rotations_are_shuffled_or_not():
    """A `shuffled` that is no bool is refused."""
    with pytest.raises(ValueError, match=r"^shuffled is 'no'; expected True or False"):
        pretrain(shuffled="no")


@pytest.mark.parametrize("method", ["logits", "features"])
@pytest.mark.parametrize("networks", [pretrain, fine_tune])
def test_networks_see_images_of_their_size(networks, method):
    """Images of another shape than those trained on are refused."""
    with pytest.raises(ValueError, match=r"^images is shape \(.*\); expected images of shape \(1, 8, 8\)"):
        getattr(networks(), method)(np.ones((2, 5, 1, 4, 4)))


# Architecture search

COUNTS = np.array([2, 3])
ACTIONS = np.array([[[0, 2], [1, 1]]])
DIGITS = np.random.default_rng(0).random((6, 4))
DIGIT_LABELS = np.array([0, 1, 2, 0, 1, 2])
SHAPES = [{"widths": [3, 2], "activation": "relu"}, {"widths": [2], "activation": "tanh"}]
NETWORKS = {"architectures": SHAPES, "classes": 3, "steps": 1, "batch_size": 2, "seeds": [1, 2], "device": "cpu"}


def networks(inputs=DIGITS, labels=DIGIT_LABELS, **changes):
    """Two small perceptrons, but for the changes."""
    return search.train_architectures(inputs, labels, **NETWORKS | changes)


@pytest.mark.parametrize(
    ("space", "says"),
    [
        pytest.param({}, r"hyperparameters is \{\}; expected at least one", id="nothing to choose"),
        pytest.param({"depth": []}, r"hyperparameters\['depth'\] is \[\]; expected at least one option", id="none"),
        pytest.param({"depth": 2}, r"hyperparameters\['depth'\] is 2; expected a list of options", id="no list"),
        pytest.param({"depth": [1, 1]}, r"hyperparameters\['depth'\]\[1\] is 1; expected no option twice", id="twice"),
        pytest.param({"depth": [None]}, r"hyperparameters\['depth'\]\[0\] is None; expected a number", id="None"),
        pytest.param({"x": np.ones((8, 8))}, r"hyperparameters\['x'\] is an array .*\(8, 8\); .*data", id="image"),
        pytest.param({"x": [np.ones(2)]}, r"hyperparameters\['x'\]\[0\] is a ndarray; .*data", id="images"),
        pytest.param({"x": [[1, 2]]}, r"hyperparameters\['x'\]\[0\] is a list; .*data", id="rows of pixels"),
    ],
)
def test_a_space_is_made_of_options(space, says):
    """What offers no numbers or words to choose from is no space."""
    with pytest.raises(ValueError, match=f"^{says}"):
        search.choices(space)


@pytest.mark.parametrize(
    ("actions", "error", "says"),
    [
        pytest.param(np.array([[0, 3]]), ValueError, "actions holds 3 for token 1; expected 0 … 2", id="outside"),
        pytest.param(np.array([[-1, 0]]), ValueError, "actions holds -1 for token 0; expected 0 … 1", id="negative"),
        pytest.param(np.array([[0]]), ValueError, r"actions is shape \(1, 1, 1\); expected .* 2 token", id="too few"),
        pytest.param(np.array([[0.0, 1.0]]), TypeError, "actions is array.*; expected an array of int", id="floats"),
    ],
)
def test_actions_are_tokens_of_the_space(actions, error, says):
    """Tokens that choose no option are refused, by decoding and by both controllers."""
    with pytest.raises(error, match=f"^{says}"):
        search.decode({"depth": [1, 2], "width": [4, 8, 16]}, actions)
    if actions.shape[-1] == 2:
        for controller in (
            search.reinforce(COUNTS, seeds=[1], device="cpu"),
            search.meta_qnn(COUNTS, trials=4, seeds=[1], device="cpu"),
        ):
            with pytest.raises(error, match=f"^{says}"):
                controller.update(actions[None], np.ones((1, 1)))


@pytest.mark.parametrize(
    ("rewards", "error", "says"),
    [
        pytest.param(np.ones((1, 3)), ValueError, r"rewards is shape \(1, 3\); expected shape \(1, 2\)", id="too many"),
        pytest.param(np.array([[1.0, NAN]]), ValueError, r"rewards\[0, 1\] is nan; expected finite", id="NaN"),
        pytest.param(np.array([[1, 0]]), TypeError, "rewards has dtype int64; expected floating-point", id="ints"),
    ],
)
def test_rewards_are_finite_and_one_per_action(rewards, error, says):
    """Both controllers refuse rewards that do not fit the actions, and stay as they were."""
    policy = search.reinforce(COUNTS, seeds=[1], device="cpu")
    learner = search.meta_qnn(COUNTS, trials=4, seeds=[1], device="cpu")
    for controller in (policy, learner):
        with pytest.raises(error, match=f"^{says}"):
            controller.update(ACTIONS, rewards)
    assert not any(value.any() for value in policy.parameters().values())
    assert not learner.q_values().any()
    assert learner.epsilon() == 1


@pytest.mark.parametrize(
    ("counts", "error", "says"),
    [
        pytest.param(np.array([2, 0]), ValueError, r"choices is \[2 0\]; expected at least one option", id="no option"),
        pytest.param(np.array([], dtype=int), ValueError, r"choices is shape \(0,\); expected one axis", id="no token"),
        pytest.param([2, 3], TypeError, r"choices is \[2, 3\]; expected an array of integers", id="list"),
    ],
)
def test_controllers_choose_among_options(counts, error, says):
    """Controllers are refused what is no number of options per token."""
    with pytest.raises(error, match=f"^{says}"):
        search.reinforce(counts, seeds=[1], device="cpu")
    with pytest.raises(error, match=f"^{says}"):
        search.meta_qnn(counts, trials=4, seeds=[1], device="cpu")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"q_values": np.zeros((2, 1, 3))}, r"q_values is shape \(2, 1, 3\); expected \(2, 2, 3\)", id="q"),
        pytest.param({"action": np.array([0, 3])}, "action holds 3 for token 1; expected 0 … 2", id="action"),
        pytest.param({"learning_rate": 1.5}, "learning_rate is 1.5; expected 0 … 1", id="rate"),
    ],
)
def test_a_q_update_needs_a_table_of_its_space(changes, says):
    """A table too small, an action outside it and a learning rate above one are refused."""
    fits = {"q_values": np.zeros((2, 2, 3)), "choices": COUNTS, "action": np.array([1, 2]), "reward": 1.0}
    with pytest.raises(ValueError, match=f"^{says}"):
        search.q_update(**fits | {"learning_rate": 0.5} | changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"architectures": [], "seeds": [1]}, r"architectures is \[\]; expected at least one", id="none"),
        pytest.param({"seeds": [1]}, r"seeds is \[1\]; expected one per architecture, 2", id="too few seeds"),
        pytest.param(
            {"architectures": [{"widths": [], "activation": "relu"}] * 2},
            r"architectures\[0\]\['widths'\] is \[\]; expected at least one hidden layer",
            id="no hidden layer",
        ),
        pytest.param(
            {"architectures": [{"widths": [0], "activation": "relu"}] * 2},
            r"architectures\[0\]\['widths'\]\[0\] is 0; expected 1 or more",
            id="no unit",
        ),
        pytest.param(
            {"architectures": [{"widths": [2], "activation": "sine"}] * 2},
            r"architectures\[0\]\['activation'\] is 'sine'; expected 'relu', 'tanh', 'sigmoid'",
            id="unknown activation",
        ),
        pytest.param({"inputs": DIGITS[:, 0]}, r"inputs has shape \(6,\); expected the axes \(n, features", id="axes"),
        pytest.param({"inputs": DIGITS * NAN}, r"inputs\[0, 0\] is nan; expected finite numbers", id="NaN"),
        pytest.param({"labels": DIGIT_LABELS + 1}, "labels is 1 … 3; expected 0 … 2", id="label"),
        pytest.param({"labels": DIGIT_LABELS[1:]}, r"labels is shape \(5,\); expected shape \(6,\)", id="lengths"),
        pytest.param({"device": "abacus"}, "device is 'abacus'; expected one that torch can use", id="device"),
    ],
)
def test_architectures_are_trained_on_what_fits(changes, says):
    """Architectures that cannot be built, and data that no network learns from, are refused."""
    with pytest.raises(ValueError, match=f"^{says}"):
        networks(**changes)


def test_trained_architectures_see_inputs_of_their_size():
    """Inputs with other features are refused, and so is a network that was not asked for."""
    trained = networks()
    with pytest.raises(ValueError, match=r"^inputs is shape \(6, 3\); expected \(m, 4\)"):
        trained.logits(DIGITS[:, :3])
    with pytest.raises(ValueError, match=r"^index is 2; expected 0 … 1"):
        trained.layers(2)


@pytest.mark.parametrize(
    ("baseline", "says"),
    [
        pytest.param(np.array([NAN]), r"baseline\[0\] is nan; expected finite numbers", id="NaN"),
        pytest.param(np.ones(2), r"baseline is shape \(2,\); expected shape \(1,\)", id="one too many"),
    ],
)
def test_a_gradient_takes_a_baseline_per_policy(baseline, says):
    """What is compared with rewards is one finite number per policy."""
    with pytest.raises(ValueError, match=f"^{says}"):
        search.reinforce(COUNTS, seeds=[1], device="cpu").policy_gradient(ACTIONS, np.ones((1, 2)), baseline)


def test_a_policy_is_replaced_by_one_alike():
    """Parameters of other names or shapes are refused, and leave the policy as it was."""
    policy = search.reinforce(COUNTS, seeds=[1], device="cpu")
    before = policy.parameters()
    with pytest.raises(ValueError, match=r"^parameters is \['token0'\]; expected \['token0', 'token1'\]"):
        policy.set_parameters({"token0": before["token0"]})
    with pytest.raises(ValueError, match=r"^parameters\['token1'\] is shape \(1, 3\); expected shape \(1, 3, 3\)"):
        policy.set_parameters(before | {"token0": before["token0"] + 1, "token1": np.zeros((1, 3))})
    np.testing.assert_equal(policy.parameters(), before)


# Adversarial training

POINTS = np.zeros((2, 5, 3), dtype=np.float32)


def untrained_gans(**changes):
    """Two small networks, with some arguments changed."""
    arguments = {
        "latent_dimensions": 2,
        "saturating": True,
        "hidden": 4,
        "learning_rate": 1e-3,
        "batch_size": 2,
        "seeds": [0, 1],
        "device": "cpu",
    } | changes
    return gan.gans(arguments.pop("data", POINTS), **arguments)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        pytest.param({"latent_dimensions": 0}, ValueError, "latent_dimensions is 0; expected 1 or more", id="latent"),
        pytest.param({"hidden": 4.0}, TypeError, "hidden is 4.0; expected a whole number", id="hidden"),
        pytest.param({"batch_size": 0}, ValueError, "batch_size is 0; expected 1 or more", id="batch"),
        pytest.param({"saturating": 1}, ValueError, "saturating is 1; expected True or False", id="saturating"),
        pytest.param({"learning_rate": -0.1}, ValueError, "learning_rate is -0.1; expected a finite number", id="rate"),
        pytest.param({"learning_rate": NAN}, ValueError, "learning_rate is nan; expected a finite", id="no rate"),
        pytest.param({"seeds": [0]}, ValueError, r"data is shape \(2, 5, 3\); expected .* 1 replicates", id="seeds"),
        pytest.param({"data": POINTS[0]}, ValueError, r"data has shape \(5, 3\); expected the axes", id="axes"),
        pytest.param({"data": POINTS + NAN}, ValueError, r"data\[0, 0, 0\] is nan; expected finite", id="data"),
        pytest.param({"data": POINTS[:, :0]}, ValueError, r"data is shape \(2, 0, 3\); expected", id="no data"),
        pytest.param({"device": "gpu"}, ValueError, "device is 'gpu'; expected one that torch can use", id="device"),
    ],
)
def test_gans_are_made_of_sensible_arguments(changes, error, says):
    """Each bad argument is refused by name."""
    with pytest.raises(error, match=f"^{says}"):
        untrained_gans(**changes)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        pytest.param(lambda g: g.train(-1, "both"), ValueError, "rounds is -1; expected 0 or more", id="rounds"),
        pytest.param(lambda g: g.train(1, "all"), ValueError, "players is 'all'; expected 'both'", id="players"),
        pytest.param(lambda g: g.generate(POINTS), ValueError, r"latent is shape \(2, 5, 3\); expected", id="latent"),
        pytest.param(
            lambda g: g.discriminate(POINTS[:1]), ValueError, r"samples is shape \(1, 5, 3\); expected", id="samples"
        ),
        pytest.param(
            lambda g: g.gradients(POINTS, POINTS[:, :1, :2]), ValueError, "latent is 1 vectors; expected 5", id="batch"
        ),
        pytest.param(
            lambda _: gan.generator_loss(HALF, 1), ValueError, "saturating is 1; expected True or False", id="kind"
        ),
    ],
)
def test_gans_are_asked_sensible_things(call, error, says):
    """Each bad question is refused, naming the argument."""
    with pytest.raises(error, match=f"^{says}"):
        call(untrained_gans())


def test_players_are_replaced_by_players_alike():
    """Other players, names or shapes are refused, and leave both players as they were."""
    gans = untrained_gans()
    before = gans.parameters()
    wrong = before["discriminator"] | {"2.bias": np.zeros((2, 4))}
    with pytest.raises(ValueError, match=r"^parameters is \['generator'\]; expected \['generator', 'discriminator'\]"):
        gans.set_parameters({"generator": before["generator"]})
    with pytest.raises(ValueError, match=r"^parameters\['discriminator'\]\['2.bias'\] is shape \(2, 4\); expected"):
        gans.set_parameters(before | {"discriminator": wrong})
    with pytest.raises(ValueError, match=r"^parameters\['generator'\] is \[\]; expected \['0.weight'"):
        gans.set_parameters(before | {"generator": {}})
    np.testing.assert_equal(gans.parameters(), before)
