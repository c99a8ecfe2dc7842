"""Question 2b: which metric suits the search for thieves. Positive means thief."""

from functools import partial
from itertools import pairwise, product
from statistics import harmonic_mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.laws import refuses
from spec.harness import Evidence, Implementation, claim, seed_of_test

from .experiments import ThiefScores, TrainedScores
from .strategies import (
    CROWD,
    RATIO,
    Counts,
    Scored,
    calibrated_populations,
    check_refusals,
    check_scores_are_finite,
    counts,
    crowd,
    panels,
    predictions,
    ratio,
    scored,
)

PRICES = st.integers(0, 800).map(lambda eighths: eighths / 8)
"""Costs of one error: multiples of 1/8, so that their sums are exact."""


@claim("metrics.errors-are-costly")
@settings(max_examples=50)
@given(predictions(), PRICES, PRICES)
def test_cost_is_the_sum_of_both_kinds_of_error(impl, evidence, labels, c_fp, c_fn):
    """The cost is c_fp for every innocent accused and c_fn for every thief missed."""
    count = labels.counts()
    cost = impl.metrics.cost(*labels, c_fp, c_fn)
    evidence.equal(cost, c_fp * count.fp + c_fn * count.fn, "cost, and c_fp · FP + c_fn · FN")


@claim("metrics.errors-are-costly")
@settings(max_examples=50)
@given(predictions(), PRICES, PRICES, st.integers(0))
def test_one_more_error_costs_its_price(impl, evidence, labels, c_fp, c_fn, which):
    """Turning one right prediction into an error raises the cost by that error's price, and so never lowers it."""
    right = np.flatnonzero(labels.y_true == labels.y_pred)
    worse = labels.y_pred.copy()
    spoilt = right[[which % len(right)]] if len(right) else right
    worse[spoilt] = 1 - worse[spoilt]
    rise = impl.metrics.cost(labels.y_true, worse, c_fp, c_fn) - impl.metrics.cost(*labels, c_fp, c_fn)
    price = float(np.where(labels.y_true[spoilt] == 1, c_fn, c_fp).sum())
    evidence.equal(rise, price, "rise in cost with one more error, and the error's price")


@claim("metrics.errors-are-costly")
def test_the_errors_of_a_crowd_cost_billions(impl, evidence):
    """At any costs, 0 and millions among them, a large sample costs the sum of its errors' costs."""
    for c_fp, c_fn in ((25_000.125, 1_000_000.0), (0.0, 3_000_000.5), (1e-3, 0.0)):
        cost, expected = impl.metrics.cost(*CROWD.predictions(), c_fp, c_fn), c_fp * CROWD.fp + c_fn * CROWD.fn
        evidence.equal(cost, expected, "cost of a crowd, and c_fp · FP + c_fn · FN")


@claim("metrics.errors-are-costly")
def test_bad_prices_and_labels_are_refused_by_cost(impl, evidence):
    """Costs that are negative, NaN or infinite, and invalid labels are refused, also where there is no such error."""
    prices = {"false_positive_cost": 1.0, "false_negative_cost": 1.0}
    check_refusals(evidence, impl.metrics.cost, **prices)
    for y_pred in ([1, 0], [0, 1], [1, 1], [0, 0]):
        labels = {"y_true": np.array([0, 1]), "y_pred": np.array(y_pred)}
        for price in (-1.0, np.nan, np.inf):
            for name in prices:
                refuses(evidence, impl.metrics.cost, labels | prices, **{name: price})


