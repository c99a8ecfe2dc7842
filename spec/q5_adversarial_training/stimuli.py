"""What the networks learn from: a ring whose truth is known, and real digits."""

from functools import cache

import numpy as np

from spec.common.digits import digits, mnist

MODES = 8
RADIUS = 2.0
DEVIATION = 0.1
CENTRES = RADIUS * np.stack([f(2 * np.pi * np.arange(MODES) / MODES) for f in (np.cos, np.sin)], axis=-1)
"""(8, 2)"""


def ring(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n points: one of eight modes on a circle, equally likely, and normal noise around it, (n, 2)."""
    points = CENTRES[rng.integers(MODES, size=n)] + DEVIATION * rng.standard_normal((n, 2))
    return points.astype(np.float32)


SOURCE = "scikit_learn"
PARTS = {"judge": slice(500), "reference": slice(500, 900), "gans": slice(900, None)}
"""Of the digits of a source, in one random order: what the judge learns from; what it is tested on and compares samples
with; what GANs learn from and are evaluated on."""


@cache
def digits_for(part: str, source: str = SOURCE) -> tuple[np.ndarray, np.ndarray]:
    """One of `PARTS` of scikit-learn's digits, or of "mnist": vectors of pixels, −1 to 1, (n, d), and classes, (n,)."""
    images, classes = mnist() if source == "mnist" else digits()
    places = np.random.default_rng(0).permutation(len(images))[PARTS[part]]
    return (images[places].reshape(len(places), -1) / images.max() * 2 - 1).astype(np.float32), classes[places]


def shuffled_digits(source: str = SOURCE) -> np.ndarray:
    """The digits that GANs learn from, the pixels of each in an order of its own, (n, d): ink without a shape."""
    return np.random.default_rng(0).permuted(digits_for("gans", source)[0], axis=1)
