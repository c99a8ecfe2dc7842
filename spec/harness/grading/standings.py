"""What exports are made of: everybody in the class, with the record of the submission that counts."""

import msgspec

from ..errors import SpecificationError
from .class_folder import ClassFolder
from .grades_csv import Row
from .records import Record
from .submissions import file_stem
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


def file_names(standings: list[Standing]) -> list[str]:
    """What the document of each is called, without suffix: students who share a submission have one document.

    But where a teacher has given them different points by hand, each has one.
    """
    records: dict[str, list[Record | None]] = {}
    for each in standings:
        records.setdefault(each.row.submission, []).append(each.record)
    differ = {name for name, its in records.items() if any(record != its[0] for record in its)}
    rows = [each.row for each in standings]
    return [
        file_stem(f"{row.submission} {row.student}" if row.submission in differ else row.submission) for row in rows
    ]


def _record(folder: ClassFolder, name: str) -> Record | None:
    return (folder.record("results", name) or folder.record("failures", name)) if name else None


def _differs(record: Record, folder: ClassFolder) -> bool:
    """Whether a grade is not one of the grade book's assignment."""
    claims = {claim.id: claim.of for claim in record.grade.claims} if record.grade else folder.book.points
    return claims != folder.book.points


def _named(names: list[str]) -> str:
    shown = ", ".join(one_line(name, 120) for name in names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if names[NAMED:] else shown
