"""The decision over replicates: what it lets pass, counted pattern by pattern and on simulated data."""

import numpy as np
import pytest
from scipy.stats import binom

from spec.harness.claims.decision import false_pass_rate, needed, power, power_of_two_looks
from spec.harness.errors import Inconclusive, Outcome, Refuted
from spec.harness.evidence import evidence as evidence_module
from spec.selfcheck.examples import a_comparison, an_interval, evidence_for

DATASETS = 2000
MARGIN = 0.1


def patterns(n: int) -> np.ndarray:
    """Every way in which n replicates can be on the right side or not: (2ⁿ, n), bool."""
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)


def decided(verb: str, comparison, datasets: np.ndarray) -> list[Outcome]:
    """What the verb makes of each dataset."""
    evidence = evidence_for(c=comparison)

    def outcome(values: np.ndarray) -> Outcome:
        try:
            getattr(evidence, verb)(values, "c")
        except Refuted:
            return Outcome.REFUTED
        except Inconclusive:
            return Outcome.INCONCLUSIVE
        return Outcome.HOLDS

    return [outcome(values) for values in datasets]


def assert_rate(count: int, probability: float, exactly: bool) -> None:
    """`count` of all datasets is what chance makes of `probability`: no more, and if `exactly` no less."""
    least, most = binom.ppf([1e-6, 1 - 1e-6], DATASETS, probability)
    assert count <= most
    if exactly:
        assert count >= least


@pytest.fixture
def without_intervals(monkeypatch):
    """The bootstrap interval only describes; without it thousands of decisions take a second."""
    monkeypatch.setattr(evidence_module, "bootstrap_interval", lambda _: (0.0, 0.0))


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.001])
@pytest.mark.parametrize("n", range(10, 15))
def test_needed_is_the_smallest_significant_count(n, alpha):
    """Of all 2ⁿ patterns, those that hold make up at most alpha; with one replicate less to need it would be more."""
    counts = patterns(n).sum(axis=1)
    enough = needed(n, alpha)
    assert np.mean(counts >= enough) <= alpha < np.mean(counts >= enough - 1)


@pytest.mark.parametrize(
    ("verb", "comparison", "inside", "outside"),
    [
        pytest.param("exceeds", a_comparison(replicates=10), 0.2, 0.0, id="exceeds"),
        pytest.param("within", an_interval(-1.0, 1.0, replicates=10), 0.5, 2.0, id="within"),
    ],
)
@pytest.mark.usefixtures("without_intervals")
def test_the_count_decides_and_nothing_else(verb, comparison, inside, outside):
    """Evidence holds for exactly those patterns of ten replicates that have the needed count, in whatever order."""
    every = patterns(10)
    outcomes = decided(verb, comparison, np.where(every, inside, outside))
    holds = [outcome is Outcome.HOLDS for outcome in outcomes]
    assert holds == list(every.sum(axis=1) >= needed(10, 0.001))


@pytest.mark.parametrize("share", [0.5, 0.8, 0.97, 1.0])
@pytest.mark.parametrize("n", [10, 14])
def test_power_is_the_probability_of_the_patterns_that_hold(n, share):
    """Power is the sum of the probabilities of all patterns with the needed count."""
    counts = patterns(n).sum(axis=1)
    probability = share**counts * (1 - share) ** (n - counts)
    assert power(n, 0.001, share) == pytest.approx(probability[counts >= needed(n, 0.001)].sum(), abs=1e-12)


def test_the_false_pass_rate_is_the_power_at_even_odds():
    """With 12 replicates one of 4096 equally likely patterns holds."""
    assert false_pass_rate(12, 0.001) == pytest.approx(1 / 4096, rel=1e-12)


@pytest.mark.parametrize(("n", "may_miss"), [(10, 0), (12, 0), (13, 0), (14, 1), (17, 1), (18, 2), (20, 2), (21, 3)])
def test_how_many_may_miss_at_one_in_a_thousand(n, may_miss):
    """At alpha .001 as many replicates may miss as a reader can look up: none of 12, one of 14, two of 18."""
    assert needed(n, 0.001) == n - may_miss


@pytest.mark.parametrize(
    ("n", "right", "outcome"),
    [
        (12, 12, Outcome.HOLDS),
        (12, 11, Outcome.INCONCLUSIVE),
        (14, 13, Outcome.HOLDS),
        (14, 12, Outcome.INCONCLUSIVE),
        (18, 16, Outcome.HOLDS),
        (18, 15, Outcome.INCONCLUSIVE),
    ],
)
def test_evidence_at_the_needed_count(n, right, outcome):
    """Evidence holds at the needed count, and is inconclusive one below it."""
    values = np.where(np.arange(n) < right, 0.2, -0.2)
    assert decided("exceeds", a_comparison(replicates=n), [values]) == [outcome]


@pytest.mark.parametrize("n", range(1, 10))
def test_fewer_than_ten_replicates_decide_nothing(n):
    """At alpha .001 no count out of fewer than ten is enough, so that the power is nil."""
    assert needed(n, 0.001) is None
    assert power(n, 0.001, 1.0) == 0


@pytest.mark.parametrize("n", range(10, 41))
def test_evidence_cannot_hold_and_be_refuted_at_once(n):
    """More than half of the replicates are needed, so that not both sides can have as many."""
    assert needed(n, 0.001) > n / 2


