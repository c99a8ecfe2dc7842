"""The folder of a class as anybody reads it: the grade book, the result files, and the row of each student.

`results/` has the last good grade of each submission, `failures/` what the grader failed on since: a failure never
replaces a grade. A result whose key is not the one expected belongs to an earlier state of the submission: it is stale.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import ceil
from pathlib import Path

import msgspec

from ..errors import SpecificationError
from . import attempts, book_file, records
from .book_file import Book
from .grades_csv import Row, row_of
from .records import Record
from .roster import Student
from .submissions import file_stem
from .text import format_points

FOLDERS = ("results", "failures", "running")


class Attempts(msgspec.Struct, frozen=True):
    """A student with the submissions that are theirs; somebody nobody knows has exactly one."""

    student: Student
    submissions: list[str]
    """The earliest first."""
    stray: str = ""
    """Why it is nobody's on the roster."""


class ClassFolder:
    """Reads a grade book's folder."""

    def __init__(self, out: Path, key: bytes, book: Book) -> None:
        """Of a book that was read, or is about to be written, with this key of its seals."""
        self.out, self.key, self.book = out, key, book
        self._read: dict[Path, tuple[tuple[int, int, int], Record | None]] = {}
        """The content of result files, with the version that each was read at; None where one was edited."""

    def key_of(self, name: str) -> str:
        """What a result of this submission has to be made of to be its grade."""
        content = [self.book.submissions[name].fingerprint, self.book.settings]
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()

    def file(self, kind: str, name: str) -> Path:
        """Where something about a submission lies: its result, its failure, or that it is being run."""
        return self.out / kind / f"{file_stem(name)}{'' if kind == 'running' else '.json'}"

    def result(self, name: str) -> Record | None:
        """The last good grade of a submission; none where it was edited."""
        return self._record(self.file("results", name), name)

    def failure(self, name: str) -> Record | None:
        """What the grader failed on, if it did with the submission as it is."""
        record = self._record(self.file("failures", name), name)
        return record if record is not None and record.key == self.key_of(name) else None

    def grade(self, name: str) -> Record | None:
        """The grade of a submission as it is."""
        record = self.result(name)
        return record if record is not None and record.key == self.key_of(name) else None

    def edited(self) -> list[Path]:
        """The result files of the class that are not as they were written."""
        files = [self.file(kind, name) for name in self.book.submissions for kind in ("results", "failures")]
        for name in self.book.submissions:
            self.result(name), self.failure(name)
        return [file for file in files if file in self._read and self._read[file][1] is None]

    def _record(self, file: Path, name: str) -> Record | None:
        try:
            status = file.stat()
        except FileNotFoundError:
            return None
        version = (status.st_mtime_ns, status.st_ino, status.st_size)
        if file not in self._read or self._read[file][0] != version:
            try:
                record = records.read(file, self.key)
            except SpecificationError:
                record = None
            # Whoever copies another's result over it has edited it as well.
            self._read[file] = (version, record if record is not None and record.submission == name else None)
        return self._read[file][1]

    @cached_property
    def attempts(self) -> list[Attempts]:
        """Everybody: those on the roster in its order, then submissions that are nobody's."""
        of_students, strays = attempts.assign(self.book.students, self.book.submissions)
        known = [Attempts(student, of_students[student.id]) for student in self.book.students]
        reasons = strays if self.book.students else dict.fromkeys(strays, "")
        others = [
            Attempts(Student(name, attempts.read(name).display), [name], reasons[name]) for name in sorted(strays)
        ]
        return known + others

    def rows(self) -> Iterator[Row]:
        """The row of everybody."""
        for each in self.attempts:
            yield self._row(each)

    def counting(self, submissions: list[str]) -> list[str]:
        """Those of one student's submissions that have to be graded."""
        return submissions if self.book.attempts == "best" else submissions[-1:]

    def _row(self, each: Attempts) -> Row:
        who = Row(
            student=each.student.id,
            name=each.student.name,
            attempts=len(each.submissions),
            late=self._late(each),
            status="no submission",
        )
        if not each.submissions:
            return who
        rows = [self.submission_row(name) for name in self.counting(each.submissions)]
        # Which of several is best is known once all have a grade.
        row = next((row for row in rows if row.status != "graded"), None) or max(rows, key=lambda row: row.points or 0)
        note = row.note
        if row.status != "graded" and (so_far := max((other.points or 0 for other in rows), default=0)):
            note = "; ".join(filter(None, (note, f"best so far: {format_points(so_far)}")))
        note = "; ".join(filter(None, (note, each.stray)))
        return msgspec.structs.replace(
            row, note=note, student=who.student, name=who.name, attempts=who.attempts, late=who.late
        )

    def submission_row(self, name: str) -> Row:
        """What has become of one submission."""
        grade, failure, earlier = self.grade(name), self.failure(name), self.result(name)
        if grade is not None:
            row = row_of(grade)
            if failure is not None:
                note = "; ".join(filter(None, (row.note, f"it was to be graded again, and failed: {failure.problem}")))
                return msgspec.structs.replace(row, note=note)
            return row
        points = earlier.grade.points if earlier is not None and earlier.grade else None
        stale = "" if points is None else f"changed since it was graded with {format_points(points)}"
        if failure is not None:
            return Row(name, "grader-error", note="; ".join(filter(None, (failure.problem, stale))))
        return Row(name, "pending", note=stale)

    def _late(self, each: Attempts) -> str:
        """By how many days the counting submission is late: a number, or "late" where only that is known."""
        due = self.book.assignment.due
        if not each.submissions:
            return ""
        if each.student.submitted is None or due is None:
            return "late" if attempts.read(each.submissions[-1]).late else ""
        beyond = _moment(each.student.submitted) - _moment(due)
        return str(max(0, ceil(beyond / timedelta(days=1))))


def _moment(when: datetime) -> datetime:
    """A date without a zone is one of this machine's."""
    return when.astimezone(UTC)


def opened(out: Path, key: bytes) -> ClassFolder:
    """The folder of a class, to be read; `SpecificationError` where it is none, or its book was edited."""
    if not book_file.there(out):
        raise SpecificationError(f"{out}: no {book_file.NAME} there; expected a folder that `claims grade --out` wrote")
    return ClassFolder(out, key, book_file.read(out, key))