@claim("metrics.accuracy-is-not-enough")
@settings(max_examples=50)
@given(counts(least=1), st.floats(10, 1e6), st.integers(0))
def test_equal_accuracy_hides_very_different_costs(impl, evidence, count, times, which):
    """At any prevalence k false alarms and k misses are equally accurate, and differ in cost as their prices do."""
    thieves, innocents = count.tp, count.tn
    k = 1 + which % min(thieves, innocents)
    alarms = Counts(tp=thieves, fp=k, fn=0, tn=innocents - k).predictions()
    misses = Counts(tp=thieves - k, fp=0, fn=k, tn=innocents).predictions()
    accuracy = impl.metrics.accuracy(*alarms)
    evidence.equal(accuracy, 1 - k / (thieves + innocents), "accuracy with k errors, and 1 − k/N", RATIO)
    evidence.equal(impl.metrics.accuracy(*misses), accuracy, "accuracy with k misses, and with k false alarms", RATIO)
    for dear, cheap, prices in ((alarms, misses, (times, 1.0)), (misses, alarms, (1.0, times))):
        factor = impl.metrics.cost(*dear, *prices) / max(impl.metrics.cost(*cheap, *prices), 1e-300)
        evidence.equal(factor, times, "ratio of the two costs, and ratio of the two prices")


@claim("metrics.accuracy-is-not-enough")
@settings(max_examples=50)
@given(counts(least=1))
def test_acquitting_everyone_is_accurate_and_catches_nobody(impl, evidence, count):
    """Calling everyone innocent has accuracy 1 − prevalence and recall 0."""
    thieves, innocents = count.tp, count.tn
    labels = Counts(tp=0, fp=0, fn=thieves, tn=innocents).predictions()
    prevalence = thieves / (thieves + innocents)
    evidence.equal(impl.metrics.accuracy(*labels), 1 - prevalence, "accuracy, and 1 − prevalence", RATIO)
    evidence.equal(impl.metrics.recall(*labels), 0.0, "recall, and 0")


@claim("metrics.accuracy-is-not-enough")
def test_accuracy_of_a_crowd_is_a_share_of_all(impl, evidence):
    """Accuracy is (tp + tn) / n for a large sample too."""
    accuracy = (CROWD.tp + CROWD.tn) / sum(CROWD)
    evidence.equal(
        impl.metrics.accuracy(*CROWD.predictions()), accuracy, "accuracy in a crowd, and (tp + tn) / n", RATIO
    )


@claim("metrics.accuracy-is-not-enough")
def test_bad_labels_are_refused_by_accuracy(impl, evidence):
    """Labels other than 0 and 1, unequal lengths and no samples are refused."""
    check_refusals(evidence, impl.metrics.accuracy)


@claim("metrics.accuracy-is-not-enough", role="boundary")
@settings(max_examples=50)
@given(predictions(), PRICES)
def test_with_equal_costs_accuracy_says_it_all(impl, evidence, labels, price):
    """Where both errors cost c, the cost is c · N · (1 − accuracy)."""
    share = impl.metrics.cost(*labels, price, price) / len(labels.y_true)
    expected = price * (1 - impl.metrics.accuracy(*labels))
    evidence.equal(share, expected, "cost / N, and c · (1 − accuracy)", RATIO * max(1, price))


@claim("metrics.precision")
@settings(max_examples=50)
@given(predictions())
def test_precision_is_the_share_of_thieves_among_the_flagged(impl, evidence, labels):
    """Precision is tp / (tp + fp), and 0 where nobody is flagged."""
    tp, fp, *_ = labels.counts()
    evidence.equal(impl.metrics.precision(*labels), ratio(tp, tp + fp), "precision, and tp / (tp + fp)", RATIO)


@claim("metrics.precision")
@settings(max_examples=10)
@given(panels())
def test_precision_is_that_of_scikit_learn(impl, evidence, panel):
    """Precision equals scikit-learn's on 1000 problems."""
    from sklearn.metrics import precision_score

    ours = [impl.metrics.precision(*problem) for problem in panel.problems()]
    theirs = precision_score(*panel, average=None, zero_division=0).tolist()
    evidence.equal(ours, theirs, "precision and scikit-learn's", RATIO)


@claim("metrics.precision")
def test_precision_is_that_of_a_crowd_too(impl, evidence):
    """For a large sample precision is tp / (tp + fp) too."""
    expected = CROWD.tp / (CROWD.tp + CROWD.fp)
    evidence.equal(
        impl.metrics.precision(*CROWD.predictions()), expected, "precision in a crowd, and tp / (tp + fp)", RATIO
    )


