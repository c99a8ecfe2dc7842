"""Question 3c, skip-gram: its pairs, its objective and its optimum, exactly and before any training."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spec.common.laws import follows_each_seed, refuses
from spec.harness import claim, seed_of_test

from . import corpora
from .corpora import Corpus
from .measures import pair_counts, shifted_pmi

WORDS = 6
SEEDS = st.integers(0, 2**32 - 1)
WINDOWS = st.integers(1, 5) | st.sampled_from([7, 300])
TEXTS = st.lists(st.lists(st.integers(0, WORDS - 1), max_size=7), min_size=1, max_size=6).filter(any)
"""Sentences, of which some may be empty or of a single word."""
TEXTS_WITH_PAIRS = TEXTS.filter(lambda text: any(len(sentence) > 1 for sentence in text))
COUNTS = st.integers(0, 40) | st.integers(0, 10**15)
TINY = 1e-9
"""How probably a right implementation fails a test of what it draws, for a seed chosen at random."""


def corpus_of(text: list[list[int]]) -> Corpus:
    """The text as the contract has it; an empty sentence leaves a gap in the numbers."""
    sentences = [number for number, sentence in enumerate(text) for _ in sentence]
    return Corpus(np.array([word for sentence in text for word in sentence]), np.array(sentences))


def enumerated(text: list[list[int]], before: int, after: int) -> np.ndarray:
    """Every (word, context word), the context at most so many places before or after the word: (p, 2), in order."""
    pairs = [
        (word, context)
        for sentence in text
        for i, word in enumerate(sentence)
        for j, context in enumerate(sentence)
        if i != j and -before <= j - i <= after
    ]
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def of_words(evidence, pairs: np.ndarray) -> np.ndarray:
    """The same pairs, once they are known to hold words and nothing else."""
    inside = (pairs >= 0) & (pairs < WORDS)
    evidence.true(np.append(inside.ravel(), True), "pairs are of words from 0 to v − 1")
    return pairs


def pairs_of(impl, evidence, text: list[list[int]], window: int) -> np.ndarray:
    """The pairs of a text, as the implementation has them: (p, 2)."""
    return of_words(evidence, impl.skip_gram.pairs(*corpus_of(text), window))


def in_order(pairs: np.ndarray) -> np.ndarray:
    """The same pairs, sorted."""
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def counts(pairs: np.ndarray) -> np.ndarray:
    """n(w, c): how often each pair occurs, (words, words)."""
    n = np.zeros((WORDS, WORDS), dtype=np.int64)
    np.add.at(n, tuple(pairs.T), 1)
    return n


def objective(v, u, words, contexts, negatives) -> np.ndarray:
    """The published loss of each pair, −log σ(u_c · v_w) − Σ_k log σ(−u_n · v_w): (b,)."""
    from scipy.special import log_expit

    positive = (u[contexts] * v[words]).sum(-1)
    negative = np.einsum("bkd,bd->bk", u[negatives], v[words])
    return -log_expit(positive) - log_expit(-negative).sum(-1)


def gradient(v, u, words, contexts, negatives) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of the summed loss by the input and by the output vectors, word by word."""
    from scipy.special import expit

    by_v, by_u = np.zeros_like(v), np.zeros_like(u)
    for w, c, drawn in zip(words, contexts, negatives, strict=True):
        by_v[w] += (expit(u[c] @ v[w]) - 1) * u[c]
        by_u[c] += (expit(u[c] @ v[w]) - 1) * v[w]
        for n in drawn:
            by_v[w] += expit(u[n] @ v[w]) * u[n]
            by_u[n] += expit(u[n] @ v[w]) * v[w]
    return by_v, by_u


def batch(seed: int, scale: float = 1.0) -> tuple[np.ndarray, ...]:
    """Two matrices of vectors, and pairs with negatives; words repeat, and a negative may be the context."""
    rng = np.random.default_rng(seed)
    d, b, k = rng.integers(1, 5), rng.integers(1, 40), rng.integers(1, 9)
    vectors = rng.normal(scale=scale, size=(2, WORDS, d))
    words, contexts = rng.integers(WORDS, size=(2, b))
    return *vectors, words, contexts, rng.integers(WORDS, size=(b, k))


@claim("skip-gram.is-word2vec")
@settings(max_examples=60)
@given(SEEDS, st.sampled_from([0.1, 1.0, 300.0, 1e8]))
def test_loss_and_gradient_are_the_published_ones(impl, evidence, seed, scale):
    """Of given pairs and negatives the loss is equation 4's, finite for products of 10¹⁶, and so is the gradient."""
    pairs = batch(seed, scale)
    result = impl.skip_gram.loss_and_gradient(*pairs)
    by_v, by_u = gradient(*pairs)
    expected = {"loss": float(objective(*pairs).sum()), "input_gradient": by_v, "output_gradient": by_u}
    # Products of 10⁵ that cancel to about 1 carry a rounding error of 10⁻¹¹ into σ, times vectors of 10³.
    tolerance = 1e-12 if scale < 2 else 1e-7
    evidence.equal(result, expected, "loss and gradient, and the published ones", tolerance)