# Distributions with P(value > 0) ≤ 1/2; exactly 1/2 where the flag says so.
AT_THE_MARGIN = [
    pytest.param(lambda rng, size: rng.normal(size=size), True, id="normal"),
    pytest.param(lambda rng, size: rng.lognormal(0, 2, size) - 1, True, id="skewed up"),
    pytest.param(lambda rng, size: 1 - rng.lognormal(0, 2, size), True, id="skewed down"),
    pytest.param(
        # Of the other nine in ten, 5/9 are above: Φ(0.1397) = 5/9.
        lambda rng, size: np.where(rng.random(size) < 0.1, -50.0, rng.normal(0.13971, 1, size)),
        True,
        id="one stuck seed in ten",
    ),
    pytest.param(
        lambda rng, size: np.where(rng.random(size) < 0.1, 50.0, rng.normal(-0.13971, 1, size)),
        True,
        id="one lucky seed in ten",
    ),
    pytest.param(lambda _, size: np.zeros(size), False, id="constant"),
    pytest.param(lambda rng, size: rng.choice([-0.05, 0, 0.05], size, p=[0.2, 0.3, 0.5]), True, id="heavily tied"),
    pytest.param(lambda rng, size: rng.binomial(20, 0.5, size) / 20 - 0.5, False, id="discrete"),
]


@pytest.mark.parametrize(("n", "alpha"), [(20, 0.05), (14, 0.001)])
@pytest.mark.parametrize(("draw", "even"), AT_THE_MARGIN)
@pytest.mark.usefixtures("without_intervals")
def test_false_passes_at_the_margin(draw, even, n, alpha):
    """Values that exceed the margin at most every other time pass as often as alpha allows, whatever they look like."""
    datasets = draw(np.random.default_rng(1), (DATASETS, n)) + MARGIN
    passed = decided("exceeds", a_comparison(replicates=n, alpha=alpha, margin=MARGIN), datasets)
    assert_rate(passed.count(Outcome.HOLDS), false_pass_rate(n, alpha), exactly=even)


@pytest.mark.parametrize(("draw", "even"), AT_THE_MARGIN)
@pytest.mark.usefixtures("without_intervals")
def test_false_refutations_at_zero(draw, even):
    """Values that lie below zero at most every other time are refuted as often as alpha allows."""
    datasets = -draw(np.random.default_rng(2), (DATASETS, 20))
    outcomes = decided("exceeds", a_comparison(replicates=20, alpha=0.05, margin=MARGIN), datasets)
    assert_rate(outcomes.count(Outcome.REFUTED), false_pass_rate(20, 0.05), exactly=even)


# Distributions of which half lies in the interval.
HALF_INSIDE = [
    pytest.param(lambda rng, size: rng.lognormal(0, 2, size), np.exp([-1.34898, 1.34898]), id="skewed"),
    pytest.param(
        lambda rng, size: np.where(rng.random(size) < 0.1, -50, rng.uniform(0, 9, size)), (0, 5), id="one stuck in ten"
    ),
    pytest.param(lambda rng, size: rng.integers(0, 10, size), (3, 7), id="discrete, ends included"),
    pytest.param(lambda rng, size: rng.choice([0.0, 1.0], size), (0, 0.5), id="heavily tied"),
]


@pytest.mark.parametrize(("draw", "interval"), HALF_INSIDE)
@pytest.mark.usefixtures("without_intervals")
def test_false_equivalence(draw, interval):
    """Values of which half lie in the interval are found within it, or outside, as often as alpha allows."""
    datasets = draw(np.random.default_rng(3), (DATASETS, 20))
    outcomes = decided("within", an_interval(*interval, replicates=20, alpha=0.05), datasets)
    assert_rate(outcomes.count(Outcome.HOLDS), false_pass_rate(20, 0.05), exactly=True)
    assert_rate(outcomes.count(Outcome.REFUTED), false_pass_rate(20, 0.05), exactly=True)


@pytest.mark.usefixtures("without_intervals")
def test_a_true_effect_passes_as_often_as_its_power_says():
    """Where 97 of 100 replicates exceed the margin, 14 replicates hold as often as the registered power."""
    values = np.where(np.random.default_rng(4).random((DATASETS, 14)) < 0.97, 0.2, 0.0)
    outcomes = decided("exceeds", a_comparison(replicates=14), values)
    assert_rate(outcomes.count(Outcome.HOLDS), power(14, 0.001, 0.97), exactly=True)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_two_looks_hold_as_often_as_their_patterns(share):
    """Enumerating every course of 10, then 14 replicates gives the power of two looks; at even odds at most alpha."""
    first, second = needed(10, 0.01 / 2), needed(14, 0.01 / 2)
    ten, four = patterns(10).sum(1), patterns(4).sum(1)
    early = np.repeat(ten, len(four))
    late = early + np.tile(four, len(ten))
    probability = share**late * (1 - share) ** (14 - late)
    refuted = 10 - early >= first
    holds = (early >= first) | (~refuted & (late >= second))
    assert power_of_two_looks(10, 14, 0.01, share) == pytest.approx(probability[holds].sum(), abs=1e-12)
    assert power_of_two_looks(10, 14, 0.01, 0.5) <= 0.01