@claim("metrics.precision")
def test_bad_labels_are_refused_by_precision(impl, evidence):
    """Labels other than 0 and 1, unequal lengths and no samples are refused."""
    check_refusals(evidence, impl.metrics.precision)


@claim("metrics.false-alarms")
@settings(max_examples=50)
@given(counts().filter(lambda count: count.tp + count.fp > 0))
def test_the_innocent_share_of_the_flagged_is_one_minus_precision(impl, evidence, count):
    """1 − precision is the false discovery rate fp / (fp + tp) wherever anybody is flagged."""
    precision = impl.metrics.precision(*count.predictions())
    evidence.equal(1 - precision, count.fp / (count.fp + count.tp), "1 − precision, and fp / (fp + tp)", RATIO)


@claim("metrics.false-alarms")
@settings(max_examples=50)
@given(counts(least=1), st.integers(2, 5))
def test_it_is_not_the_false_positive_rate(impl, evidence, count, times):
    """With several times as many innocents, flagged at the same rate, fp / (fp + tn) stays and 1 − precision rises."""
    crowd = count._replace(fp=count.fp * times, tn=count.tn * times)
    before, after = (1 - impl.metrics.precision(*group.predictions()) for group in (count, crowd))
    evidence.equal(crowd.fp / (crowd.fp + crowd.tn), count.fp / (count.fp + count.tn), "fp / (fp + tn) in both crowds")
    evidence.true(after > before, "1 − precision rises with the number of innocents", before=before, after=after)


@claim("metrics.recall")
@settings(max_examples=50)
@given(predictions())
def test_recall_is_the_share_of_thieves_who_were_caught(impl, evidence, labels):
    """Recall is tp / (tp + fn), and 0 where there are no thieves."""
    tp, _, fn, _ = labels.counts()
    evidence.equal(impl.metrics.recall(*labels), ratio(tp, tp + fn), "recall, and tp / (tp + fn)", RATIO)


@claim("metrics.recall")
@settings(max_examples=10)
@given(panels())
def test_recall_is_that_of_scikit_learn(impl, evidence, panel):
    """Recall equals scikit-learn's on 1000 problems."""
    from sklearn.metrics import recall_score

    ours = [impl.metrics.recall(*problem) for problem in panel.problems()]
    theirs = recall_score(*panel, average=None, zero_division=0).tolist()
    evidence.equal(ours, theirs, "recall and scikit-learn's", RATIO)


@claim("metrics.recall")
def test_recall_is_that_of_a_crowd_too(impl, evidence):
    """For a large sample recall is tp / (tp + fn) too."""
    expected = CROWD.tp / (CROWD.tp + CROWD.fn)
    evidence.equal(impl.metrics.recall(*CROWD.predictions()), expected, "recall in a crowd, and tp / (tp + fn)", RATIO)


@claim("metrics.recall")
def test_bad_labels_are_refused_by_recall(impl, evidence):
    """Labels other than 0 and 1, unequal lengths and no samples are refused."""
    check_refusals(evidence, impl.metrics.recall)


@claim("metrics.trade-off")
@settings(max_examples=50)
@given(scored())
def test_recall_never_rises_with_the_threshold(impl, evidence, people):
    """Along all distinct scores taken as thresholds, ascending, recall goes from everyone caught only downwards."""
    curve = impl.metrics.precision_recall_curve(*people)
    evidence.equal(curve["thresholds"], np.unique(people.scores), "thresholds, and the distinct scores", 0)
    everyone = float(people.y_true.any())
    evidence.equal(curve["recall"][0], everyone, "recall at the lowest score, and 1 if there are thieves")
    evidence.true(np.append(-np.diff(curve["recall"]), 0) >= 0, "recall never rises", recall=curve["recall"])


def check_curve(impl: Implementation, evidence: Evidence, people: Scored) -> None:
    """Each point of the curve is precision and recall of flagging whoever scores at least the threshold."""
    curve = impl.metrics.precision_recall_curve(*people)
    thresholds, caught, flagged = people.counts_by_threshold()
    evidence.equal(curve["thresholds"], thresholds, "thresholds, and the distinct scores", 0)
    evidence.equal(curve["precision"], caught / flagged, "precision at each threshold, by definition", RATIO)
    thieves = max(people.y_true.sum(), 1)
    evidence.equal(curve["recall"], caught / thieves, "recall at each threshold, by definition", RATIO)


