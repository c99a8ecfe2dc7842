"""One cause, told once: what failed for the same reason is told together."""

import re
from collections.abc import Iterable

from ..errors import Outcome
from .records import ClaimGrade

FUNCTION = re.compile(r"^[a-z_]+\.[a-z0-9_.]+(?=[ :])")
"""How a reason begins: with the function that was asked."""


def by_cause(claims: Iterable[ClaimGrade]) -> list[list[ClaimGrade]]:
    """The claims that do not hold, those of one cause together, in the order of the first of each.

    Two failures have one cause where the reason's first line is the same but for the function that was asked.
    """
    groups: dict[tuple[Outcome, str], list[ClaimGrade]] = {}
    for claim in claims:
        if claim.outcome is not Outcome.HOLDS:
            groups.setdefault(cause_of(claim), []).append(claim)
    return list(groups.values())


def cause_of(claim: ClaimGrade) -> tuple[Outcome, str]:
    """What failures of one cause have in common."""
    # Without a reason there is nothing to tell together.
    return claim.outcome, FUNCTION.sub("", claim.reason.partition("\n")[0]) or claim.id
