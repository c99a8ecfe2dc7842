"""Inputs for the metrics: labels and scores of any kind, degenerate ones included."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

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


class Scored(NamedTuple):
    """The truth about n samples, 0 or 1, and a score for each: (n,) each."""

    y_true: np.ndarray
    scores: np.ndarray


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
    """Any four counts, each at least `least`, of at least one sample."""
    cells = st.binary(min_size=4, max_size=4)
    return cells.map(lambda cell: Counts(*(least + byte % 16 for byte in cell))).filter(any)


def panels() -> st.SearchStrategy[Predictions]:
    """A hundred problems at once, one per column of (n, 100) arrays: a library is asked about them all in one call.

    Prevalences are anything from 0 to 1, so that columns without positives, or without negatives, are common.
    """

    def panel(n: int, seed: int) -> Predictions:
        rng = np.random.default_rng(seed)
        y_true, y_pred = (rng.random((2, n, 100)) < rng.random((2, 1, 100))).astype(np.int64)
        return Predictions(y_true, y_pred)

    return st.builds(panel, st.integers(1, MOST_SAMPLES), st.integers(0, 2**32 - 1))


def scored() -> st.SearchStrategy[Scored]:
    """Any truth with any scores, from hardly a tie to nothing but ties, and often without positives."""

    def labelled(drawn: bytes, coarseness: int, positives: bool) -> Scored:
        numbers = np.frombuffer(drawn, np.uint8).astype(np.int64)
        # Scores are multiples of 1/16 on both sides of zero, so that every comparison of them is exact.
        return Scored(numbers & positives, (numbers >> coarseness) / 16 - 2)

    drawn = st.binary(min_size=1, max_size=MOST_SAMPLES)
    return st.builds(labelled, drawn, st.integers(1, 8), st.sampled_from([True, True, True, False]))


def calibrated_populations() -> st.SearchStrategy[Scored]:
    """Finite populations in which P(y = 1 given s) is s, exactly: each score's share of positives is that score."""

    def population(groups: list[int]) -> Scored:
        # A group of 16 suspects whose score is p/16 holds p thieves.
        y_true = (np.arange(16) < np.array(groups)[:, None]).astype(np.int64)
        return Scored(y_true.ravel(), np.repeat(np.array(groups) / 16, 16))

    return st.lists(st.integers(0, 16), min_size=1, max_size=12).filter(any).map(population)