@claim("metrics.trade-off")
@settings(max_examples=50)
@given(scored())
def test_the_curve_is_that_of_flagging_at_each_threshold(impl, evidence, people):
    """Each point of the curve is precision and recall of flagging whoever scores at least the threshold."""
    check_curve(impl, evidence, people)


@claim("metrics.trade-off")
@pytest.mark.parametrize("n", [1000, 150_000])
def test_the_curve_of_a_crowd_has_every_point(impl, evidence, n):
    """For thousands of people the curve has every score as a threshold, each counts, and each is flagged or not."""
    people = crowd(n)
    check_curve(impl, evidence, people)
    for threshold in (0.25, float(np.nextafter(people.scores[0], np.inf))):
        expected = (people.scores >= threshold).astype(int)
        flagged = impl.metrics.classify(people.scores, threshold)
        evidence.equal(flagged, expected, "who is flagged, and who scores at least the threshold")


@claim("metrics.trade-off")
def test_a_curve_has_as_many_points_as_scores(impl, evidence):
    """Of 250 000 people who all score otherwise, each score is a threshold."""
    rng, n = np.random.default_rng(seed_of_test()), 250_000
    check_curve(impl, evidence, Scored(rng.integers(0, 2, n), rng.permutation(n) / 4))


@claim("metrics.trade-off")
@settings(max_examples=50)
@given(scored(), st.integers(0))
def test_who_is_flagged_scores_at_least_the_threshold(impl, evidence, people, which):
    """Whoever scores the threshold is flagged, and nobody below, by however little."""
    score = float(people.scores[which % len(people.scores)])
    for threshold in (score, float(np.nextafter(score, np.inf)), float(np.nextafter(score, -np.inf))):
        expected = (people.scores >= threshold).astype(int)
        flagged = impl.metrics.classify(people.scores, threshold)
        evidence.equal(flagged, expected, "who is flagged, and who scores at least the threshold")


@claim("metrics.trade-off")
def test_bad_scores_and_thresholds_are_refused(impl, evidence):
    """Scores that are NaN or infinite, a threshold that is NaN, no samples and invalid labels are refused."""
    check_refusals(evidence, impl.metrics.precision_recall_curve, scored=True)
    good = {"scores": np.array([0.5, 0.25, 1.0]), "threshold": 0.5}
    check_scores_are_finite(evidence, impl.metrics.classify, good)
    refuses(evidence, impl.metrics.classify, good, scores=np.zeros(0))
    refuses(evidence, impl.metrics.classify, good, threshold=np.nan)


@claim("metrics.trade-off")
@settings(max_examples=50)
@given(calibrated_populations())
def test_precision_never_falls_where_the_score_orders_the_risk(impl, evidence, people):
    """In a population in which P(thief given s) increases with s, precision never falls as the threshold rises."""
    curve = impl.metrics.precision_recall_curve(*people)
    prevalence = people.y_true.mean()
    evidence.equal(curve["precision"][0], prevalence, "precision of flagging everyone, and the prevalence", RATIO)
    rises = np.append(np.diff(curve["precision"]), 0)
    evidence.true(rises >= -2 * RATIO, "precision never falls", precision=curve["precision"])


@claim("metrics.trade-off", role="boundary")
def test_on_a_sample_precision_may_fall(impl, evidence):
    """Among all truths about four people with the scores 1, 2, 3, 4, many let precision fall as the threshold rises."""
    scores = np.arange(1.0, 5.0)
    for truth in product([0, 1], repeat=4):
        precision = impl.metrics.precision_recall_curve(np.array(truth), scores)["precision"]
        falls, out_of_order = (np.diff(precision) < -2 * RATIO).any(), any(a > b for a, b in pairwise(truth))
        evidence.equal(bool(falls), out_of_order, "precision falls somewhere, and a thief scores below an innocent")