@claim("skip-gram.is-word2vec")
def test_the_loss_of_many_pairs_of_a_large_vocabulary(impl, evidence):
    """Of 10 000 pairs among 70 000 words the loss and gradient are the published ones too."""
    rng = np.random.default_rng(seed_of_test())
    vectors, negatives = rng.normal(size=(2, 70_000, 2)), rng.integers(70_000, size=(10_000, 3))
    words, contexts = rng.integers(70_000, size=(2, 10_000))
    words[:6], contexts[:6] = [69_999, 32_768, 65_536, 255, 256, 0], [0, 69_999, 32_767, 65_535, 65_536, 128]
    result = impl.skip_gram.loss_and_gradient(*vectors, words, contexts, negatives)
    by_v, by_u = gradient(*vectors, words, contexts, negatives)
    loss = float(objective(*vectors, words, contexts, negatives).sum())
    expected = {"loss": loss, "input_gradient": by_v, "output_gradient": by_u}
    evidence.equal(result, expected, "loss and gradient, and the published ones")


@claim("skip-gram.is-word2vec")
@settings(max_examples=50)
@given(SEEDS)
def test_the_gradient_is_the_slope_of_the_loss(impl, evidence, seed):
    """Along any direction of both matrices, the loss rises by the gradient's share of it."""
    v, u, *pairs = batch(seed)
    along_v, along_u = np.random.default_rng(seed + 1).normal(size=(2, *v.shape))
    step = 1e-5
    ahead, behind = (
        impl.skip_gram.loss_and_gradient(v + sign * along_v, u + sign * along_u, *pairs)["loss"]
        for sign in (step, -step)
    )
    at = impl.skip_gram.loss_and_gradient(v, u, *pairs)
    slope = (at["input_gradient"] * along_v).sum() + (at["output_gradient"] * along_u).sum()
    # The error of a central difference is of order step², and rounding divided by step.
    evidence.equal(slope, (ahead - behind) / (2 * step), "gradient along a direction, and slope", tolerance=1e-6)


@claim("skip-gram.is-word2vec")
@settings(max_examples=50)
@given(st.lists(COUNTS, min_size=1, max_size=8).filter(any), st.sampled_from([0.0, 0.25, 0.75, 1.0, 1.5, 100.0]))
@example([10**6] * 40, 0.0)
@example([10**15, 10**15 - 10**13, 3], 100.0)
@example([0, 2**31, 2**32 + 1, 1], 0.75)
@example([0, 0, 3], 0.0)
def test_noise_is_the_counts_to_a_power(impl, evidence, occurrences, power):
    """A negative is drawn in proportion to its count to the given power, and never if it does not occur."""
    most = max(occurrences)
    weights = [(Fraction(count, most) ** power if count else 0.0) for count in occurrences]
    expected = np.array(weights, dtype=np.float64) / float(sum(weights))
    # To 1e-8: gensim keeps its distribution as integers, in units of 2⁻³¹.
    for counts, noise in ((occurrences, expected), (occurrences[::-1], expected[::-1])):
        evidence.equal(impl.skip_gram.noise(np.array(counts), power), noise, "noise, and counts to the power", 1e-8)


def read_by_gensim(file) -> tuple[list[str], np.ndarray]:
    """The words and vectors of a file in word2vec's text format; none where gensim cannot make sense of it."""
    from gensim.models import KeyedVectors

    try:
        read = KeyedVectors.load_word2vec_format(str(file))
    except (ValueError, EOFError, IndexError):
        return [], np.empty((0, 0), dtype=np.float32)
    return list(read.index_to_key), read.vectors


