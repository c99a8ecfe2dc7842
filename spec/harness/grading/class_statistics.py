"""What a class says of each claim: how many hold it, whether it tells good submissions from others, what goes wrong."""

from collections import Counter
from collections.abc import Iterable

import msgspec
import numpy as np

from ..errors import Outcome
from .causes import cause_of
from .records import ClaimGrade, Record


class ClaimStatistics(msgspec.Struct, frozen=True):
    """One claim over a class."""

    id: str
    en: str
    holds: int
    of: int
    discrimination: float | None
    """The correlation of holding it with the points of all other claims; None where one of them never varies."""
    reason: str
    """The commonest cause of its failures."""
    reasons: int
    """How many submissions have that."""
    seconds: float
    """The median."""


def of_class(records: Iterable[Record]) -> list[ClaimStatistics]:
    """The statistics of every claim over the submissions that are graded."""
    grades = [record.grade for record in records if record.status == "graded" and record.grade]
    by_claim: dict[str, list[tuple[ClaimGrade, int]]] = {}
    for grade in grades:
        for claim in grade.claims:
            by_claim.setdefault(claim.id, []).append((claim, (grade.points or 0) - (claim.points or 0)))
    return [_of_claim([claim for claim, _ in rows], [rest for _, rest in rows]) for rows in by_claim.values()]


def _of_claim(claims: list[ClaimGrade], rest: list[int]) -> ClaimStatistics:
    holds = [claim.outcome is Outcome.HOLDS for claim in claims]
    causes = Counter(cause_of(claim) for claim in claims if claim.outcome is not Outcome.HOLDS)
    cause, count = causes.most_common(1)[0] if causes else (None, 0)
    example = next((claim for claim in claims if claim.outcome is not Outcome.HOLDS and cause_of(claim) == cause), None)
    varies = len(set(holds)) > 1 and len(set(rest)) > 1
    return ClaimStatistics(
        id=claims[0].id,
        en=claims[0].en,
        holds=sum(holds),
        of=len(holds),
        discrimination=float(np.corrcoef(holds, rest)[0, 1]) if varies else None,
        reason=f"{example.outcome_word}: {example.reason.partition(chr(10))[0]}" if example else "",
        reasons=count,
        seconds=float(np.median([claim.seconds for claim in claims])),
    )
