"""How a comparison over replicates is decided: by counting.

Each replicate gives one value. Under the null hypothesis a replicate lies on the right side of the margin with
probability at most one half; the comparison holds when so many do that an exact binomial test rejects that null at
`alpha`. Nothing is assumed of the values' distribution. A value that only equals the margin does not exceed it; one
that equals an end of an interval lies within it.

A comparison may declare a second look: where the first decides neither way, the run goes once to a larger number of
replicates. Each look has half of alpha, so that both together pass falsely with probability at most alpha.
"""

from functools import cache
from math import comb, fsum


@cache
def needed(replicates: int, alpha: float) -> int | None:
    """The smallest count out of `replicates` that an exact one-sided binomial test against 1/2 finds significant.

    None where even all of them would not do: at alpha .001 that is the case below 10 replicates.
    """
    counts = range(replicates + 1)
    return next((k for k in counts if _at_least(k, replicates, 0.5) <= alpha), None)


@cache
def power(replicates: int, alpha: float, share: float) -> float:
    """How probably a comparison holds in which each replicate is on the right side with probability `share`."""
    enough = needed(replicates, alpha)
    return 0.0 if enough is None else _at_least(enough, replicates, share)


@cache
def power_of_two_looks(replicates: int, extended: int, alpha: float, share: float) -> float:
    """As `power`, where an inconclusive first look at `replicates` is followed by one at `extended` of them in all."""
    first, second = needed(replicates, alpha / 2), needed(extended, alpha / 2)
    if first is None or second is None:
        return 0.0
    undecided = (k for k in range(replicates + 1) if k < first and replicates - k < first)
    later = (
        comb(replicates, k)
        * share**k
        * (1 - share) ** (replicates - k)
        * _at_least(max(0, second - k), extended - replicates, share)
        for k in undecided
    )
    return _at_least(first, replicates, share) + fsum(later)


def false_pass_rate(replicates: int, alpha: float) -> float:
    """How probably a comparison holds although a replicate is as likely on the wrong side as on the right one."""
    return power(replicates, alpha, 0.5)


def _at_least(count: int, of: int, share: float) -> float:
    """The binomial probability of `count` or more successes; scipy.stats would take a second to import."""
    return fsum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(count, of + 1))