@claim("skip-gram.is-word2vec")
@settings(max_examples=50)
@given(SEEDS, st.sampled_from([["سلام", "دنیا", "می\u200cروم"], ["word", "naïve", "0.5", "Word", "-1"], ["x"]]))
def test_gensim_reads_the_vectors_back(impl, evidence, tmp_path_factory, seed, words):
    """From word2vec's text format gensim's KeyedVectors reads the same words, and the same vectors as float32."""
    rng = np.random.default_rng(seed)
    size = (len(words), rng.integers(1, 100))
    vectors = rng.normal(size=size) * 10.0 ** rng.integers(-44, 37, size=size) * rng.integers(0, 2, size=size)
    file = tmp_path_factory.mktemp("vectors") / "vectors.txt"
    file.write_text(impl.skip_gram.word2vec_text(words, vectors), encoding="utf-8", newline="\n")
    words_read, vectors_read = read_by_gensim(file)
    evidence.equal(words_read, words, "words that gensim reads, and those written")
    evidence.equal(vectors_read, vectors.astype(np.float32), "vectors that gensim reads, as float32", tolerance=0)


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize(("v", "d"), [(2, 3), (1, 1), (3, 2000), (1500, 2)])
def test_the_format_is_kept_to_the_letter(impl, evidence, v, d):
    """Spaces are single and stand between entries, every line ends in a line feed, and every number is written out.

    Words stay as they are, also where another way of writing their accents is the usual one, and so does the sign of 0.
    """
    vectors, words = np.random.default_rng(seed_of_test()).normal(size=(v, d)), [f"Word{i}" for i in range(v)]
    words[0], vectors[0, 0] = "cafe\u0301", -0.0
    header, *lines = impl.skip_gram.word2vec_text(words, vectors).split("\n")
    evidence.equal(header, f"{v} {d}", "the first line, and numbers of words and dimensions")
    evidence.equal(len(lines), v + 1, "lines, and one for each word and nothing behind the last")
    rows = [line.split(" ") for line in lines[:-1]]
    evidence.equal([row[0] for row in rows], words, "the first entry of each line, and the words")
    evidence.equal(lines[-1], "", "what is behind the last line, and nothing")
    evidence.equal([len(row) for row in rows], [1 + d] * v, "entries of each line, and a word and its numbers")
    trimmed = [entry == entry.strip() != "" for row in rows for entry in row]
    evidence.true(trimmed, "no other white space is among them")
    read = np.array([[float(entry) for entry in row[1:]] for row in rows], dtype=np.float32).view(np.uint32)
    evidence.equal(read, vectors.astype(np.float32).view(np.uint32), "the bits of the numbers as float32", tolerance=0)


@claim("skip-gram.random-target")
@settings(max_examples=50)
@given(TEXTS_WITH_PAIRS, WINDOWS, SEEDS)
def test_the_expected_loss_is_the_enumerated_objective(impl, evidence, text, window, seed):
    """Averaged over the pairs that are drawn from, the loss is Σ n(w, c) loss(w, c) / Σ n(w, c), n enumerated."""
    v, u, *_ = batch(seed)
    corpus, pairs = corpus_of(text), enumerated(text, window, window)
    negatives = np.random.default_rng(seed).integers(WORDS, size=3)
    every = np.array([(w, c) for w in range(WORDS) for c in range(WORDS)])
    loss_of = objective(v, u, *every.T, np.tile(negatives, (len(every), 1))).reshape(WORDS, WORDS)
    drawn_from = of_words(evidence, impl.skip_gram.pairs(*corpus, window))
    summed = impl.skip_gram.loss_and_gradient(v, u, *drawn_from.T, np.tile(negatives, (len(drawn_from), 1)))["loss"]
    evidence.equal(summed, float((counts(pairs) * loss_of).sum()), "loss of all pairs, and the enumerated objective")


@claim("skip-gram.random-target")
@settings(max_examples=20)
@given(SEEDS, SEEDS, WINDOWS)
def test_pairs_are_drawn_uniformly(impl, evidence, seed, drawing_seed, window):
    """20 000 sampled pairs come as often as they stand in the corpus: χ² neither large nor, as in a cycle, small.

    So their mean loss lies within 6.5 standard errors of the enumerated objective.
    """
    from scipy.stats import chi2

    rng, size = np.random.default_rng(seed), 20_000
    text = [rng.integers(WORDS, size=length).tolist() for length in (2, 2, 3, 6)]
    pairs = enumerated(text, window, window)
    sampled = of_words(evidence, impl.skip_gram.sample_pairs(*corpus_of(text), window, size, drawing_seed))
    n, observed = counts(pairs), counts(sampled)
    expected, foreign = size * n / n.sum(), (observed > 0) & (n == 0)
    evidence.equal(foreign, np.zeros_like(foreign), "pairs drawn that the corpus has not, and none")
    statistic, freedom = ((observed - expected)[n > 0] ** 2 / expected[n > 0]).sum(), (n > 0).sum() - 1
    tail = chi2.cdf(statistic, freedom), chi2.sf(statistic, freedom)
    evidence.true(bool(min(tail) > TINY), f"χ² of the draws has a probability over {TINY}", statistic=statistic)
    v, u, negatives = *rng.normal(size=(2, WORDS, 4)), rng.integers(WORDS, size=(1, 3))
    losses, sampled_losses = (objective(v, u, *these.T, negatives) for these in (pairs, sampled))
    errors = abs(sampled_losses.mean() - losses.mean()) / (losses.std() / size**0.5)
    evidence.true(bool(errors < 6.5), "mean loss of the draws within 6.5 standard errors", errors=errors)


