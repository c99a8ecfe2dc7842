"""How a comparison over replicates is decided: by a sign test against a region that is fixed in advance.

Each replicate gives one value. Under the null hypothesis a value lies in the region with probability at most one half;
the comparison holds when so many do that the sign test (the exact one-sided binomial test of that count) rejects the
null at `alpha`. Nothing is assumed of the values' distribution. The comparison is refuted when as many lie on the wrong
side, and inconclusive otherwise. Where values have to lie in an interval, it is inconclusive too if a single one lies
far outside: one collapsed network among many is not "level".

A comparison has one look or two, each with its number of replicates: where the first is inconclusive, the replicates of
the second are tested, once. Of two looks each has half of alpha, so that both together pass falsely with probability at
most alpha.
"""

from dataclasses import dataclass
from functools import cache
from math import comb, fsum
from typing import ClassVar, TypeAlias

import numpy as np

from ..errors import Outcome


@dataclass(frozen=True)
class Above:
    """Values greater than a margin, a tie not included; those below chance speak against it.

    Chance is the value where there is no effect: 0 for a difference, 1/2 for an accuracy on two balanced classes.
    """

    margin: float
    chance: float = 0.0
    verb: ClassVar[str] = "exceeds"
    signed: ClassVar[bool] = True
    """Whether its numbers are written with their sign."""

    def right(self, values: np.ndarray) -> np.ndarray:
        """Which values exceed the margin, as bools."""
        return values > self.margin

    def wrong(self, values: np.ndarray) -> np.ndarray:
        """Which values are below chance, as bools."""
        return values < self.chance

    def far(self, values: np.ndarray) -> np.ndarray:
        """Which values no share of the others makes up for, as bools: none."""
        return np.zeros(values.shape, dtype=bool)

    def room(self, values: np.ndarray) -> np.ndarray:
        """How far each value exceeds the margin; negative below it."""
        return values - self.margin

    def number(self, value: float) -> str:
        """A value, or a statistic of values, as it is read."""
        return f"{value:+.3g}"

    @property
    def target(self) -> str:
        """What replicates on the right side do."""
        return f"exceed {self.number(self.margin)}"

    @property
    def short(self) -> str:
        """The same in a table."""
        return f"> {self.number(self.margin)}"

    @property
    def wrong_side(self) -> str:
        """Where replicates on the wrong side lie."""
        return f"below chance ({self.chance:.3g})" if self.chance else "below zero"


@dataclass(frozen=True)
class Within:
    """Values from `low` to `high`, both included; all others speak against it. The same members as `Above`.

    No value may lie farther outside than `worst`: half the width of the interval, where that is None.
    """

    low: float
    high: float
    worst: float | None = None
    verb: ClassVar[str] = "within"
    signed: ClassVar[bool] = False

    def right(self, values: np.ndarray) -> np.ndarray:
        """Which values lie in the interval, as bools."""
        return (self.low <= values) & (values <= self.high)

    def wrong(self, values: np.ndarray) -> np.ndarray:
        """Which values lie outside, as bools."""
        return ~self.right(values)

    def far(self, values: np.ndarray) -> np.ndarray:
        """Which values lie so far outside that no share of the others makes up for them, as bools."""
        return -self.room(values) > self.farthest

    @property
    def farthest(self) -> float:
        """How far outside a single value may lie."""
        return (self.high - self.low) / 2 if self.worst is None else self.worst

    def room(self, values: np.ndarray) -> np.ndarray:
        """The distance of each value to the nearer end; negative outside."""
        return np.minimum(values - self.low, self.high - values)

    def number(self, value: float) -> str:
        """A value, or a statistic of values, as it is read."""
        return f"{value:.3g}"

    @property
    def margin(self) -> list[float]:
        """Both ends, as `claims.json` states them."""
        return [self.low, self.high]

    @property
    def target(self) -> str:
        """What replicates on the right side do."""
        return f"lie {self.short}"

    @property
    def short(self) -> str:
        """The same in a table."""
        return f"in {self._interval}"

    @property
    def wrong_side(self) -> str:
        """Where replicates on the wrong side lie."""
        return f"outside {self._interval}"

    @property
    def _interval(self) -> str:
        return f"[{self.number(self.low)}, {self.number(self.high)}]"


Region: TypeAlias = Above | Within


def region_of(margin: float | list[float], chance: float = 0.0, worst: float | None = None) -> Region:
    """The region that `claims.json` states as a number, or as [low, high]."""
    return Within(margin[0], margin[1], worst) if isinstance(margin, list) else Above(margin, chance)


@dataclass(frozen=True)
class Decision:
    """What the sign test says of one comparison at one look."""

    outcome: Outcome
    """Holds, refuted or inconclusive."""
    right: int
    wrong: int
    """How many replicates lie on the right and on the wrong side."""
    needed: int
    """How many on one side decide."""


def sign_test(region: Region, values: np.ndarray, replicates: int, alpha: float) -> Decision:
    """Decide by the first `replicates` of the values, (n,); so few that no count is significant raise ValueError."""
    enough = needed(replicates, alpha)
    if enough is None or len(values) < replicates:
        raise ValueError(f"replicates = {replicates}: cannot decide at alpha = {alpha} with {len(values)} values")
    right, wrong = (int(side(values[:replicates]).sum()) for side in (region.right, region.wrong))
    holds = right >= enough and not region.far(values[:replicates]).any()
    outcome = Outcome.HOLDS if holds else Outcome.REFUTED if wrong >= enough else Outcome.INCONCLUSIVE
    return Decision(outcome, right, wrong, enough)


@cache
def needed(replicates: int, alpha: float) -> int | None:
    """The smallest count out of `replicates` that the sign test finds significant.

    None where even all of them would not do: at alpha .001 that is the case below 10 replicates.
    """
    counts = range(replicates + 1)
    return next((count for count in counts if _at_least(count, replicates, 0.5) <= alpha), None)


@cache
def power(looks: tuple[int, ...], alpha: float, share: float) -> float:
    """How probably a comparison holds, all looks together, if each replicate is right with probability `share`.

    At a share of one half this is the false pass rate.
    """
    first, second = looks[0], looks[-1]
    enough, enough_then = (needed(replicates, alpha / len(looks)) for replicates in (first, second))
    if enough is None or enough_then is None:
        return 0.0
    undecided = [count for count in range(first + 1) if max(count, first - count) < enough] if len(looks) > 1 else []
    return _at_least(enough, first, share) + fsum(
        _exactly(count, first, share) * _at_least(max(0, enough_then - count), second - first, share)
        for count in undecided
    )


def lower_bound(right: int, of: int) -> float:
    """The one-sided 95 % Clopper-Pearson lower bound of the share behind `right` of `of`: of 216 out of 216, .9862."""
    from scipy.special import betaincinv

    return float(betaincinv(right, of - right + 1, 0.05)) if right else 0.0


def _exactly(count: int, of: int, share: float) -> float:
    """The binomial probability of `count` successes."""
    return comb(of, count) * share**count * (1 - share) ** (of - count)


def _at_least(count: int, of: int, share: float) -> float:
    """The binomial probability of `count` or more successes; scipy.stats would take a second to import."""
    return fsum(_exactly(k, of, share) for k in range(count, of + 1))
