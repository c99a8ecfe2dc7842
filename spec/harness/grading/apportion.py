"""Whole numbers in given proportions that add up exactly, by the method of largest remainders (Hamilton's)."""

from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def apportion(total: int, weights: Mapping[Key, float]) -> dict[Key, int]:
    """Divide `total` by weight: every share is rounded down, and what is left goes to the largest remainders."""
    whole = sum(map(Fraction, weights.values()))
    exact = {key: total * Fraction(weight) / whole for key, weight in weights.items()}
    shares = {key: int(share) for key, share in exact.items()}
    # Sorting is stable: of equal remainders, the first in order comes first.
    for key in sorted(exact, key=lambda key: shares[key] - exact[key])[: total - sum(shares.values())]:
        shares[key] += 1
    return shares