@claim("metrics.f1-suits")
@settings(max_examples=50)
@given(calibrated_populations())
def test_the_best_threshold_for_f1_is_half_the_best_f1(impl, evidence, people):
    """In a population with P(thief given s) = s, exactly those are flagged whose score exceeds half the best F1."""
    threshold = impl.metrics.best_f1_threshold(*people)
    at_least = np.unique(people.scores)[:, None] <= people.scores
    half = np.max(at_least @ people.y_true / (at_least.sum(axis=1) + people.y_true.sum()))
    numbers = {"threshold": threshold, "half": half}
    evidence.true(np.isin(threshold, people.scores), "the threshold is one of the scores", threshold=threshold)
    evidence.true(threshold >= half - 1e-12, "nobody below F*/2 is flagged", **numbers)
    spared = np.append(people.scores[people.scores < threshold], 0)
    evidence.true(spared <= half + 1e-12, "everybody above F*/2 is flagged", **numbers)


def check_best_threshold(impl: Implementation, evidence: Evidence, people: Scored) -> float:
    """The threshold of best F1 is one of the scores, and none of the others has a higher F1."""
    threshold = impl.metrics.best_f1_threshold(*people)
    thresholds, caught, flagged = people.counts_by_threshold()
    evidence.true(np.isin(threshold, thresholds), "the threshold is one of the scores", threshold=threshold)
    f1 = 2 * caught / (flagged + people.y_true.sum())
    reached = f1[np.searchsorted(thresholds, threshold)]
    evidence.true(reached >= f1.max() - 2 * RATIO, "no other score gives a higher F1", reached=reached, best=f1.max())
    return threshold


@claim("metrics.f1-suits")
@settings(max_examples=50)
@given(scored())
def test_no_other_threshold_has_a_higher_f1(impl, evidence, people):
    """Whatever the scores, the best threshold is one of them, and the lowest of all if there are no thieves."""
    threshold = check_best_threshold(impl, evidence, people)
    if not people.y_true.any():
        evidence.equal(
            threshold, people.scores.min(), "the threshold where F1 is 0 everywhere, and the lowest score", 0
        )


@claim("metrics.f1-suits")
@pytest.mark.parametrize("n", [1000, 150_000])
def test_no_other_threshold_of_a_crowd_has_a_higher_f1(impl, evidence, n):
    """Among thousands of people the best score is found."""
    check_best_threshold(impl, evidence, crowd(n))


