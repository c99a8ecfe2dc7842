"""What is measured on trained networks: everything from their outputs, with one value per replicate."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol, Self, TypeVar

import numpy as np

from spec.contract import TrainedClassifiers

FLOAT32 = 1e-3
"""Rounding of a network in single precision, relative to outputs of about 1 to 10."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Images with their classes; of one replicate as drawn, of all with the replicates as the first axis."""

    images: np.ndarray
    """(replicates, n, channels, height, width), float32"""
    labels: np.ndarray
    """(replicates, n), 0 or 1; where there are more classes, their numbers"""

    def first(self, n: int) -> Self:
        """The first n images of each replicate."""
        return type(self)(*(array[:, :n] for array in vars(self).values()))


AnySample = TypeVar("AnySample", bound=Sample)


def standardised(sample: AnySample) -> AnySample:
    """The same pictures, pixels 0 … 1, with numbers that are about 0 on average and 1 in size, as learners take them.

    The map is fixed, so that what differs between pictures to train on and to test on is left as it is.
    """
    images = sample.images - 0.5
    images *= 4  # in place, as there are many
    return replace(sample, images=images)


def standardised_each(sample: AnySample) -> AnySample:
    """The same pictures, each with numbers that are 0 on average and 1 in size, so that none is brighter than another.

    A picture of one colour stays 0.
    """
    images = sample.images - sample.images.mean(axis=(-3, -2, -1), keepdims=True)
    return replace(sample, images=images / (images.std(axis=(-3, -2, -1), keepdims=True) + 1e-3))


def pixels(images: np.ndarray) -> np.ndarray:
    """Standardised images as pixels again, 0 … 1, to be looked at."""
    return np.clip(images / 4 + 0.5, 0, 1)


class Model(Protocol):
    """Anything with class scores: trained by an implementation or by the specification."""

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Each replicate's class scores of its own images, (replicates, n, classes)."""


@lru_cache(maxsize=32)  # many tests ask the same of one network, which in a sandbox is far away
def correct(model: Model, sample: Sample) -> np.ndarray:
    """Which images are put into the right class, (replicates, n)."""
    return model.logits(sample.images).argmax(-1) == sample.labels


def accuracy(model: Model, sample: Sample, where: np.ndarray | None = None) -> np.ndarray:
    """The share of images put into the right class, (replicates,); of those chosen by `where`, (replicates, n)."""
    right = correct(model, sample)  # type: ignore[arg-type]  # to mypy no protocol is hashable
    return right.mean(-1) if where is None else (right & where).sum(-1) / where.sum(-1)


def parameter_count(model: TrainedClassifiers) -> int:
    """How many numbers one replicate has."""
    return sum(values[0].size for values in model.parameters().values())


def answers(model: TrainedClassifiers, images: np.ndarray) -> dict[str, np.ndarray]:
    """Class scores and features, (replicates, n, …) each."""
    return {"logits": model.logits(images), "features": model.features(images)}


def share_with_a_say(model: TrainedClassifiers, images: np.ndarray) -> float:
    """Which share of a model's parameters change its logits of the images: array by array, each set to other values.

    An array counts as a whole. Values stay above 0 where they are, as a variance has to.
    """
    own, before, rng = model.parameters(), model.logits(images), np.random.default_rng(0)
    sizes = {name: values[0].size for name, values in own.items()}
    with_a_say = 0
    for name, values in own.items():
        other = values * rng.uniform(0.5, 1.5, values.shape) + rng.uniform(0, 0.1, values.shape)
        model.set_parameters(own | {name: other.astype(np.float32)})
        changes = np.abs(model.logits(images) - before).max(axis=(1, 2))  # (replicates,)
        with_a_say += sizes[name] if (changes > FLOAT32 / 10).all() else 0
    model.set_parameters(own)
    return with_a_say / sum(sizes.values())


