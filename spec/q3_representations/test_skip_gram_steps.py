"""Question 3c, skip-gram: what an epoch of training reads, moves and leaves, on texts made to show it.

What is looked at does not depend on the optimiser. A context's output vector moves towards the input vectors of the
words around it, by how often it was read beside them; the input vectors start at random, and so are nearly orthogonal.
"""

import numpy as np
import pytest

from spec.common.laws import ROUNDING, follows_each_seed, learns_at_the_rate, refuses
from spec.common.replicates import seeds_of
from spec.harness import claim, device_of_run, seed_of_test

from .measures import unit

CHOICES = {"dimensions": 32, "window": 2, "negatives": 1, "noise_power": 0.75, "epochs": 1, "learning_rate": 0.001}
CHOICES |= {"device": device_of_run()}
WORDS, ABSENT, LONE = 20, [17, 18], [19]
TEXT = np.array([0, 1, 2, 3, 19, *range(4, 17), 19, 0, 2, 4, 6, 3, 1])[None]
SENTENCES = np.array([0, 0, 0, 0, 1, *[2] * 13, 5, 6, 6, 6, 6, 7, 7])[None]
SMALL = CHOICES | {"tokens": TEXT, "sentences": SENTENCES, "vocabulary_size": WORDS, "seeds": [1]}


def trained(impl, **choices):
    """Vectors that are trained on the small text, unless `choices` say otherwise."""
    return impl.skip_gram.train_skip_gram(**SMALL | {"seeds": [seed_of_test()]} | choices)