@claim("skip-gram.random-target")
def test_draws_are_from_the_whole_of_a_long_corpus(impl, evidence):
    """Of 80 000 pairs, each tenth of the text has a tenth of the draws."""
    tokens, draws = np.arange(80_000), 4000
    drawn = impl.skip_gram.sample_pairs(tokens, tokens // 2, 1, draws, seed_of_test())
    tenths = np.bincount(np.asarray(drawn)[:, 0] // 8000, minlength=10)
    # 400 on average, with a deviation of 19: six of these, with probability 2e-8 for one of ten.
    evidence.true(abs(tenths - 400) <= 114, "draws from each tenth of the text", draws=tenths)


@claim("skip-gram.random-target")
def test_draws_are_a_function_of_the_seed(impl, evidence):
    """The same seed draws the same 100 pairs, and other seeds draw others, however far away they are."""
    corpus = corpus_of([[0, 1, 2, 3, 4, 5]])
    sampled = impl.skip_gram.sample_pairs
    follows_each_seed(evidence, lambda seeds: np.stack([sampled(*corpus, 5, 100, s) for s in seeds]), tolerance=0)


def chances(observed: np.ndarray, draws: np.ndarray, probability: float) -> float:
    """The smaller tail of the least likely of binomial counts: how probably any one of them alone is as far off."""
    from scipy.stats import binom

    return float(
        min(
            tail(draws, probability).min()
            for tail in (
                lambda n, p: binom.cdf(observed, n, p),
                lambda n, p: binom.sf(observed - 1, n, p),
            )
        )
    )


@claim("skip-gram.random-target")
@settings(max_examples=5)
@given(SEEDS)
@example(0)
def test_each_pair_is_drawn_independently_of_all_others(impl, evidence, seed):
    """Of draws that lie any distance apart, under one seed or several, as many agree, or mirror, as chance has it.

    With p pairs, all different, the draw at place t + lag is that at t, or its mirror, with probability 1 / p, and
    these events are independent along t: their number is binomial. Of 2 · 3000 numbers, each misses once in 10¹³.
    """
    corpus, pairs = corpus_of([[0, 1, 2, 3, 4, 5]]), 30
    seeds = [(seed + far) % 2**32 for far in (0, 1, 2, 2**16, 2**31)]
    drawn = np.concatenate([of_words(evidence, impl.skip_gram.sample_pairs(*corpus, 5, 600, s)) for s in seeds])
    one_hot = np.zeros((2, 2 * len(drawn), WORDS * WORDS))  # as drawn, and mirrored; zeros behind, so that none wraps
    one_hot[0, np.arange(len(drawn)), drawn @ [WORDS, 1]] = one_hot[1, np.arange(len(drawn)), drawn @ [1, WORDS]] = 1
    spectrum = np.fft.rfft(one_hot, axis=1)
    agree = np.fft.irfft((spectrum * spectrum[0].conj()).sum(-1), axis=1).round()  # (2, lags)
    lags = np.arange(1, len(drawn))
    for what, numbers in zip(("equal", "the mirror of each other"), agree[:, lags], strict=True):
        chance = chances(numbers, len(drawn) - lags, 1 / pairs)
        evidence.true(chance > 1e-13, f"as many draws a lag apart are {what} as chance has it", chance=chance)


@claim("skip-gram.random-target")
@settings(max_examples=5)
@given(SEEDS)
@example(0)
def test_what_is_drawn_next_does_not_depend_on_what_was(impl, evidence, seed):
    """Of 20 000 draws, each pair follows each other one, up to four places behind, as often as any: by χ²."""
    from scipy.stats import chi2

    corpus, pairs = corpus_of([[0, 1, 2, 3]]), 12
    drawn = of_words(evidence, impl.skip_gram.sample_pairs(*corpus, 3, 20_000, seed)) @ [WORDS, 1]
    for lag in (1, 2, 3, 4):
        # Blocks of 2 · lag draws, the first half of which meets the second: no draw counts twice.
        blocks = drawn[: len(drawn) // (2 * lag) * 2 * lag].reshape(-1, 2, lag)
        observed = np.zeros((WORDS * WORDS,) * 2)
        np.add.at(observed, (blocks[:, 0].ravel(), blocks[:, 1].ravel()), 1)
        seen = np.unique(drawn)
        expected = blocks.size / 2 / pairs**2
        statistic = ((observed[np.ix_(seen, seen)] - expected) ** 2).sum() / expected
        chance = min(tail(statistic, pairs**2 - 1) for tail in (chi2.cdf, chi2.sf))
        evidence.true(bool(chance > TINY), f"χ² of draws {lag} apart has a probability over {TINY}", chance=chance)


@claim("skip-gram.random-target")
@pytest.mark.parametrize(("words", "size"), [(6, 0), (6, 1), (6, 30), (6, 500), (100, 800)])
def test_a_pair_may_be_drawn_again(impl, evidence, words, size):
    """As many draws as asked for, 0 too; 30 draws of 30 pairs are not all different, as they are once in 10¹².

    Nor are draws that are far fewer than the pairs: 800 of 9900 are all different once in 10¹⁴.
    """
    drawn = impl.skip_gram.sample_pairs(np.arange(words), np.zeros(words, dtype=int), words - 1, size, seed_of_test())
    evidence.equal(len(drawn), size, "how many pairs are drawn, and asked for")
    different = len(np.unique(drawn, axis=0))
    evidence.true(size < 30 or different < size, "some pairs are drawn more than once", different=different)


@claim("skip-gram.random-target", role="boundary")
@settings(max_examples=50)
@given(TEXTS, WINDOWS)
def test_no_token_stands_for_a_masked_word(impl, evidence, text, window):
    """Every word with a neighbour is a target and an input, as it stands in the corpus; nothing else is either."""
    pairs = pairs_of(impl, evidence, text, window)
    beside_others = sorted({word for sentence in text if len(sentence) > 1 for word in sentence})
    for which, column in (("inputs", pairs[:, 0]), ("targets", pairs[:, 1])):
        evidence.equal(sorted(set(column.tolist())), beside_others, f"{which}, and words that have a neighbour")


@claim("skip-gram.no-labels")
@settings(max_examples=100)
@given(TEXTS, WINDOWS)
@example([[0, 0], [0]], 1)
@example([[0, 1, 2], [3, 4, 5]], 5)
def test_pairs_are_words_within_the_window(impl, evidence, text, window):
    """The pairs are those of two different places of one sentence, at most a window apart, each as often as it is."""
    pairs = in_order(pairs_of(impl, evidence, text, window))
    evidence.equal(pairs, enumerated(text, window, window), "pairs, and those enumerated from the corpus")


UNTIDY = np.array([0, 1, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 2**24, 2**24 + 1, 2**31 - 2, 2**31 - 1])
"""Numbers beside those at which narrow ones end."""


@claim("skip-gram.no-labels")
@pytest.mark.parametrize("window", [2, 60, 1000])
@settings(max_examples=2)
@given(seed=SEEDS)
def test_pairs_of_a_large_and_untidy_corpus(impl, evidence, seed, window):
    """The pairs are right for thousands of tokens, with repetition, large numbers and gaps in words and sentences."""
    rng = np.random.default_rng(seed)
    lengths = [1, 100, *rng.integers(1, 12, size=300), 1, 1, 100]
    # Each gap between two sentences' numbers is one at which numbers cut to a byte, or two, or floats, look alike.
    gaps = rng.choice([1, 1, 2, 256, 65_536], size=len(lengths) - 1)
    numbers = 2**31 - 1 - np.append(np.cumsum(gaps[::-1])[::-1], 0)
    words = [
        [word] * 100 if length == 100 else rng.choice(UNTIDY, size=length).tolist()
        for word, length in zip(rng.choice(UNTIDY, size=len(lengths)).tolist(), lengths, strict=True)
    ]
    corpus = Corpus(np.concatenate([np.array(sentence) for sentence in words]), np.repeat(numbers, lengths))
    pairs = in_order(impl.skip_gram.pairs(*corpus, window))
    evidence.equal(pairs, enumerated(words, window, window), "pairs, and those enumerated from the corpus")


@claim("skip-gram.no-labels")
@pytest.mark.parametrize(("length", "window"), [(8000, 2), (600, 300)])
def test_a_sentence_may_be_as_long_as_a_chapter(impl, evidence, length, window):
    """Of one long sentence the pairs are all neighbours, and those as far apart as a window, to its end."""
    words = np.arange(length)
    pairs = impl.skip_gram.pairs(words, np.zeros_like(words), window)
    expected = [(words[:-apart], words[apart:]) for apart in range(1, window + 1)]
    both_ways = np.concatenate(
        [np.stack(pair, axis=1) for left, right in expected for pair in ((left, right), (right, left))]
    )
    evidence.equal(in_order(pairs), in_order(both_ways), "pairs, and words at most a window apart")


@claim("skip-gram.no-labels")
@settings(max_examples=50)
@given(TEXTS, WINDOWS, st.permutations(range(WORDS)))
def test_other_names_for_the_words_rename_the_pairs(impl, evidence, text, window, names):
    """What a word is called does not matter: with other numbers for the words, the pairs are the same, renamed."""
    corpus, names = corpus_of(text), np.array(names)
    renamed = of_words(evidence, impl.skip_gram.pairs(names[corpus.tokens], corpus.sentences, window))
    expected = names[of_words(evidence, impl.skip_gram.pairs(*corpus, window))]
    evidence.equal(in_order(renamed), in_order(expected), "pairs of the renamed corpus, and the pairs renamed")


@claim("skip-gram.is-self-supervised")
@settings(max_examples=50)
@given(TEXTS, WINDOWS)
def test_every_word_is_the_target_as_often_as_it_is_the_input(impl, evidence, text, window):
    """Inputs and targets are the corpus's own words: each stands in as many pairs on either side as it has contexts."""
    contexts = [0] * WORDS
    for sentence in text:
        for place, word in enumerate(sentence):
            contexts[word] += min(place, window) + min(len(sentence) - 1 - place, window)
    pairs = pairs_of(impl, evidence, text, window)
    for which, column in (("input", pairs[:, 0]), ("target", pairs[:, 1])):
        evidence.equal(np.bincount(column, minlength=WORDS), contexts, f"how often a word is the {which}, and contexts")


@claim("skip-gram.predicts-target-from-context")
@settings(max_examples=50)
@given(TEXTS, WINDOWS)
def test_each_pair_occurs_as_often_as_its_reverse(impl, evidence, text, window):
    """With a window to both sides, n(w, c) = n(c, w)."""
    n = counts(pairs_of(impl, evidence, text, window))
    evidence.equal(n, n.T, "n(w, c), and n(c, w)")
    evidence.equal(int(n.sum()), len(enumerated(text, window, window)), "how many pairs, and those enumerated")


@claim("skip-gram.predicts-target-from-context")
@settings(max_examples=50)
@given(TEXTS_WITH_PAIRS, WINDOWS, SEEDS)
def test_predicting_either_from_the_other_is_one_objective(impl, evidence, text, window, seed):
    """Over all pairs, the loss of target given context is that of context given target."""
    v, u, *_ = batch(seed)
    words, contexts = pairs_of(impl, evidence, text, window).T
    reversed_pairs = enumerated(text, window, window).T[::-1]
    evidence.equal(len(words), reversed_pairs.shape[1], "how many pairs, and those enumerated")
    negatives = np.tile(np.random.default_rng(seed).integers(WORDS, size=2), (len(words), 1))
    one_way = impl.skip_gram.loss_and_gradient(v, u, words, contexts, negatives)
    other_way = impl.skip_gram.loss_and_gradient(v, u, contexts, words, negatives)
    # Sums of up to 200 terms, in another order.
    evidence.equal(other_way, one_way, "loss and gradient the other way round", tolerance=1e-11)
    expected = objective(v, u, *reversed_pairs, negatives).sum()
    evidence.equal(one_way["loss"], float(expected), "loss, and the objective of the reversed pairs", tolerance=1e-11)


@claim("skip-gram.predicts-target-from-context", role="boundary")
@settings(max_examples=50)
@given(TEXTS, WINDOWS)
def test_a_window_to_the_left_tells_the_directions_apart(impl, evidence, text, window):
    """A left-only window gives one direction of the pairs; where a pair always comes in one order, it is lopsided."""
    n = counts(pairs_of(impl, evidence, text, window))
    left = counts(enumerated(text, window, 0))
    evidence.equal(left + left.T, n, "n to the left and its reverse together, and n")
    ordered = counts(enumerated([list(range(WORDS))], window, 0))
    evidence.true(bool((ordered != ordered.T).any()), "n to the left is not symmetric for words in one order")


@claim("skip-gram.uses-placement", role="boundary")
@settings(max_examples=50)
@given(TEXTS, WINDOWS)
def test_reversing_the_corpus_leaves_the_counts_unchanged(impl, evidence, text, window):
    """The words of each sentence, and the sentences, in reverse order give the same n(w, c): order is not used."""
    backwards = [sentence[::-1] for sentence in text[::-1]]
    n, reversed_n = (counts(pairs_of(impl, evidence, direction, window)) for direction in (text, backwards))
    evidence.equal(reversed_n, n, "n(w, c) of the reversed corpus, and of the corpus")
    evidence.equal(n, counts(enumerated(text, window, window)), "n(w, c), and enumerated")


@claim("skip-gram.uses-placement")
@settings(max_examples=50)
@given(st.integers(1, 4), st.integers(0, 4))
def test_a_word_is_paired_within_the_window_and_not_beyond(impl, evidence, window, gap):
    """Two words with `gap` others between them are a pair if their distance gap + 1 is within the window, else not."""
    text = [[0, *[2] * gap, 1]]
    n = counts(pairs_of(impl, evidence, text, window))
    evidence.equal([int(n[0, 1]), int(n[1, 0])], [int(gap + 1 <= window)] * 2, "pairs of the two words, and 1 if near")


@claim("skip-gram.weights-are-features")
@settings(max_examples=30)
@given(SEEDS, st.integers(2, 4), st.integers(1, 3))
def test_the_optimum_is_shifted_pmi(impl, evidence, seed, vocabulary, negatives):
    """With unigram noise the enumerated objective has no slope at V Uᵀ = PMI − log k, and has one at another shift."""
    rng = np.random.default_rng(seed)
    tokens = corpora.fully_co_occurring(vocabulary, 18, rng).tokens
    # The commonest word is made commoner still: where all are equally common, unigram noise is uniform noise.
    tokens = np.concatenate([tokens, np.repeat(np.bincount(tokens).argmax(), 12)])
    n = pair_counts(tokens, vocabulary)
    # Each of the pairs with each word of the corpus as noise, so that both come in their exact proportions.
    both_ways = np.concatenate([tokens.reshape(-1, 2), tokens.reshape(-1, 2)[:, ::-1]])  # (48, 2)
    pair, noise_word = np.divmod(np.arange(len(both_ways) * len(tokens)), len(tokens))
    drawn = np.tile(tokens[noise_word][:, None], (1, negatives))
    v = np.linalg.qr(rng.normal(size=(vocabulary, vocabulary)))[0]

    def gradient_at(products: np.ndarray) -> np.ndarray:
        # V is orthogonal, so V Uᵀ is `products` for U = productsᵀ V.
        result = impl.skip_gram.loss_and_gradient(v, products.T @ v, *both_ways[pair].T, drawn)
        return np.stack([result["input_gradient"], result["output_gradient"]]) / len(pair)

    optimum = shifted_pmi(n, negatives)
    evidence.equal(gradient_at(optimum), np.zeros((2, *v.shape)), "gradient per pair at PMI − log k, and 0")
    for_uniform_noise = optimum + np.log(vocabulary * n.sum(0) / n.sum())
    others = {"log (k + 1)": shifted_pmi(n, negatives + 1), "log k for uniform noise": for_uniform_noise}
    for name, products in others.items():
        steepest = np.abs(gradient_at(products)).max()
        evidence.true(bool(steepest > 1e-3), f"gradient per pair at PMI − {name} is not 0", steepest=steepest)


CORPUS = {"tokens": np.array([0, 1, 2, 1]), "sentences": np.array([0, 0, 0, 3]), "window": 2}
BAD_CORPUS = {
    "words below 0": {"tokens": np.array([0, -1, 2, 1])},
    "words that are floats": {"tokens": np.array([0.0, 1.0, 2.0, 1.0])},
    "sentences that are too few": {"sentences": np.array([0, 0, 0])},
    "sentences that fall": {"sentences": np.array([0, 0, 1, 0])},
    "a window of 0": {"window": 0},
    "a window of -1": {"window": -1},
}


@claim("skip-gram.no-labels")
@pytest.mark.parametrize("bad", BAD_CORPUS.values(), ids=BAD_CORPUS)
def test_pairs_of_what_is_no_corpus_are_refused(impl, evidence, bad):
    """A corpus out of the range of words, sentences or window is refused."""
    refuses(evidence, impl.skip_gram.pairs, CORPUS, "tokens", **bad)


@claim("skip-gram.no-labels")
def test_pairs_of_no_words_are_refused(impl, evidence):
    """A corpus without any word is refused."""
    nothing = np.array([], dtype=np.int64)
    refuses(evidence, impl.skip_gram.pairs, CORPUS | {"sentences": nothing}, "sentences", tokens=nothing)


BAD_DRAWS = BAD_CORPUS | {
    "no two words in a sentence": {"sentences": np.arange(4)},
    "no pair, and none asked for": {"sentences": np.arange(4), "size": 0},
    "a size of -1": {"size": -1},
}


@claim("skip-gram.random-target")
@pytest.mark.parametrize("bad", BAD_DRAWS.values(), ids=BAD_DRAWS)
def test_draws_from_what_has_no_pairs_are_refused(impl, evidence, bad):
    """Drawing from an invalid corpus, from one without pairs, or a negative number of pairs, is refused."""
    argument = next(iter(bad))
    good = CORPUS | {"size": 3, "seed": 1} | bad
    refuses(evidence, impl.skip_gram.sample_pairs, good, "tokens", "pairs", **{argument: bad[argument]})


BAD_NOISE = {
    "a count below 0": {"counts": np.array([3, -1])},
    "no counts": {"counts": np.array([], dtype=np.int64)},
    "counts of 0 alone": {"counts": np.array([0, 0])},
    "a power below 0": {"power": -0.5},
    "a power that is no number": {"power": float("nan")},
    "an infinite power": {"power": float("inf")},
}


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize("bad", BAD_NOISE.values(), ids=BAD_NOISE)
def test_noise_of_what_are_no_counts_is_refused(impl, evidence, bad):
    """Counts below 0, or of nothing, are refused, and powers below 0 or not finite."""
    refuses(evidence, impl.skip_gram.noise, {"counts": np.array([3, 1]), "power": 0.75}, **bad)


VECTORS = np.arange(6.0).reshape(3, 2)
PAIRS = {
    "input_vectors": VECTORS,
    "output_vectors": VECTORS + 1,
    "words": np.array([0, 1]),
    "contexts": np.array([1, 2]),
}
PAIRS |= {"negatives": np.array([[0, 1, 2], [2, 2, 0]])}
BAD_PAIRS = {
    "a matrix of fewer words": {"output_vectors": VECTORS[:2]},
    "a matrix of more words": {"output_vectors": np.ones((4, 2))},
    "a matrix of more dimensions": {"output_vectors": np.ones((3, 3))},
    "a vector that is not finite": {"input_vectors": np.full((3, 2), float("nan"))},
    "an output vector that is not finite": {"output_vectors": np.full((3, 2), float("inf"))},
    "a word beyond the last": {"words": np.array([0, 3])},
    "a word below 0": {"words": np.array([0, -1])},
    "a context beyond the last": {"contexts": np.array([1, 3])},
    "a context below 0": {"contexts": np.array([-1, 1])},
    "a negative word beyond the last": {"negatives": np.array([[0, 1, 3], [2, 2, 0]])},
    "a negative word below 0": {"negatives": np.array([[0, 1, 2], [2, -3, 0]])},
    "a context for two words": {"contexts": np.array([1])},
    "negatives for one word of two": {"negatives": np.array([[0, 1, 2]])},
}


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize("bad", BAD_PAIRS.values(), ids=BAD_PAIRS)
def test_the_loss_of_what_are_no_pairs_is_refused(impl, evidence, bad):
    """Words outside the matrices, unequal numbers of them, unlike matrices and numbers not finite are refused."""
    partners = () if "input_vectors" in bad or "words" in bad else ("input_vectors", "words")
    refuses(evidence, impl.skip_gram.loss_and_gradient, PAIRS, *partners, **bad)


BAD_TEXT = {
    "a word of two": {"words": ["New York", "word"]},
    "a word that ends the line": {"words": ["word\n", "other"]},
    "a word with a tab": {"words": ["a\tb", "other"]},
    "a word with a space that does not break": {"words": ["10\u00a0000", "other"]},
    "no letters": {"words": ["", "other"]},
    "a word twice": {"words": ["word", "word"]},
    "a word for two vectors": {"words": ["word"]},
    "three words for two vectors": {"words": ["a", "b", "c"]},
    "a vector that is not finite": {"vectors": np.array([[1.0, 2.0], [3.0, float("nan")]])},
    "an infinite vector": {"vectors": np.array([[1.0, 2.0], [3.0, float("inf")]])},
    "a vector too large for float32": {"vectors": np.array([[1.0, 2.0], [3.0, 1e39]])},
}


@claim("skip-gram.is-word2vec")
def test_words_with_any_white_space_are_refused(impl, evidence):
    """Whatever `str.isspace` calls white space is refused in a word: at its start, inside or at its end."""
    good = {"words": ["word", "other"], "vectors": np.array([[1.0, 2.0], [3.0, 4.0]])}
    for i, space in enumerate(filter(str.isspace, map(chr, range(0x3001)))):
        word = (f"{space}b", f"a{space}b", f"a{space}")[i % 3]
        refuses(evidence, impl.skip_gram.word2vec_text, good, "vectors", words=[word, "other"])


@claim("skip-gram.is-word2vec")
@pytest.mark.parametrize("bad", BAD_TEXT.values(), ids=BAD_TEXT)
def test_text_that_would_not_be_read_back_is_refused(impl, evidence, bad):
    """Words that the format cannot hold, another number of them than of vectors, and vectors not finite are refused."""
    good = {"words": ["word", "other"], "vectors": np.array([[1.0, 2.0], [3.0, 4.0]])}
    refuses(evidence, impl.skip_gram.word2vec_text, good, *(() if "vectors" in bad else ("vectors",)), **bad)
