"""Inputs for the metrics: labels and scores of any kind, degenerate, huge and bad ones included."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from spec.common.laws import refuses
from spec.harness import Evidence, seed_of_test

MOST_SAMPLES = 30
RATIO = 5e-7
"""What ratios may be off by: single precision will do, since different ratios of counts up to 1000 lie 1e-6 apart."""


class Predictions(NamedTuple):
    """The truth about n samples, and what was said of them: (n,) each, 0 or 1."""

    y_true: np.ndarray
    y_pred: np.ndarray

    def counts(self) -> "Counts":
        """The four counts, each by its definition."""
        cells = ((1, 1), (0, 1), (1, 0), (0, 0))
        return Counts(*(int(np.sum((self.y_true == t) & (self.y_pred == p))) for t, p in cells))

    def problems(self) -> "list[Predictions]":
        """The columns of a panel (n, problems), one by one."""
        return [Predictions(*column) for column in zip(self.y_true.T, self.y_pred.T, strict=True)]


class Counts(NamedTuple):
    """The four cells of a confusion matrix."""

    tp: int
    fp: int
    fn: int
    tn: int

    def predictions(self) -> Predictions:
        """Labels that have these counts, ordered so that neither truth nor prediction is sorted."""
        y_true = np.repeat([1, 0, 1, 0], self)
        y_pred = np.repeat([1, 1, 0, 0], self)
        order = np.random.default_rng(0).permutation(len(y_true))
        return Predictions(y_true[order], y_pred[order])


CROWD = Counts(tp=70_001, fp=140_003, fn=100_005, tn=190_007)
"""More than a number of 16 bits can count, in every cell."""
ALIKE = [Counts(*(2**20 * (kind == cell) for kind in range(4))) for cell in range(4)]
"""A million people, all of whom are in one cell, for each of them."""


class Scored(NamedTuple):
    """The truth about n samples, 0 or 1, and a score for each: (n,) each."""

    y_true: np.ndarray
    scores: np.ndarray

    def counts_by_threshold(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every distinct score, ascending; how many thieves, and how many people, score at least that."""
        thresholds, people, thieves = np.unique(self.scores), np.sort(self.scores), self.scores[self.y_true == 1]
        thieves_below = np.searchsorted(np.sort(thieves), thresholds)
        return thresholds, len(thieves) - thieves_below, len(people) - np.searchsorted(people, thresholds)


def ratio(numerator: int, denominator: int) -> float:
    """A ratio of counts; 0/0 is 0, as the contract has it."""
    return numerator / denominator if denominator else 0.0


def predictions() -> st.SearchStrategy[Predictions]:
    """Any truth with any prediction; often without positives, without negatives, or with one sample."""

    def labels(drawn: bytes, keep: int, exchange: int) -> Predictions:
        bits = np.frombuffer(drawn, np.uint8).astype(np.int64) & keep ^ exchange
        return Predictions(bits & 1, bits >> 1 & 1)

    # A mask of 3 keeps truth and prediction, 2 or 1 makes one of them constant, 0 both.
    masks = st.sampled_from([3, 3, 3, 2, 1, 0])
    return st.builds(labels, st.binary(min_size=1, max_size=MOST_SAMPLES), masks, st.integers(0, 3))


def counts(least: int = 0) -> st.SearchStrategy[Counts]:
    """Any four counts, each at least `least`, of at least one sample; one in four is about 128, or 256, or more."""
    sizes = [*range(16)] * 3 + [127, 128, 129, 200, 255, 256, 257, 300] * 2
    cells = st.binary(min_size=4, max_size=4)
    return cells.map(lambda cell: Counts(*(least + sizes[byte % 64] for byte in cell))).filter(any)


