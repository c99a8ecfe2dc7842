"""Who judges samples: of the ring its formula, of digits a classifier of digits that no GAN sees.

A second judge learns nothing: of the ring it counts modes, of digits it has the energy distance between pixels.
"""

from functools import cache
from warnings import catch_warnings, simplefilter

import numpy as np

from .stimuli import CENTRES, DEVIATION, MODES, RADIUS, SOURCE, digits_for


def mode_shares(samples: np.ndarray) -> np.ndarray:
    """Which share of the samples lies within three deviations of each mode: (…, n, 2) → (…, 8)."""
    # |x − c|² = |x|² − 2 x·c + |c|², a matrix product
    centres = CENTRES.astype(samples.dtype)
    squares = (samples**2).sum(-1, keepdims=True) - 2 * samples @ centres.T + RADIUS**2  # (…, n, 8)
    return (squares <= (3 * DEVIATION) ** 2).mean(-2)


def matched_share(samples: np.ndarray) -> np.ndarray:
    """The quality of samples of the ring, 0 … 1: each mode counts as far as it is hit, and no more than its eighth.

    Samples beside the modes, modes left out and modes hit too often all lower it; the ring itself has about .95.
    """
    return np.minimum(mode_shares(samples), 1 / MODES).sum(-1)


def modes_covered(samples: np.ndarray) -> np.ndarray:
    """How many modes have at least a sixth of their due share."""
    return (mode_shares(samples) >= 1 / 48).sum(-1)


class DigitJudge:
    """A classifier of digits, whose hidden layer says how far samples are from digits (Heusel et al., 2017)."""

    def __init__(self, source: str) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        self._classifier = MLPClassifier((32,), solver="lbfgs", alpha=1.0, max_iter=200, random_state=0)
        with catch_warnings():  # it is good enough long before it has converged, as a control shows
            simplefilter("ignore", ConvergenceWarning)
            self._classifier.fit(*digits_for("judge", source))
        self._reference = digits_for("reference", source)
        features = self.features(self._reference[0])
        self._mean, self._covariance = features.mean(0), np.cov(features.T)
        eigenvalues, vectors = np.linalg.eigh(self._covariance)
        self._root = (vectors * np.sqrt(eigenvalues.clip(0))) @ vectors.T

    def accuracy(self) -> float:
        """The share of the reference digits that it puts into the right class."""
        return float(self._classifier.score(*self._reference))

    def features(self, images: np.ndarray) -> np.ndarray:
        """The hidden layer, (…, n, d) → (…, n, 32)."""
        weights, biases = self._classifier.coefs_[0], self._classifier.intercepts_[0]
        return np.maximum(images @ weights + biases, 0)

    def frechet_distance(self, images: np.ndarray) -> np.ndarray:
        """How far samples (…, n, d) are from the reference digits, as normal distributions of features, (…).

        |μ − μ'|² + tr(Σ + Σ' − 2 (Σ Σ')^½) (Heusel et al., 2017, equation 6); 0 for the same distribution.
        """
        features = self.features(images.astype(np.float64))
        mean = features.mean(-2)
        centred = features - mean[..., None, :]
        covariance = centred.swapaxes(-1, -2) @ centred / (features.shape[-2] - 1)
        eigenvalues = np.linalg.eigvalsh(self._root @ covariance @ self._root)
        traces = np.trace(self._covariance) + np.trace(covariance, axis1=-2, axis2=-1)
        return ((mean - self._mean) ** 2).sum(-1) + traces - 2 * np.sqrt(eigenvalues.clip(0)).sum(-1)


@cache
def digit_judge(source: str = SOURCE) -> DigitJudge:
    """The one judge of all replicates."""
    return DigitJudge(source)


def energy_distance(samples: np.ndarray, real: np.ndarray) -> np.ndarray:
    """How far samples (…, n, d) are from real ones (m, d), as two samples of points, (…).

    2 E|x − y| − E|x − x'| − E|y − y'|, the square of a distance between distributions (Székely & Rizzo, 2013).
    """
    from scipy.spatial.distance import cdist

    among_real = cdist(real, real).mean()
    distances = [2 * cdist(x, real).mean() - cdist(x, x).mean() for x in samples.reshape(-1, *samples.shape[-2:])]
    return np.reshape(distances, samples.shape[:-2]) - among_real