@claim("metrics.f1-suits")
@pytest.mark.parametrize("n", [100, 10_000, 250_000])
def test_of_two_thresholds_that_are_nearly_as_good_the_better_is_found(impl, evidence, n):
    """All but one are thieves, and that one scores lowest: F1 is 1 without that one, and 1/(2n) less with."""
    y_true, scores = np.ones(n, dtype=int), np.ones(n)
    y_true[n // 2], scores[n // 2] = 0, 0.5
    evidence.equal(impl.metrics.best_f1_threshold(y_true, scores), 1.0, "the best threshold, and the higher score", 0)


@claim("metrics.f1-suits")
@settings(max_examples=20)
@given(st.integers(1, 5), st.integers(2, 5), st.integers(0, 9))
def test_the_lowest_of_equally_good_thresholds_is_best(impl, evidence, caught, times, innocents):
    """Where precision and recall are 1 and 1/k at one threshold, and 1/k and 1 at a lower one, the lower is best."""
    thieves = times * caught
    # From the highest score down: those who are caught with certainty, innocents until k² · caught are flagged with the
    # last thief, that one and his likes, and more innocents.
    y_true = np.repeat([1, 0, 1, 0], [caught, (times - 1) * thieves, thieves - caught, innocents])
    scores = np.arange(len(y_true), 0.0, -1) / 4
    threshold = impl.metrics.best_f1_threshold(y_true[::-1], scores[::-1])
    evidence.equal(threshold, scores[times * thieves - 1], "the best threshold, and the lower of two equals", 0)


@claim("metrics.f1-suits")
def test_bad_scores_are_refused_by_the_best_threshold(impl, evidence):
    """Scores that are NaN or infinite, no samples and invalid labels are refused."""
    check_refusals(evidence, impl.metrics.best_f1_threshold, scored=True)


@claim("metrics.f1-suits")
def test_f1_is_cheap_at_the_matching_cost_ratio(suspects: ThiefScores, evidence):
    """Tuned on a sample, the F1 threshold is about F*/2, and cheap where c_fp / (c_fp + c_fn) is F*/2."""
    thresholds, half = suspects.thresholds(), suspects.population.best_f1 / 2
    evidence.within(thresholds - half, "threshold_is_half_the_best_f1")
    evidence.within(suspects.population.excess_cost(thresholds, half), "cheap_at_the_matching_ratio")


@claim("metrics.f1-suits", role="control")
def test_scores_of_somebody_else_give_another_threshold(suspects: ThiefScores, evidence):
    """Tuned on the same scores with shuffled labels, the threshold lies far below F*/2."""
    evidence.within(suspects.thresholds(shuffled=True) - suspects.population.best_f1 / 2, "shuffled_labels")


@claim("metrics.f1-suits", role="boundary")
def test_f1_is_dear_at_other_cost_ratios(suspects: ThiefScores, evidence):
    """Where accusing costs as much as missing, or ten times as much, F1's threshold costs far more than the optimum."""
    excess = partial(suspects.population.excess_cost, suspects.thresholds())
    evidence.exceeds(excess(1 / 2), "dear_at_equal_costs")
    evidence.exceeds(excess(10 / 11), "dear_where_accusing_costs_ten_times")


@claim("metrics.f1-suits", role="boundary")
@settings(max_examples=50)
@given(counts(least=1), counts(least=1))
def test_f1_ignores_the_true_negatives(impl, evidence, count, other):
    """F1 is the same however many innocents were rightly left alone."""
    f1, more = (impl.metrics.f1(*group.predictions()) for group in (count, count._replace(tn=other.tn)))
    evidence.equal(more, f1, "F1 with another TN")


@claim("metrics.f1-suits", role="boundary")
@settings(max_examples=50)
@given(counts(least=1))
def test_the_best_f1_of_a_constant_scorer_convicts_everyone(impl, evidence, count):
    """Where everybody has the same score, tuning for F1 flags everybody, for an F1 of 2π / (1 + π)."""
    y_true = count.predictions().y_true
    scores = np.full(len(y_true), 0.25)
    flagged = impl.metrics.classify(scores, impl.metrics.best_f1_threshold(y_true, scores))
    evidence.true(flagged == 1, "everybody is flagged")
    prevalence = y_true.mean()
    evidence.equal(impl.metrics.f1(y_true, flagged), 2 * prevalence / (1 + prevalence), "F1, and 2π / (1 + π)", RATIO)


FIVE_TO_ONE, TWO_TO_ONE = 1 / 6, 1 / 3
"""A false alarm's share of both errors' costs, where missing a thief costs five times, or twice, as much."""


@claim("metrics.f1-instead-of-accuracy")
def test_f1_is_cheaper_than_accuracy_where_missing_is_dear(suspects: ThiefScores, evidence):
    """Where missing a thief costs five times as much, accuracy's threshold costs more than that of best F1."""
    evidence.exceeds(suspects.saved(FIVE_TO_ONE), "calibrated")


@claim("metrics.f1-instead-of-accuracy")
def test_f1_is_cheaper_for_a_trained_classifier(suspects: TrainedScores, evidence):
    """The same with scores that a classifier has learned, on suspects not seen before."""
    evidence.exceeds(suspects.saved(FIVE_TO_ONE), "trained")


@claim("metrics.f1-instead-of-accuracy", role="control")
def test_where_both_thresholds_cost_the_same_neither_is_cheaper(suspects: ThiefScores, evidence):
    """At the ratio of costs where F*/2 and 1/2 cost the same, so do the tuned thresholds."""
    evidence.within(suspects.saved(suspects.population.indifferent_share), "indifferent")


@claim("metrics.f1-instead-of-accuracy", role="boundary")
def test_accuracy_is_cheaper_where_missing_costs_twice_as_much(suspects: ThiefScores, evidence):
    """Where missing a thief costs only twice as much as accusing an innocent, accuracy's threshold is cheaper."""
    evidence.exceeds(-suspects.saved(TWO_TO_ONE), "calibrated_two_to_one")


@claim("metrics.f1-instead-of-accuracy", role="boundary")
def test_accuracy_is_cheaper_for_a_trained_classifier_at_equal_costs(suspects: TrainedScores, evidence):
    """With learned scores accuracy's threshold is cheaper where both errors cost the same."""
    evidence.exceeds(-suspects.saved(1 / 2), "trained_at_equal_costs")


@claim("metrics.f1-is-the-harmonic-mean")
@settings(max_examples=50)
@given(predictions())
def test_f1_is_twice_the_product_over_the_sum(impl, evidence, labels):
    """F1 is 2PR / (P + R) = 2tp / (2tp + fp + fn), and 0 where both precision and recall are."""
    count = labels.counts()
    precision, recall = impl.metrics.precision(*labels), impl.metrics.recall(*labels)
    f1 = impl.metrics.f1(*labels)
    evidence.equal(f1, ratio(2 * count.tp, 2 * count.tp + count.fp + count.fn), "F1, and 2tp / (2tp + fp + fn)", RATIO)
    by_ratios = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    evidence.equal(f1, by_ratios, "F1, and 2PR / (P + R)", RATIO)
    evidence.equal(f1, harmonic_mean([precision, recall]), "F1, and statistics.harmonic_mean", RATIO)


@claim("metrics.f1-is-the-harmonic-mean")
@settings(max_examples=50)
@given(predictions())
def test_f1_keeps_near_the_lower_of_the_two(impl, evidence, labels):
    """F1 lies between min(P, R) and twice that, below both other means; exchanging truth and prediction keeps it."""
    precision, recall, f1 = (f(*labels) for f in (impl.metrics.precision, impl.metrics.recall, impl.metrics.f1))
    lower, geometric, arithmetic = min(precision, recall), (precision * recall) ** 0.5, (precision + recall) / 2
    values = {"precision": precision, "recall": recall, "f1": f1}
    evidence.true(lower - RATIO <= f1 <= 2 * lower + RATIO, "min(P, R) ≤ F1 ≤ 2 · min(P, R)", **values)
    evidence.true(f1 - RATIO <= geometric <= arithmetic + RATIO, "F1 ≤ √(PR) ≤ (P + R) / 2", **values)
    evidence.equal(impl.metrics.f1(labels.y_pred, labels.y_true), f1, "F1 with truth and prediction exchanged", RATIO)


@claim("metrics.f1-is-the-harmonic-mean")
@settings(max_examples=10)
@given(panels())
def test_f1_is_that_of_scikit_learn(impl, evidence, panel):
    """F1 equals scikit-learn's on 1000 problems."""
    from sklearn.metrics import f1_score

    ours = [impl.metrics.f1(*problem) for problem in panel.problems()]
    theirs = f1_score(*panel, average=None, zero_division=0).tolist()
    evidence.equal(ours, theirs, "F1 and scikit-learn's", RATIO)


@claim("metrics.f1-is-the-harmonic-mean")
def test_f1_is_that_of_a_crowd_too(impl, evidence):
    """For a large sample F1 is 2tp / (2tp + fp + fn) too."""
    expected = 2 * CROWD.tp / (2 * CROWD.tp + CROWD.fp + CROWD.fn)
    evidence.equal(impl.metrics.f1(*CROWD.predictions()), expected, "F1 in a crowd, and 2tp / (2tp + fp + fn)", RATIO)


@claim("metrics.f1-is-the-harmonic-mean")
def test_bad_labels_are_refused_by_f1(impl, evidence):
    """Labels other than 0 and 1, unequal lengths and no samples are refused."""
    check_refusals(evidence, impl.metrics.f1)