def panels() -> st.SearchStrategy[Predictions]:
    """A hundred problems at once, one per column of (n, 100) arrays: a library is asked about them all in one call.

    Prevalences are anything from 0 to 1, so that columns without positives, or without negatives, are common.
    """

    def panel(n: int, seed: int) -> Predictions:
        rng = np.random.default_rng(seed)
        y_true, y_pred = (rng.random((2, n, 100)) < rng.random((2, 1, 100))).astype(np.int64)
        return Predictions(y_true, y_pred)

    return st.builds(panel, st.integers(1, 20) | st.integers(300, 600), st.integers(0, 2**32 - 1))


def scored() -> st.SearchStrategy[Scored]:
    """Any truth with any scores, from hardly a tie to nothing but ties, and often without positives.

    Scores are multiples of some step on both sides of something, so that every comparison of them is exact: sixteenths,
    neighbouring float64s (which single precision cannot tell apart), next to nothing, the least that there is, or
    astronomical. Zeros have either sign.
    """

    def labelled(drawn: bytes, coarseness: int, positives: bool, step: float, centre: float) -> Scored:
        numbers = np.frombuffer(drawn, np.uint8).astype(np.int64)
        levels = numbers >> coarseness
        scores = (levels - levels[0]) * step + centre
        # The first score is the centre: where that is 0, it and its equals take turns in their sign.
        return Scored(numbers & positives, np.where((scores == 0) & (np.arange(len(scores)) % 2 > 0), -scores, scores))

    drawn = st.binary(min_size=1, max_size=MOST_SAMPLES)
    scales = st.sampled_from(
        [(1 / 16, 0.0), (2.0**-52, 0.75), (2.0**-52, -0.75), (2.0**-900, 0.0), (2.0**-1074, 0.0), (2.0**900, 0.0)]
    )
    positives = st.sampled_from([True, True, True, False])
    return st.builds(lambda *x: labelled(*x[:3], *x[3]), drawn, st.integers(1, 8), positives, scales)


def crowd(n: int) -> Scored:
    """`n` people among as many scores, of which more than half occur: some have a score of their own, others share."""
    rng = np.random.default_rng([seed_of_test(), n])
    return Scored(rng.integers(0, 2, n), rng.choice(rng.normal(size=n), n))


def calibrated_populations() -> st.SearchStrategy[Scored]:
    """Finite populations in which P(y = 1 given s) is s, exactly: each score's share of positives is that score."""

    def population(groups: list[int]) -> Scored:
        # A group of 16 suspects whose score is p/16 holds p thieves.
        y_true = (np.arange(16) < np.array(groups)[:, None]).astype(np.int64)
        return Scored(y_true.ravel(), np.repeat(np.array(groups) / 16, 16))

    return st.lists(st.integers(0, 16), min_size=1, max_size=12).filter(any).map(population)


def check_refusals(evidence: Evidence, function: Callable[..., Any], *, scored: bool = False, **others: Any) -> None:
    """`function` of labels, and predictions or scores, refuses those that are bad or do not suit each other."""
    second = "scores" if scored else "y_pred"
    good = {
        "y_true": np.array([0, 1, 1]),
        second: np.array([0.5, 0.25, 1.0]) if scored else np.array([1, 0, 1]),
        **others,
    }
    labels = ["y_true"] if scored else ["y_true", second]
    for name in labels:
        for wrong in ([0, 1, 2], [1, 2, 2], [-1, 1, 1], [0, 255, 1], [0, 1, 2**32]):
            refuses(evidence, function, good, **{name: np.array(wrong)})
    for name in ("y_true", second):
        partner = second if name == "y_true" else "y_true"
        for shorter in (good[name][:2], good[name][:1]):
            refuses(evidence, function, good, partner, **{name: shorter})
        refuses(evidence, function, good | {partner: good[partner][:0]}, partner, **{name: good[name][:0]})
    if scored:
        check_scores_are_finite(evidence, function, good)


def check_scores_are_finite(evidence: Evidence, function: Callable[..., Any], good: dict[str, Any]) -> None:
    """`function` refuses scores that are NaN or infinite."""
    for wrong in (np.nan, np.inf, -np.inf):
        refuses(evidence, function, good, scores=np.array([0.5, wrong, 1.0]))
