"""What exports are made of: everybody in the class, with the record of the submission that counts."""

import msgspec

from ..errors import SpecificationError
from .class_folder import ClassFolder
from .grades_csv import Row
from .records import Record
from .text import one_line

NAMED = 4
"""Submissions that a message names."""


class Standing(msgspec.Struct, frozen=True):
    """One student, or one submission that is nobody's."""

    row: Row
    record: Record | None
    """The grade of the submission that counts, or what the grader failed on; None where there is neither."""


def read(folder: ClassFolder) -> list[Standing]:
    """Everybody's standing; `SpecificationError` where results were edited, or do not count the same points."""
    if edited := folder.edited():
        raise SpecificationError(
            f"{_named([str(file) for file in edited])}: edited or damaged since written; expected results as `claims "
            "grade` wrote them: run the same command again to grade these"
        )
    standings = [Standing(row, _record(folder, row.submission)) for row in folder.rows()]
    if mixed := [each.row.submission for each in standings if each.record and _differs(each.record, folder)]:
        raise SpecificationError(
            f"{folder.out}: stale: {_named(mixed)}: graded with other claims or points than the rest of the class; "
            "expected the same for all: run the same `claims grade` again to update them"
        )
    return standings


def _record(folder: ClassFolder, name: str) -> Record | None:
    return (folder.record("results", name) or folder.record("failures", name)) if name else None


def _differs(record: Record, folder: ClassFolder) -> bool:
    """Whether a grade is not one of the grade book's assignment."""
    claims = {claim.id: claim.of for claim in record.grade.claims} if record.grade else folder.book.points
    return claims != folder.book.points


def _named(names: list[str]) -> str:
    shown = ", ".join(one_line(name, 120) for name in names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if names[NAMED:] else shown
