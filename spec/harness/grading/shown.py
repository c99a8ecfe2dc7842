"""What a student is shown of a grade: claims by their visibility, and of what failed as much as the hint level says.

The teacher's files have everything. What is not shown is counted all the same, in one sum for each question.
"""

from datetime import UTC, datetime

import msgspec

from ..counts import counted
from ..errors import Outcome
from .assignment import AFTER_DUE_DATE, VISIBLE
from .records import ClaimGrade, QuestionGrade, Record

NEVER = datetime.fromtimestamp(0, UTC)
"""A time at which no due date is past."""


def for_student(record: Record, due: datetime | None, now: datetime) -> Record:
    """The record as a student may see it now."""
    if record.grade is None:
        return record
    is_past = due is not None and now >= due.astimezone(UTC)
    questions = [_question(question, is_past) for question in record.grade.questions]
    return msgspec.structs.replace(record, grade=msgspec.structs.replace(record.grade, questions=questions))


def at_level(claim: ClaimGrade) -> ClaimGrade:
    """The grade of a claim with as much about a failure as its hint level allows."""
    if claim.outcome is Outcome.HOLDS or claim.level == "hint":
        return claim
    if claim.level == "reason":
        return msgspec.structs.replace(claim, hint="")
    return msgspec.structs.replace(claim, hint="", reason="", evidence=[])


def is_shown(visibility: str, is_past: bool) -> bool:
    """Whether claims of this visibility are shown, before or after the due date."""
    return visibility == VISIBLE or (visibility == AFTER_DUE_DATE and is_past)


def _question(question: QuestionGrade, is_past: bool) -> QuestionGrade:
    shown = [at_level(claim) for claim in question.claims if is_shown(claim.visibility, is_past)]
    if hidden := [claim for claim in question.claims if not is_shown(claim.visibility, is_past)]:
        shown.append(_together(question.question, hidden))
    return msgspec.structs.replace(question, claims=shown)


def _together(question: str, claims: list[ClaimGrade]) -> ClaimGrade:
    """Claims that are not shown, as one."""
    known = [claim.points for claim in claims if claim.points is not None]
    points, of = sum(known) if len(known) == len(claims) else None, sum(claim.of for claim in claims)
    outcome = Outcome.GRADER_ERROR if points is None else Outcome.HOLDS if points == of else Outcome.REFUTED
    return ClaimGrade(
        id=f"{question.partition('_')[0]}.not-shown",
        en=f"{counted(len(claims), 'more claim')}; only the points are shown.",
        criterion="",
        outcome=outcome,
        points=points,
        of=of,
        reason="",
        hint="",
        evidence=[],
        seconds=sum(claim.seconds for claim in claims),
        test="",
    )
