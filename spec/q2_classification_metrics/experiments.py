"""Thieves among suspects whose scores are calibrated: where F1 is best, and what errors cost there.

The population is known in closed form: scores are Beta(a, b) distributed and P(thief given score s) = s. So a threshold
that an implementation finds on a sample is judged on the population, not on the sample it was tuned on.
"""

from functools import cache

import numpy as np

from spec.harness import Experiment, arm, experiment, stream

PREVALENCE = 0.077
A = 0.5
B = A * (1 - PREVALENCE) / PREVALENCE
"""The mean of Beta(a, b) is the prevalence, as calibration demands."""
SAMPLE = 20_000


def flagged(threshold: np.ndarray | float) -> np.ndarray:
    """The share of all suspects who score at least the threshold."""
    return _above(A, threshold)


def caught(threshold: np.ndarray | float) -> np.ndarray:
    """The share of all suspects who score at least the threshold and are thieves: thieves score Beta(a + 1, b)."""
    return PREVALENCE * _above(A + 1, threshold)


def _above(a: float, threshold: np.ndarray | float) -> np.ndarray:
    """The probability that a Beta(a, b) score is at least the threshold; scipy is imported late, for its second."""
    from scipy.special import betaincc

    return betaincc(a, B, threshold)


@cache
def best_f1() -> float:
    """F*, the highest F1 that any threshold has in the population."""
    thresholds = np.linspace(0.001, 0.999, 100_000)
    # F1 is flat at its best, so that the grid misses F* by the square of its step.
    return float(np.max(2 * caught(thresholds) / (flagged(thresholds) + PREVALENCE)))


def excess_cost(threshold: np.ndarray | float, share: np.ndarray | float) -> np.ndarray:
    """Cost at a threshold over the lowest cost, minus one; `share` is c_fp / (c_fp + c_fn).

    With calibrated scores the cheapest threshold is `share` itself (Elkan, 2001, theorem 1).
    """

    def cost(t: np.ndarray | float) -> np.ndarray:
        return share * (flagged(t) - caught(t)) + (1 - np.asarray(share)) * (PREVALENCE - caught(t))

    return cost(threshold) / cost(share) - 1


@experiment(cpu_seconds=0.2)
class ThiefScores(Experiment):
    """The threshold of best F1, tuned on a fresh sample of the population for each replicate."""

    @arm
    def thresholds(self, *, shuffled: bool = False) -> np.ndarray:
        """One threshold per replicate, (replicates,); if `shuffled`, who is a thief is dealt out at random."""
        return np.array([self._tuned(stream(seed, "training sample"), shuffled) for seed in self.seeds])

    def _tuned(self, rng: np.random.Generator, shuffled: bool) -> float:
        scores = rng.beta(A, B, SAMPLE)
        y_true = (rng.random(SAMPLE) < scores).astype(np.int64)
        return self.impl.metrics.best_f1_threshold(rng.permutation(y_true) if shuffled else y_true, scores)
