"""What is to be said of a submission in a line: so that nobody gets nothing without a reason."""

from .causes import by_cause
from .records import Grade, Record


def note(record: Record) -> str:
    """A comment by hand, the problem or what was found in it, and where no claim holds the most common cause."""
    comment = record.override.comment if record.override else ""
    if record.problem:
        return "; ".join(filter(None, (comment, record.problem)))
    nothing = _nothing(record.grade) if record.grade and record.grade.points == 0 else ""
    return "; ".join(filter(None, (comment, *record.remarks, nothing)))


def _nothing(grade: Grade) -> str:
    """Why no claim holds."""
    commonest = max(by_cause(grade.claims), key=len)
    reason = commonest[0].reason.partition("\n")[0] or commonest[0].outcome_word
    return f"no claim holds; {len(commonest)} of {len(grade.claims)}: {reason}"
