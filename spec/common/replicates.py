"""Samples of all replicates as one, with the replicates as the leading axis."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from spec.harness import stream

Sample = TypeVar("Sample", bound=Any)
"""An array, or a named tuple of arrays."""


def stack(samples: Iterable[Sample]) -> Sample:
    """One sample per replicate as one sample: arrays (…) become (replicates, …), named tuples field by field."""
    samples = list(samples)
    first = samples[0]
    if isinstance(first, tuple):
        return type(first)(*(np.stack(parts) for parts in zip(*samples, strict=True)))
    return np.stack(samples)  # type: ignore[return-value]


def per_seed(draw: Callable[[np.random.Generator], Sample], seeds: Sequence[int], *purpose: str | int) -> Sample:
    """What `draw` makes of each seed's random generator for this purpose, stacked: (replicates, …)."""
    return stack(draw(stream(seed, *purpose)) for seed in seeds)
