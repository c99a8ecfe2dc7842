"""Which of many effects shrank: false alarms, power, and the permutation test behind both."""

import numpy as np
import pytest
from scipy import stats

from spec.harness.regression import effects, shrinkage


@pytest.fixture(params=[True, False], ids=["paired", "two samples"])
def paired(request):
    """Whether both runs have the same seeds."""
    return request.param


def drawn(rng, counts, spread=1.0):
    """Values of many comparisons that depend on each other: a replicate's share in all of them, and its own noise."""
    shared = rng.standard_normal(max(counts))
    noise = (rng.standard_normal(n) if k % 3 else rng.standard_t(2, n).round(1) for k, n in enumerate(counts))
    return [spread * (0.7 * shared[: len(values)] + values) for values in noise]


def p_shrank(before, after, paired):
    """The adjusted p-values of having shrunk."""
    return shrinkage.adjusted_p_values(before, after, paired)[0]


def test_false_alarms_stay_within_the_level(monkeypatch, paired):
    """Between runs of the same thing, any of many dependent effects is named no more often than the level admits."""
    monkeypatch.setattr(shrinkage, "RELABELLINGS", 500)
    rng = np.random.default_rng(11)
    counts, runs, level = [10] * 5 + [14] * 20 + [18] * 15, 400, 0.1
    alarms = 0
    for _ in range(runs):
        # What a seed fixes is the same in both runs where they are paired: it cancels, and only the rest is noise.
        fixed = drawn(rng, counts, spread=5) if paired else [0.0] * len(counts)
        before, after = ([f + noise for f, noise in zip(fixed, drawn(rng, counts), strict=True)] for _ in range(2))
        alarms += (p_shrank(before, after, paired) <= level).any()
    assert alarms <= stats.binom.ppf(0.9999, runs, level)
    assert alarms >= stats.binom.ppf(0.0001, runs, level / 4), "so conservative that it must be blind"


def test_one_shrunk_effect_among_200_is_found(monkeypatch, paired):
    """14 replicates find a shift by 2.5 standard deviations nine times in ten, and blame no other comparison for it."""
    monkeypatch.setattr(shrinkage, "RELABELLINGS", 1000)
    rng = np.random.default_rng(12)
    counts, runs = [14] * 120 + [18] * 80, 100
    hits = others = 0
    for _ in range(runs):
        before, after = ([rng.standard_normal(n) for n in counts] for _ in range(2))
        # The standard deviation of a difference between pairs is √2 here.
        after[7] = after[7] - 2.5 * (2**0.5 if paired else 1)
        named = np.flatnonzero(p_shrank(before, after, paired) <= effects.LEVEL)
        hits += 7 in named
        others += bool(set(named) - {7})
    assert hits >= 0.9 * runs
    assert others <= stats.binom.ppf(0.9999, runs, effects.LEVEL)


def test_one_comparison_alone_is_the_permutation_test(paired):
    """With nothing to adjust for, the p-value is that of SciPy's exact permutation test of the mean."""
    rng = np.random.default_rng(13)
    before, after = rng.standard_normal(8) + 0.7, rng.standard_normal(8)
    exact = stats.permutation_test(
        (before, after),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        permutation_type="samples" if paired else "independent",
        alternative="greater",
        n_resamples=np.inf,
    ).pvalue
    assert 0.01 < exact < 0.5
    assert p_shrank([before], [after], paired)[0] == pytest.approx(exact, abs=4 * (exact / 10_000) ** 0.5)


def test_t_is_students():
    """What comparisons of different numbers of replicates are held against each other by is Student's t."""
    rng = np.random.default_rng(16)
    counts = np.array([10, 14, 18])
    before, after = ([rng.standard_normal(n) for n in counts] for _ in range(2))
    for ours, theirs in ((shrinkage._t_of_pairs, stats.ttest_rel), (shrinkage._t_of_two_samples, stats.ttest_ind)):
        expected = [theirs(b, a).statistic for b, a in zip(before, after, strict=True)]
        np.testing.assert_allclose(ours(before, after, counts)[0], expected, rtol=1e-6)


def test_constant_and_equal_values(paired):
    """A constant that falls is found beside one that does not; equal values have p = 1, and so has no comparison."""
    ones = [np.ones(10), np.ones(14), np.linspace(0, 1, 18)]
    p = p_shrank(ones, [np.ones(10), np.full(14, 0.9), np.linspace(0, 1, 18)], paired)
    assert p[0] == p[2] == 1
    assert p[1] < 0.001
    assert p_shrank([], [], paired).size == 0


def test_permuted_replicates_have_not_shrunk(paired):
    """The same values in another order are no smaller; and it does not matter in which order both runs have theirs."""
    rng = np.random.default_rng(14)
    before, after = rng.standard_normal(18) + 1, rng.standard_normal(18)
    order = rng.permutation(18)
    assert p_shrank([before], [before[order]], paired)[0] > 0.1
    there, here = p_shrank([before], [after], paired)[0], p_shrank([before[order]], [after[order]], paired)[0]
    assert there == pytest.approx(here, abs=0.005)


def test_replicates_change_places_with_those_in_the_same_comparisons():
    """Relabelled runs have as many replicates of every comparison as before, and the observed labels come first."""
    signs = shrinkage._labels(np.array([3, 5, 5]), np.random.default_rng(0)).reshape(-1, 2, 5)
    assert (signs[0] == [[1] * 5, [-1] * 5]).all()
    assert (signs[:, :, :3].sum(axis=(1, 2)) == 0).all()
    assert (signs[:, :, 3:].sum(axis=(1, 2)) == 0).all()
    assert len(np.unique(signs[:, 0, :3].sum(axis=1))) == 4


def test_t_does_not_depend_on_the_order_of_summation():
    """The same differences in another order have the same t, to the last bit, however large it is."""
    rng = np.random.default_rng(15)
    for spread in (1e-7, 1e-4, 0.1):
        rows = np.stack([rng.permutation(1 + spread * np.arange(13)) for _ in range(50)], axis=1)
        t = shrinkage._t(rows, np.ones((1, 13)), np.full(50, 13), np.full(50, 12))
        assert len(np.unique(t)) == 1


def test_as_many_values_of_each_are_needed():
    """Values that do not match are refused, with their numbers."""
    with pytest.raises(ValueError, match=r"before has \[3\] values, after \[2\]; expected as many"):
        shrinkage.adjusted_p_values([np.ones(3)], [np.ones(2)], paired=True)