def affine_fit(features: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The affine function of features (r, n, d) that is closest to scores (r, n, classes), of each replicate."""
    fitted = []
    for x, y in zip(features.astype(np.float64), scores, strict=True):
        inputs = np.concatenate([x, np.ones((len(x), 1))], axis=1)
        fitted.append(inputs @ np.linalg.lstsq(inputs, y, rcond=1e-9)[0])
    return np.stack(fitted)


def probe_accuracy(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How well a linear probe of features (r, n, d), fitted on half of the images, classifies the rest: (r,)."""
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


def lead(model: Model, images: np.ndarray) -> np.ndarray:
    """By how much the score of class 1 exceeds that of class 0, (r, n)."""
    scores = model.logits(images)
    return scores[..., 1] - scores[..., 0]


def auc(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The area under the ROC curve of scores (r, n), the share of pairs in order; a tie counts half: (r,)."""
    areas = []
    for score, label in zip(scores, labels, strict=True):
        above = np.subtract.outer(score[label == 1], score[label == 0])
        areas.append((np.sign(above) / 2 + 0.5).mean())
    return np.array(areas)


def attention_between(weights: np.ndarray, sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The mean weight that some patches of each image give others together, in each head of each layer.

    weights (r, n, layers, heads, patches, patches), patches (r, n, some) → (r, layers · heads).
    """
    r, n, _ = sources.shape
    pairs = sources[..., :, None], targets[..., None, :]
    between = weights[np.arange(r)[:, None, None, None], np.arange(n)[:, None, None], :, :, *pairs]
    return between.sum(3).mean(2).mean(1).reshape(r, -1)  # (r, n, sources, targets, layers, heads) → …


def linking_head(weights: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which head gives most weight from the patches of one part to those of another and back, and how much."""
    between = (attention_between(weights, one, other) + attention_between(weights, other, one)) / 2
    return between.argmax(-1), between.max(-1)


def occlusion_cost(model: Model, sample: Sample, side: int) -> np.ndarray:
    """By how much covering each square lowers the score of the right class over the other's.

    Squares of side × side pixels take the colour of the picture's upper edge. Images (r, n, c, h, w) of two classes →
    (r, n, h − side + 1, w − side + 1).
    """
    images, sign = sample.images, np.where(sample.labels == 1, 1, -1)

    whole, background = lead(model, images) * sign, np.median(images[..., 0, :], axis=-1)[..., None, None]
    costs = np.empty((*images.shape[:2], *(extent - side + 1 for extent in images.shape[3:])))
    for i, j in np.ndindex(costs.shape[2:]):
        covered = images.copy()
        covered[..., i : i + side, j : j + side] = background
        costs[..., i, j] = whole - lead(model, covered) * sign
    return costs


def chromatic(filters: np.ndarray) -> np.ndarray:
    """What is left of filters (…, 3, kh, kw) without their mean over the colours."""
    return filters - filters.mean(axis=-3, keepdims=True)


def chromatic_share(filters: np.ndarray) -> np.ndarray:
    """The share χ of each filter's energy that is chromatic, ‖w − mean over colours of w‖² / ‖w‖²: (…,)."""
    energies = [(part**2).sum(axis=(-3, -2, -1)) for part in (chromatic(filters), filters)]
    return energies[0] / energies[1]


def share_along(filters: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """The share of each filter's energy that lies along one direction of colour, (3,): (…, 3, kh, kw) → (…,)."""
    along = np.tensordot(filters, colour / np.linalg.norm(colour), axes=(-3, 0))
    return (along**2).sum(axis=(-2, -1)) / (filters**2).sum(axis=(-3, -2, -1))


def response_energy(filters: np.ndarray, images: np.ndarray) -> np.ndarray:
    """The squared response of each replicate's filters (r, o, c, k, k) to its images: (r, n, o, h − k + 1, …)."""
    size = filters.shape[-2:]
    windows = np.lib.stride_tricks.sliding_window_view(images, size, axis=(-2, -1))  # (r, n, c, h', w', k, k)
    return np.einsum("rnchwij,rocij->rnohw", windows, filters, optimize=True) ** 2
