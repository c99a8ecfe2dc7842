"""Samples of all replicates as one, with the replicates as the leading axis; and a test's seeds of its replicates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import is_dataclass
from typing import Any, TypeVar

import numpy as np

from spec.harness import seed_of_test, stream

Sample = TypeVar("Sample", bound=Any)
"""An array, or a named tuple or dataclass of samples."""


def stack(samples: Iterable[Sample]) -> Sample:
    """One sample per replicate as one sample: arrays (…) become (replicates, …), named ones field by field."""
    samples = list(samples)
    make: Any = type(samples[0])
    if isinstance(samples[0], tuple):
        return make(*map(stack, zip(*samples, strict=True)))
    if is_dataclass(samples[0]):
        return make(*map(stack, zip(*(vars(sample).values() for sample in samples), strict=True)))
    return np.stack(samples)  # type: ignore[return-value]


def per_seed(draw: Callable[[np.random.Generator], Sample], seeds: Sequence[int], *purpose: str | int) -> Sample:
    """What `draw` makes of each seed's random generator for this purpose, stacked: (replicates, …)."""
    return stack(draw(stream(seed, *purpose)) for seed in seeds)


def seeds_of(*replicates: int) -> list[int]:
    """A seed for each replicate, numbered within a test; others with another `--claims-seed`."""
    return [seed_of_test(replicate) for replicate in replicates]
