"""Thieves among suspects: what the thresholds cost that are tuned for F1 and for accuracy.

Where scores are calibrated by construction, the population is known in closed form, so that a threshold which was tuned
on a sample is judged on the population. Where a classifier has learned them, it is judged on suspects not seen before.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from spec.harness import Experiment, arm, experiment, stream

Criterion = Literal["f1", "accuracy"]


@dataclass(frozen=True)
class Population:
    """Suspects with Beta(shape, b) distributed scores, and P(thief given score s) = s."""

    prevalence: float
    """The share of thieves."""
    shape: float

    @property
    def b(self) -> float:
        """The mean of Beta(shape, b) is the prevalence, as calibration demands."""
        return self.shape * (1 - self.prevalence) / self.prevalence

    def flagged(self, threshold: np.ndarray | float) -> np.ndarray:
        """The share of all suspects who score at least the threshold."""
        return self._above(self.shape, threshold)

    def caught(self, threshold: np.ndarray | float) -> np.ndarray:
        """The share of all who score at least the threshold and are thieves: thieves score Beta(shape + 1, b)."""
        return self.prevalence * self._above(self.shape + 1, threshold)

    def _above(self, a: float, threshold: np.ndarray | float) -> np.ndarray:
        """The probability that a Beta(a, b) score is at least the threshold; scipy is imported late, for its second."""
        from scipy.special import betaincc

        return betaincc(a, self.b, threshold)

    @cached_property
    def best_f1(self) -> float:
        """F*, the highest F1 that any threshold has in the population."""
        thresholds = np.linspace(0.001, 0.999, 100_000)
        # F1 is flat at its best, so that the grid misses F* by the square of its step.
        return float(np.max(2 * self.caught(thresholds) / (self.flagged(thresholds) + self.prevalence)))

    def cost(self, threshold: np.ndarray | float, share: np.ndarray | float) -> np.ndarray:
        """The mean cost of a suspect; `share` is c_fp / (c_fp + c_fn), and c_fp + c_fn is 1."""
        caught = self.caught(threshold)
        return share * (self.flagged(threshold) - caught) + (1 - np.asarray(share)) * (self.prevalence - caught)

    def excess_cost(self, threshold: np.ndarray | float, share: np.ndarray | float) -> np.ndarray:
        """Cost at a threshold over the lowest cost, minus one.

        With calibrated scores the cheapest threshold is `share` itself (Elkan, 2001, theorem 1).
        """
        return self.cost(threshold, share) / self.cost(share, share) - 1

    @cached_property
    def indifferent_share(self) -> float:
        """The share at which the thresholds of best F1 and of best accuracy, F*/2 and 1/2, cost the same."""
        from scipy.optimize import brentq

        def difference(share: float) -> float:
            return float(self.cost(self.best_f1 / 2, share) - self.cost(1 / 2, share))

        return float(brentq(difference, self.best_f1 / 2, 1 / 2))

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Who is a thief, and the scores, of n suspects."""
        scores = rng.beta(self.shape, self.b, n)
        return (rng.random(n) < scores).astype(np.int64), scores


def most_accurate(y_true: np.ndarray, scores: np.ndarray) -> float:
    """The score that classifies most suspects rightly when those who reach it are flagged; the highest of equals."""
    order = np.argsort(-scores, kind="stable")
    gains = np.cumsum(2 * y_true[order] - 1)
    last = np.append(np.diff(scores[order]) != 0, True)
    best = int(np.argmax(np.where(last, gains, -len(scores))))
    return float(scores[order][best])


@experiment(cpu_seconds=0.2)
class ThiefScores(Experiment):
    """Thresholds tuned on a fresh sample of the population for each replicate."""

    @cached_property
    def population(self) -> Population:
        """Where the samples come from."""
        return Population(self.choices["prevalence"], self.choices["shape"])

    @arm
    def thresholds(self, criterion: Criterion = "f1", *, shuffled: bool = False) -> np.ndarray:
        """One threshold per replicate, (replicates,); if `shuffled`, who is a thief is dealt out at random."""
        return np.array([self._tuned(stream(seed, "training sample"), criterion, shuffled) for seed in self.seeds])

    def _tuned(self, rng: np.random.Generator, criterion: Criterion, shuffled: bool) -> float:
        y_true, scores = self.population.draw(self.choices["sample"], rng)
        if criterion == "accuracy":
            return most_accurate(y_true, scores)
        return self.impl.metrics.best_f1_threshold(rng.permutation(y_true) if shuffled else y_true, scores)

    def saved(self, share: float) -> np.ndarray:
        """Cost at accuracy's threshold over that at F1's, minus one, (replicates,)."""
        by_accuracy, by_f1 = (
            self.population.cost(self.thresholds(criterion), share) for criterion in ("accuracy", "f1")
        )
        return by_accuracy / by_f1 - 1


@experiment(cpu_seconds=1)
class TrainedScores(Experiment):
    """A classifier learns to tell thieves by features; its thresholds are tuned and judged on others.

    Features are normally distributed, with means that lie `separation` standard deviations apart.
    """

    @arm
    def costs(self, criterion: Criterion, share: float) -> np.ndarray:
        """The mean cost of an unseen suspect at the threshold that is best on a sample, (replicates,)."""
        return np.array([self._cost(*tested, threshold, share) for tested, threshold in self._tuned(criterion)])

    @arm
    def _tuned(self, criterion: Criterion) -> list[tuple[tuple[np.ndarray, np.ndarray], float]]:
        """Of each replicate the suspects to judge on, as (y_true, scores), and the threshold."""
        tune = self.impl.metrics.best_f1_threshold if criterion == "f1" else most_accurate
        return [(tested, tune(*sample)) for sample, tested in self._scored()]

    @arm
    def _scored(self) -> list[list[tuple[np.ndarray, np.ndarray]]]:
        """Of each replicate a sample to tune on and one to judge on, each as (y_true, scores)."""
        return [self._learned(stream(seed, "suspects")) for seed in self.seeds]

    def _learned(self, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
        classifier = _classifier(self.choices["classifier"])
        features, thieves = self._drawn(self.choices["training"], rng)
        classifier.fit(features, thieves)
        samples = [self._drawn(self.choices["sample"], rng) for _ in range(2)]
        return [(thieves, classifier.predict_proba(features)[:, 1]) for features, thieves in samples]

    def _drawn(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        thieves = (rng.random(n) < self.choices["prevalence"]).astype(np.int64)
        features = rng.standard_normal((n, self.choices["features"]))
        return features + thieves[:, None] * self.choices["separation"] / self.choices["features"] ** 0.5, thieves

    def _cost(self, y_true: np.ndarray, scores: np.ndarray, threshold: float, share: float) -> float:
        flagged = scores >= threshold
        return float(np.mean(np.where(y_true == 1, (1 - share) * ~flagged, share * flagged)))

    def saved(self, share: float) -> np.ndarray:
        """Cost at accuracy's threshold over that at F1's, minus one, (replicates,)."""
        return self.costs("accuracy", share) / self.costs("f1", share) - 1


def _classifier(name: str):  # type: ignore[no-untyped-def] # scikit-learn has no types
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.tree import DecisionTreeClassifier

    return {
        "logistic": LogisticRegression(),
        "naive_bayes": GaussianNB(),
        "tree": DecisionTreeClassifier(min_samples_leaf=50, random_state=0),
    }[name]
