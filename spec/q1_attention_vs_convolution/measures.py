"""What is measured on trained classifiers: everything from their outputs, with one value per replicate."""

from typing import Protocol

import numpy as np

from spec.contract import TrainedClassifiers


class Model(Protocol):
    """Anything with class scores: trained by an implementation or by the specification."""

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Each replicate's class scores of its own images, (replicates, n, classes)."""


def correct(model: Model, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which images are put into the right class, (replicates, n)."""
    return model.logits(images).argmax(-1) == labels


def accuracy(model: Model, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The share of images put into the right class, (replicates,)."""
    return correct(model, images, labels).mean(-1)


def mean_where(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The mean of the values of the chosen images, (replicates,); both arguments are (replicates, n)."""
    return (values * chosen).sum(-1) / chosen.sum(-1)


def parameter_count(model: TrainedClassifiers) -> int:
    """How many numbers one replicate has."""
    return sum(values[0].size for values in model.parameters().values())


def probe_accuracy(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How well a linear probe, fitted on half of the images, classifies the other half from features (r, n, d)."""
    # scikit-learn takes a second to import, and collection has no use for it.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    half = labels.shape[1] // 2
    scores = []
    for x, y in zip(features, labels, strict=True):
        probe = make_pipeline(StandardScaler(), LogisticRegression()).fit(x[:half], y[:half])
        scores.append(probe.score(x[half:], y[half:]))
    return np.array(scores)


def attention_between(weights: np.ndarray, from_patch: np.ndarray, to_patch: np.ndarray) -> np.ndarray:
    """The mean weight that one patch of each image gives another, in each head of each layer.

    weights (r, n, layers, heads, patches, patches), patches (r, n) → (r, layers · heads).
    """
    r, n = from_patch.shape
    pair = weights[np.arange(r)[:, None], np.arange(n), :, :, from_patch, to_patch]  # (r, n, layers, heads)
    return pair.mean(1).reshape(r, -1)


def linking_head(weights: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which head gives most weight from one patch to the other and back, and how much: (r,) and (r,)."""
    between = (attention_between(weights, one, other) + attention_between(weights, other, one)) / 2
    return between.argmax(-1), between.max(-1)
