"""How a comparison over replicates is decided: by counting.

Each replicate gives one value. Under the null hypothesis a replicate lies on the right side of the margin with
probability at most one half; the comparison holds when so many do that an exact binomial test rejects that null at
`alpha`. Nothing is assumed of the values' distribution, and a tie with the margin counts against the claim.
"""

from functools import cache


@cache
def needed(replicates: int, alpha: float) -> int | None:
    """The smallest count out of `replicates` that an exact one-sided binomial test against 1/2 finds significant.

    None where even all of them would not do: at alpha .001 that is the case below 10 replicates.
    """
    from scipy.stats import binomtest

    counts = range(replicates + 1)
    return next((k for k in counts if binomtest(k, replicates, 0.5, alternative="greater").pvalue <= alpha), None)


@cache
def power(replicates: int, alpha: float, share: float) -> float:
    """How probably a comparison holds in which each replicate is on the right side with probability `share`."""
    from scipy.stats import binom

    enough = needed(replicates, alpha)
    return 0.0 if enough is None else float(binom.sf(enough - 1, replicates, share))


@cache
def false_pass_rate(replicates: int, alpha: float) -> float:
    """How probably a comparison holds although a replicate is as likely on the wrong side as on the right one."""
    return power(replicates, alpha, 0.5)
