"""The sign test over replicates: what it lets pass, counted pattern by pattern and on simulated data."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from spec.harness.claims.decision import Above, Within, lower_bound, needed, power, region_of, sign_test
from spec.harness.errors import Outcome

DATASETS = 2000
MARGIN = 0.1


def patterns(n: int) -> np.ndarray:
    """Every way in which n replicates can be on the right side or not: (2ⁿ, n), bool."""
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(bool)


def outcomes(region, datasets: np.ndarray, alpha: float = 0.001) -> list[Outcome]:
    """What the sign test makes of each dataset, a row of replicates."""
    return [sign_test(region, values, len(values), alpha).outcome for values in datasets]


def assert_rate(count: int, probability: float, exactly: bool = True) -> None:
    """`count` of all datasets is what chance makes of `probability`: no more, and if `exactly` no less."""
    least, most = binom.ppf([1e-6, 1 - 1e-6], DATASETS, probability)
    assert count <= most
    if exactly:
        assert count >= least


@pytest.mark.parametrize(
    ("region", "right", "wrong", "words"),
    [
        (Above(0.25), [0, 0, 0, 1], [1, 0, 0, 0], ("exceed +0.25", "> +0.25", "below zero", "+0.333")),
        (Above(0.25, 0.2), [0, 0, 0, 1], [1, 1, 0, 0], ("exceed +0.25", "> +0.25", "below chance (0.2)", "+0.333")),
        (
            Within(0, 0.25),
            [0, 1, 1, 0],
            [1, 0, 0, 1],
            ("lie in [0, 0.25]", "in [0, 0.25]", "outside [0, 0.25]", "0.333"),
        ),
    ],
    ids=["above", "above, with a chance", "within"],
)
def test_a_region_has_sides_and_words(region, right, wrong, words):
    """A tie with a margin is not above it, the ends of an interval are within; `claims.json` has the way back."""
    values = np.array([-0.5, 0.0, 0.25, 0.75])
    assert region.right(values).tolist() == [bool(side) for side in right]
    assert region.wrong(values).tolist() == [bool(side) for side in wrong]
    assert (region.room(values)[region.right(values)] >= 0).all()
    assert (region.room(values)[region.wrong(values)] < 0).all()
    assert (region.target, region.short, region.wrong_side, region.number(1 / 3)) == words
    assert region_of(region.margin, getattr(region, "chance", 0.0)) == region


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.001])
@pytest.mark.parametrize("n", range(10, 15))
def test_needed_is_the_smallest_significant_count(n, alpha):
    """Of all 2ⁿ patterns, those that hold make up at most alpha; with one replicate less to need it would be more."""
    counts = patterns(n).sum(axis=1)
    enough = needed(n, alpha)
    assert np.mean(counts >= enough) <= alpha < np.mean(counts >= enough - 1)
    assert binomtest(enough, n, alternative="greater").pvalue <= alpha


@pytest.mark.parametrize(("region", "right", "neither"), [(Above(0.1), 0.2, 0.0), (Within(-1.0, 1.0), 0.5, 1.5)])
def test_the_count_decides_and_nothing_else(region, right, neither):
    """Evidence holds for exactly those patterns of ten replicates that have the needed count, in whatever order."""
    every = patterns(10)
    holds = [outcome is Outcome.HOLDS for outcome in outcomes(region, np.where(every, right, neither))]
    assert holds == list(every.sum(axis=1) >= needed(10, 0.001))


@pytest.mark.parametrize(("n", "may_miss"), [(10, 0), (12, 0), (13, 0), (14, 1), (17, 1), (18, 2), (20, 2), (21, 3)])
@pytest.mark.parametrize("sign", [1, -1])
def test_how_many_may_miss_at_one_in_a_thousand(n, may_miss, sign):
    """As many replicates may miss as a reader can look up: none of 12, one of 14, two of 18."""
    values = np.where(np.arange(n) < n - may_miss, 0.2, -0.2) * sign
    decision = sign_test(Above(0.1), values, n, 0.001)
    assert decision.outcome is (Outcome.HOLDS if sign > 0 else Outcome.REFUTED)
    assert sorted((decision.right, decision.wrong)) == [may_miss, n - may_miss]
    assert decision.needed == n - may_miss
    values[0] *= -1
    assert outcomes(Above(0.1), [values]) == [Outcome.INCONCLUSIVE]


def test_only_the_first_replicates_decide():
    """What an experiment trained for a later look is left out; too few values are an error."""
    values = np.array([0.2] * 12 + [-9.0] * 3)
    assert sign_test(Above(0.1), values, 12, 0.001).right == 12
    for replicates in (9, 16):
        with pytest.raises(ValueError, match=f"replicates = {replicates}: cannot decide at alpha = 0.001 with 15"):
            sign_test(Above(0.1), values, replicates, 0.001)


def test_ten_replicates_are_the_least_and_more_than_half_are_needed():
    """At alpha .001 no count out of fewer is significant; and never can both sides have as many as it takes."""
    assert {(needed(n, 0.001), power((n,), 0.001, 1.0)) for n in range(1, 10)} == {(None, 0.0)}
    assert all(needed(n, 0.001) > n / 2 for n in range(10, 41))


@pytest.mark.parametrize("share", [0.5, 0.9, 0.98, 1.0])
@pytest.mark.parametrize("looks", [(10,), (14,), (10, 14)])
def test_power_is_the_probability_of_the_patterns_that_hold(looks, share):
    """Enumerating every course of the replicates gives the power; at even odds it is at most alpha."""
    every, alpha = patterns(looks[-1]), 0.01
    holds, undecided = np.zeros(len(every), bool), np.ones(len(every), bool)
    for n in looks:
        right, enough = every[:, :n].sum(axis=1), needed(n, alpha / len(looks))
        holds |= undecided & (right >= enough)
        undecided &= np.maximum(right, n - right) < enough
    probability = share ** every.sum(axis=1) * (1 - share) ** (~every).sum(axis=1)
    assert power(looks, alpha, share) == pytest.approx(probability[holds].sum(), abs=1e-12)
    assert power(looks, alpha, 0.5) <= alpha


def test_the_default_looks_are_powerful():
    """The figures that the documents state: 11 of 11, else 23 of 28; .99999 where 216 of 216 replicates were right."""
    assert (needed(11, 0.0005), needed(28, 0.0005)) == (11, 23)
    assert power((11, 28), 0.001, 0.5) <= 0.001
    assert round(lower_bound(216, 216), 4) == 0.9862
    assert power((11, 28), 0.001, lower_bound(216, 216)) > 0.99999


@pytest.mark.parametrize(("right", "of"), [(0, 12), (1, 12), (9, 12), (12, 12), (215, 216), (270, 288)])
def test_the_lower_bound_is_clopper_and_pearsons(right, of):
    """At the bound, as many successes or more are as improbable as 5 %; scipy computes the same interval."""
    expected = binomtest(right, of, alternative="greater").proportion_ci(0.95, method="exact").low
    assert lower_bound(right, of) == pytest.approx(expected, abs=1e-12)


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
def test_false_passes_at_the_margin(draw, even, n, alpha):
    """Values that exceed the margin at most every other time pass as often as alpha allows, whatever they look like."""
    datasets = draw(np.random.default_rng(1), (DATASETS, n)) + MARGIN
    passes = outcomes(Above(MARGIN), datasets, alpha).count(Outcome.HOLDS)
    assert_rate(passes, power((n,), alpha, 0.5), exactly=even)


@pytest.mark.parametrize("chance", [0.0, 0.05])
@pytest.mark.parametrize(("draw", "even"), AT_THE_MARGIN)
def test_false_refutations_at_chance(draw, even, chance):
    """Values that lie below chance at most every other time are refuted as often as alpha allows."""
    datasets = chance - draw(np.random.default_rng(2), (DATASETS, 20))
    refutations = outcomes(Above(MARGIN, chance), datasets, 0.05).count(Outcome.REFUTED)
    assert_rate(refutations, power((20,), 0.05, 0.5), exactly=even)


@pytest.mark.parametrize(
    ("region", "value", "outcome"),
    [
        pytest.param(Within(-0.1, 0.1), 0.2, Outcome.HOLDS, id="half the width is the farthest"),
        pytest.param(Within(-0.1, 0.1), 0.21, Outcome.INCONCLUSIVE, id="beyond it"),
        pytest.param(Within(-0.1, 0.1), -0.5, Outcome.INCONCLUSIVE, id="on the other side"),
        pytest.param(Within(-0.1, 0.1, worst=0.0), 0.11, Outcome.INCONCLUSIVE, id="none may lie outside"),
        pytest.param(Within(-0.1, 1.0, worst=0.2), -0.3, Outcome.HOLDS, id="as far as is said"),
        pytest.param(Within(-0.1, 1.0, worst=0.2), -0.31, Outcome.INCONCLUSIVE, id="farther than is said"),
        pytest.param(Above(-0.1), -0.5, Outcome.HOLDS, id="above a margin only the count decides"),
    ],
)
def test_one_collapsed_replicate_is_not_level(region, value, outcome):
    """Of twenty-eight, five may miss an interval, but none may lie far outside."""
    values = np.array([0.0] * 27 + [value])
    assert sign_test(region, values, 28, 0.0005).outcome is outcome
    assert sign_test(region, np.full(28, 9.0 if region.verb == "within" else -9.0), 28, 0.0005).outcome is (
        Outcome.REFUTED
    )


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
def test_false_equivalence(draw, interval):
    """Values of which half lie in the interval are found within it, or outside, as often as alpha allows."""
    decisions = outcomes(Within(*interval, worst=np.inf), draw(np.random.default_rng(3), (DATASETS, 20)), 0.05)
    assert_rate(decisions.count(Outcome.HOLDS), power((20,), 0.05, 0.5))
    assert_rate(decisions.count(Outcome.REFUTED), power((20,), 0.05, 0.5))
