"""Labels that are dealt out: balanced ones, and ones that say nothing of what they belong to."""

from collections.abc import Sequence

import numpy as np

from spec.harness import stream


def balanced(n: int, rng: np.random.Generator) -> np.ndarray:
    """Two classes, 0 and 1, equally often, in random order: (n,)."""
    return rng.permutation(np.arange(n) % 2)


def shuffled(labels: np.ndarray, seeds: Sequence[int], *purpose: str | int) -> np.ndarray:
    """Each replicate's labels (replicates, n) dealt out at random among its samples, by its own seed."""
    return np.stack([stream(seed, *purpose).permutation(row) for seed, row in zip(seeds, labels, strict=True)])
