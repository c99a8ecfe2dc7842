"""Whole numbers in given proportions that add up exactly."""

from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def shares(total: int, weights: Mapping[Key, float]) -> dict[Key, int]:
    """`total` divided by weight: everyone's share rounded down, and what is left goes to the largest remainders."""
    whole = sum(Fraction(weight) for weight in weights.values())
    exact = {key: total * Fraction(weight) / whole for key, weight in weights.items()}
    given = {key: int(share) for key, share in exact.items()}
    # Sorting is stable: between equals, the first in order is first served.
    for key in sorted(exact, key=lambda key: given[key] - exact[key])[: total - sum(given.values())]:
        given[key] += 1
    return given