def of_distinct_words(sentences: int, length: int) -> dict:
    """Text in which no word occurs twice."""
    tokens = np.arange(sentences * length)
    return {"tokens": tokens[None], "sentences": tokens[None] // length, "vocabulary_size": len(tokens)}


def after_a_lone_word(text: dict) -> dict:
    """The same text, after a sentence of one more word."""
    words = text["vocabulary_size"]
    tokens, sentences = np.insert(text["tokens"], 0, words, axis=1), np.insert(text["sentences"] + 1, 0, 0, axis=1)
    return {"tokens": tokens, "sentences": sentences, "vocabulary_size": words + 1}


def movement(impl, **choices) -> tuple[np.ndarray, np.ndarray]:
    """The input vectors before training, and by how much it moves the output vectors: (v, d) both."""
    before, after = (trained(impl, **choices | {"epochs": epochs}) for epochs in (0, 1))
    return before["input"][0].astype(np.float64), after["output"][0].astype(np.float64) - before["output"][0]


@claim("skip-gram.weights-are-the-embedding")
@pytest.mark.parametrize("epochs", [0, 1])
def test_each_replicate_follows_its_own_seed(impl, evidence, epochs):
    """Before training and after it, a replicate's vectors are a function of its own seed."""

    def drawn(seeds):
        texts = {"tokens": np.repeat(TEXT, len(seeds), axis=0), "sentences": np.repeat(SENTENCES, len(seeds), axis=0)}
        return trained(impl, **texts, seeds=seeds, epochs=epochs)

    follows_each_seed(evidence, drawn)


@claim("skip-gram.weights-are-the-embedding")
def test_each_replicate_learns_its_own_text(impl, evidence):
    """Trained together with one that learns another text, a replicate becomes what it becomes alone."""
    texts = np.concatenate([TEXT, TEXT.clip(max=7)])
    numbers = np.concatenate([SENTENCES, SENTENCES // 2])
    both = trained(impl, tokens=texts, sentences=numbers, seeds=[seed_of_test()] * 2)
    for i in range(2):
        alone = trained(impl, tokens=texts[i : i + 1], sentences=numbers[i : i + 1])
        beside = {which: matrix[i : i + 1] for which, matrix in both.items()}
        evidence.equal(beside, alone, "vectors beside another text's, and alone", ROUNDING)


@claim("skip-gram.weights-are-the-embedding")
@pytest.mark.parametrize("epochs", [1, 3])
def test_words_in_no_pair_keep_their_vectors(impl, evidence, epochs):
    """Absent words keep both vectors, and a lone word its input vector, bit for bit; all others do not."""
    before, after = trained(impl, epochs=0), trained(impl, epochs=epochs, negatives=5)
    for which, words in (("input", ABSENT + LONE), ("output", ABSENT)):
        kept = (matrix[which][:, words] for matrix in (after, before))
        evidence.equal(*kept, f"{which} vectors of words in no pair, and before", tolerance=0)
    moved = [np.delete((after[which] != before[which]).any(-1), ABSENT + LONE, axis=1) for which in before]
    # In the first epoch input vectors move by the output vectors of what was read before.
    evidence.true(np.array(moved).any() if epochs == 1 else moved, "vectors of words in pairs move")


@claim("skip-gram.is-word2vec")
def test_no_epoch_leaves_the_vectors_as_they_start(impl, evidence):
    """After 0 epochs the vectors do not know the text, nor how to learn it, and are of lengths up to about 1."""
    start = trained(impl, epochs=0)
    for which, other in (
        ("text", {"tokens": TEXT[:, ::-1].copy()}),
        ("window", {"window": 5}),
        ("negatives", {"negatives": 7}),
        ("noise", {"noise_power": 0.0}),
    ):
        evidence.equal(trained(impl, epochs=0, **other), start, f"vectors before training, of another {which}", 0)
    evidence.true(unit(start["input"][0]).std(0).min() > 0, "input vectors start at random")
    few = trained(impl, epochs=0, tokens=TEXT.clip(max=7))
    both = ({which: vectors[which][:, :8] for which in vectors} for vectors in (few, start))
    evidence.equal(*both, "vectors before training of the words of a text of fewer, and of this one", 0)
    long = trained(impl, epochs=0, dimensions=300)
    lengths = [np.linalg.norm(vectors[which][0], axis=-1).max() for vectors in (start, long) for which in vectors]
    evidence.true(np.array(lengths) < 2, "vectors start with lengths up to about 1", longest=lengths)


@claim("skip-gram.is-word2vec")
def test_every_epoch_goes_on_with_training(impl, evidence):
    """After 0, 1, 2, 3 and 9 epochs the vectors are others each time."""
    after = [trained(impl, epochs=epochs)["output"] for epochs in (0, 1, 2, 3, 9)]
    differ = [bool((after[i] != after[j]).any()) for i in range(len(after)) for j in range(i)]
    evidence.true(differ, "another number of epochs gives other vectors")


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize(("sentences", "at_most"), [(10, 0.8), (30, 0.5), (255, 0.25), (3000, 0.25)])
def test_an_epoch_reads_every_pair(impl, evidence, sentences, at_most):
    """Of words in sentences of two, nearly every one's output vector moves towards the input vector of the other.

    Of pairs that are not read, half move so by chance. Negatives turn few: a share of .03 in the worst of all recipes
    with small vectors, .09 with long ones; of 20 words or more, more than is allowed turn with probability below 10⁻⁹.
    """
    inputs, moved = movement(impl, **of_distinct_words(sentences, 2))
    other = np.arange(len(inputs)) ^ 1
    away = float(((inputs[other] * moved).sum(1) <= 0).mean())
    evidence.true(away <= at_most, f"at most a share of {at_most} moves away from its neighbour", share=away)


@claim("skip-gram.is-word2vec")
def test_words_beside_themselves_are_pairs_too(impl, evidence):
    """Where each sentence is a word and the same word again, its output vector moves towards its own input vector."""
    words = np.repeat(np.arange(300), 2)
    inputs, moved = movement(impl, tokens=words[None], sentences=words[None], vocabulary_size=300)
    away = float(((inputs * moved).sum(1) <= 0).mean())
    evidence.true(away <= 0.25, "at most a quarter moves away from itself", share=away)


@claim("skip-gram.weights-are-the-embedding")
def test_negatives_are_drawn_from_the_seed(impl, evidence):
    """Words that always stand alone move as negatives only, and which of them do follows the seed."""
    tokens, sentences = np.arange(440), np.concatenate([np.arange(40) // 2, 20 + np.arange(400)])

    def drawn(seeds):
        text = {"tokens": np.tile(tokens, (len(seeds), 1)), "sentences": np.tile(sentences, (len(seeds), 1))}
        text |= {"vocabulary_size": 440, "noise_power": 0.0, "negatives": 5, "seeds": seeds}
        before, after = (trained(impl, **text, epochs=epochs)["output"][:, 40:] for epochs in (0, 1))
        return (before != after).any(-1).astype(float)

    follows_each_seed(evidence, drawn, tolerance=0)


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize("lone", [False, True])
@pytest.mark.parametrize("sentences", [61, 3001])
def test_every_word_of_a_text_is_learned_from(impl, evidence, sentences, lone):
    """In three epochs each word's input vector moves, to the end of a text of any length: contexts do in the first.

    Also where a word that stands alone comes first, so that pairs begin at odd places.

    One stays only if the negative drawn for its pair is the context itself each time, at first with no effect on it: of
    122 words one in a run with a probability of 122 · (1/122)³ at most, 7e-5, and with 4e-6 where draws are not shared.
    """
    text = of_distinct_words(sentences, 2)
    text = after_a_lone_word(text) if lone else text
    before, after = (trained(impl, **text | {"epochs": epochs})["input"][:, : 2 * sentences] for epochs in (0, 3))
    moved = (before != after).any(-1)
    evidence.true(moved, "each word's input vector moves", words_that_stay=np.flatnonzero(~moved))


@claim("skip-gram.is-word2vec")
def test_words_may_have_large_numbers(impl, evidence):
    """Of 600 words from 69 400 on, nearly every one's output vector moves so too, and no other word's does."""
    text = of_distinct_words(300, 2)
    inputs, moved = movement(impl, **text | {"tokens": text["tokens"] + 69_400, "vocabulary_size": 70_000})
    evidence.true(not moved[:69_400].any(), "output vectors of words that do not occur stay")
    away = float(((inputs[69_400:][np.arange(600) ^ 1] * moved[69_400:]).sum(1) <= 0).mean())
    evidence.true(away <= 0.25, "at most a quarter moves away from its neighbour", share=away)


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize("first", [1000, 2**30, 2**31 - 10])
def test_sentences_may_have_large_numbers(impl, evidence, first):
    """Which numbers the sentences have does not matter, though float32 has not all of them."""
    numbered = trained(impl, sentences=SENTENCES + first)
    evidence.equal(numbered, trained(impl), "vectors, and those where sentences are counted from 0", ROUNDING)


@claim("skip-gram.is-word2vec")
def test_as_many_negatives_are_drawn_as_asked_for(impl, evidence):
    """Where all words stand beside all others alike, products come to −log k for k negatives of each pair.

    To .4: right ones come to within .003, and within .2 where epochs are few for them; where negatives that are the
    context are left out, or drawn anew, they are higher by log 8/7, .13. Of negatives of each word, not of each pair of
    its four, they are higher by log 4, and without those that are the word itself by .6. The rate is low, as SGD on one
    pair at a time diverges at fifty times a higher one.
    """
    rng = np.random.default_rng(seed_of_test())
    text = {"tokens": rng.integers(8, size=(1, 2400)), "sentences": np.arange(2400)[None] // 10, "vocabulary_size": 8}
    apart = []
    for negatives in (2, 20):
        vectors = trained(impl, **text, negatives=negatives, epochs=10, learning_rate=0.005)
        apart.append(float((vectors["input"][0] @ vectors["output"][0].T).mean() + np.log(negatives)))
    evidence.equal(apart, [0.0, 0.0], "mean products of vectors above −log k, and 0", tolerance=0.4)


@claim("skip-gram.is-word2vec")
def test_words_with_one_neighbour_have_the_negatives_of_one_pair(impl, evidence):
    """In sentences of two words, products come to −log k for k negatives of each pair, however wide the window."""
    rng = np.random.default_rng(seed_of_test())
    text = {"tokens": rng.integers(8, size=(1, 3000)), "sentences": np.arange(3000)[None] // 2, "vocabulary_size": 8}
    vectors = trained(impl, **text, window=4, negatives=2, epochs=10, learning_rate=0.005)
    mean = float((vectors["input"][0] @ vectors["output"][0].T).mean())
    evidence.equal(mean, -np.log(2), "mean product of vectors, and −log k", tolerance=0.4)


@claim("skip-gram.is-word2vec")
def test_an_epoch_reads_a_long_sentence_to_its_end(impl, evidence):
    """Of one sentence of 8000 words, the last thousands' output vectors move towards their neighbours' input vectors.

    As above, at most a quarter moves the other way; of words that are not read, half do.
    """
    inputs, moved = movement(impl, **of_distinct_words(1, 8000), window=1)
    neighbours = inputs[:-2] + inputs[2:]
    away = ((neighbours * moved[1:-1]).sum(1) <= 0)[1000:]
    shares = np.array([part.mean() for part in np.split(away[: len(away) // 1000 * 1000], len(away) // 1000)])
    evidence.true(shares <= 0.25, "at most a quarter of each thousand moves away from its neighbours", shares=shares)


@claim("skip-gram.is-word2vec")
def test_vectors_move_by_the_rate(impl, evidence):
    """At a hundredth of the rate vectors move less."""
    start = trained(impl, epochs=0)
    learns_at_the_rate(evidence, start, lambda rate: trained(impl, learning_rate=rate), 0.001)


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize("power", [0.0, 1.0])
def test_negatives_are_drawn_by_the_power_asked_for(impl, evidence, power):
    """Of words always alone, those that occur 30 times move further than those that occur once at power 1, not at 0.

    They are 100 each, and move as negatives only: some four times at power 0, and 12 and 0.4 times at power 1, in each
    of 24 replicates. Where all pairs share 64 draws, one replicate comes to ratios of .3 … 2.7 at power 0; 24 have a
    deviation of .07 around 1, and are beyond 1.5 with probability 1e-9. At power 1 right ones came to 3.6 and more; a
    power of .75 comes to 2 and more.
    """
    seeds = seeds_of(*range(24))
    pairs = np.random.default_rng(seed_of_test()).integers(200, size=(400, 2))
    alone = np.concatenate([np.arange(200, 300), np.repeat(np.arange(300, 400), 30)])
    tokens = np.concatenate([pairs.ravel(), alone])
    sentences = np.concatenate([np.repeat(np.arange(400), 2), 400 + np.arange(len(alone))])
    text = {"tokens": np.tile(tokens, (24, 1)), "sentences": np.tile(sentences, (24, 1)), "vocabulary_size": 400}
    choices = {"seeds": seeds, "negatives": 2, "noise_power": power}
    before, after = (trained(impl, **text, **choices, epochs=epochs)["output"].astype(np.float64) for epochs in (0, 1))
    rare, frequent = np.linalg.norm((after - before)[:, 200:], axis=2).reshape(24, 2, 100).mean((0, 2))
    evidence.true(bool(rare + frequent > 0), "words that are always alone are drawn as negatives")
    apart = bool(frequent > 1.5 * rare)
    evidence.equal(apart, power == 1, "whether the frequent of them move further, and are to", 0)


@claim("skip-gram.is-word2vec")
def test_each_of_many_rare_words_is_drawn(impl, evidence):
    """Of 2000 words that occur once, always alone, texts with other seeds move others, as negatives, not some again.

    As many fair draws as texts moved words come to nearly as many different ones as expected, with a deviation of 16 at
    most. A table with fewer places than there are words never draws the others.
    """
    seeds, rare = seeds_of(*range(8)), 2000
    pairs = np.random.default_rng(seed_of_test()).integers(40, size=(400, 2))
    tokens = np.concatenate([pairs.ravel(), np.arange(40, 40 + rare)])
    sentences = np.concatenate([np.repeat(np.arange(400), 2), 400 + np.arange(rare)])
    text = {"tokens": np.tile(tokens, (8, 1)), "sentences": np.tile(sentences, (8, 1)), "vocabulary_size": 40 + rare}
    before, after = (trained(impl, **text, seeds=seeds, epochs=epochs)["output"][:, 40:] for epochs in (0, 1))
    moved = (before != after).any(-1)
    expected = rare * (1 - np.exp(-moved.sum() / rare))
    evidence.true(bool(moved.any()), "words that are always alone are drawn as negatives")
    different = int(moved.any(0).sum())
    evidence.true(
        bool(different > expected - 6 * 16), "they are different ones", different=different, of=int(moved.sum())
    )


@claim("skip-gram.context-word")
@pytest.mark.parametrize(
    ("window", "length", "sentences", "rate"),
    [(1, 9, 200, 1e-3), (3, 9, 200, 1e-3), (8, 24, 200, 1e-3), (40, 60, 60, 1e-6)],
)
def test_contexts_are_those_within_the_window(impl, evidence, window, length, sentences, rate):
    """To both sides and whatever their distance, words within the window draw an output vector equally, others do not.

    In mean cosines over sentences of distinct words, each relative to the mean within the window. Right ones came
    to .94 … 1.09 within and −.07 … .40 beyond, with a standard error of .04; a window drawn at random from 1 … 3 is at
    1.5 next to the word and at .5 at the window's end, and a window one wider is at 1 beyond. In wide windows words
    come to resemble all others, unless the rate is low.
    """
    inputs, moved = movement(impl, **of_distinct_words(sentences, length), window=window, learning_rate=rate)
    cosines = unit(moved).reshape(sentences, length, -1) @ unit(inputs).reshape(sentences, length, -1).swapaxes(1, 2)
    offsets = [offset for offset in range(-window - 2, window + 3) if offset]
    means = {offset: float(np.diagonal(cosines, offset, 1, 2).mean()) for offset in offsets}
    scale = np.mean([means[offset] for offset in offsets if abs(offset) <= window])
    evidence.true(bool(scale > 0), "words within the window draw output vectors to them", mean=scale)
    pulls = {offset: mean / scale for offset, mean in means.items()}
    within = [0.7 < pull < 1.3 for offset, pull in pulls.items() if abs(offset) <= window]
    evidence.true(within, "words within the window draw equally", relative_pull_by_offset=pulls)
    beyond = [pull < 0.6 for offset, pull in pulls.items() if abs(offset) > window]
    evidence.true(beyond, "words beyond the window do not", relative_pull_by_offset=pulls)


@claim("skip-gram.context-word")
def test_a_frequent_word_draws_like_any_other(impl, evidence):
    """In sentences f, c, r of which all have the same f, c's output vector moves towards f as it does towards r.

    Negatives are f alone, at so large a power; and at so low a rate f's input vector stays where it is. By subsampling
    f would hardly be read beside the others.
    """
    n = 200
    c = 1 + np.arange(n)
    text = {"tokens": np.stack([np.zeros(n, dtype=int), c, n + c], axis=1).reshape(1, -1), "window": 1}
    text |= {"sentences": np.arange(3 * n)[None] // 3, "vocabulary_size": 1 + 2 * n, "noise_power": 20.0}
    inputs, moved = movement(impl, **text, dimensions=300, learning_rate=1e-5)
    pulls = [unit(moved[c]) @ unit(inputs[[0]]).T, (unit(moved[c]) * unit(inputs[n + c])).sum(1)]
    frequent, rare = (float(pull.mean()) for pull in pulls)
    evidence.true(bool(frequent > 0.6 * rare > 0), "the frequent word draws as much", frequent=frequent, rare=rare)


@claim("skip-gram.context-word")
def test_contexts_end_with_the_sentence(impl, evidence):
    """Words on either side of a sentence's end do not draw each other's output vectors, as those of a sentence do."""
    inputs, moved = movement(impl, **of_distinct_words(500, 3))
    ends = np.arange(2, len(inputs) - 3, 3)
    beside, across = (
        (unit(moved)[ends] * unit(inputs)[neighbours]).sum(1).mean() for neighbours in (ends - 1, ends + 1)
    )
    evidence.true(
        bool(across < 0.6 * beside), "the next sentence's first word draws less", across=across, beside=beside
    )


@claim("skip-gram.weights-are-features")
def test_vectors_are_not_made_equally_long(impl, evidence):
    """Trained vectors are of different lengths: nothing divides them by it."""
    after = trained(impl, epochs=3, negatives=5)
    for which, kept in (("input", slice(None)), ("output", slice(0, 17))):
        lengths = np.linalg.norm(after[which][0, kept].astype(np.float64), axis=1)
        spread = lengths.std() / lengths.mean()
        evidence.true(bool(spread > 1e-4), f"lengths of {which} vectors differ", spread=spread)


@claim("skip-gram.weights-are-features")
def test_vectors_may_grow_beyond_length_one(impl, evidence):
    """Where each word has one neighbour of a hundred, input vectors become longer than any starts: nothing limits them.

    In mean lengths right ones came to 4 and more; what the products of vectors tend to, log 60, takes 2.
    """
    rng, words = np.random.default_rng(seed_of_test()), 120
    sentences = rng.permutation(np.repeat(np.arange(0, words, 2), 20))
    text = {"tokens": np.stack([sentences, sentences + 1], axis=1).reshape(1, -1), "vocabulary_size": words}
    text |= {"sentences": np.arange(2 * len(sentences))[None] // 2, "window": 1, "dimensions": 8}
    after = trained(impl, **text, epochs=30, learning_rate=0.03)["input"][0].astype(np.float64)
    length = float(np.linalg.norm(after, axis=1).mean())
    evidence.true(length > 2, "input vectors are longer than they start", mean=length)


BAD_TRAINING = {
    "a word beyond the vocabulary": {"vocabulary_size": 19},
    "a word below 0": {"tokens": TEXT - 1},
    "words that are floats": {"tokens": TEXT.astype(np.float64)},
    "sentences for too few words": {"sentences": SENTENCES[:, 1:]},
    "sentences that fall": {"sentences": SENTENCES[:, ::-1].copy()},
    "two seeds for one text": {"seeds": [1, 2]},
    "no vocabulary": {"vocabulary_size": 0},
    "no dimensions": {"dimensions": 0},
    "a window of 0": {"window": 0},
    "no negatives": {"negatives": 0},
    "epochs below 0": {"epochs": -1},
    "a power below 0": {"noise_power": -0.5},
    "a power that is no number": {"noise_power": float("nan")},
    "a rate of 0": {"learning_rate": 0.0},
    "a rate below 0": {"learning_rate": -0.01},
    "a rate that is no number": {"learning_rate": float("nan")},
}


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize("bad", BAD_TRAINING.values(), ids=BAD_TRAINING)
def test_training_on_bad_input_is_refused(impl, evidence, bad):
    """Invalid texts, words outside the vocabulary, and sizes, powers and rates out of range are refused."""
    partners = {"vocabulary_size": ["tokens"], "sentences": ["tokens"], "seeds": ["tokens", "sentences"]}
    refuses(evidence, impl.skip_gram.train_skip_gram, SMALL, *partners.get(next(iter(bad)), []), **bad)
