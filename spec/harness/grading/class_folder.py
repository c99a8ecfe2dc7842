"""The folder of a class as anybody reads it: the grade book, the result files, and the row of each student.

`results/` has the last good grade of each submission, `failures/` what the grader failed on since: a failure never
replaces a grade. A result whose key is not the one expected belongs to an earlier state of the submission: it is stale.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import ceil
from pathlib import Path

import msgspec

from ..errors import SpecificationError
from . import attempts, book_file, names, records
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


class Kept(msgspec.Struct, frozen=True):
    """What the table needs of a result file."""

    key: str
    row: Row


class ClassFolder:
    """Reads a grade book's folder."""

    def __init__(self, out: Path, key: bytes, book: Book) -> None:
        """Of a book that was read, or is about to be written, with this key of its seals."""
        self.out, self.key, self.book = out, key, book
        self._kept: dict[Path, tuple[tuple[int, int, int], Kept | None]] = {}
        """Of each result file what the table needs, with the version that it was read at; None where it was edited."""

    def key_of(self, name: str) -> str:
        """What a result of this submission has to be made of to be its grade."""
        content = [self.book.submissions[name].fingerprint, self.book.settings]
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()

    def file(self, kind: str, name: str) -> Path:
        """Where something about a submission lies: its result, its failure, or that it is being run."""
        return self.out / kind / f"{file_stem(name)}{'' if kind == 'running' else '.json'}"

    def record(self, kind: str, name: str) -> Record | None:
        """The result or failure of a submission as it is; none where there is none, or it was edited."""
        try:
            record = records.read(self.file(kind, name), self.key)
        except SpecificationError:
            return None
        # Whoever copies another's result over it has edited it as well.
        return record if record.submission == name and record.key == self.key_of(name) else None

    def edited(self) -> list[Path]:
        """The result files of the class that are not as they were written."""
        files = [(self.file(kind, name), name) for name in self.book.submissions for kind in ("results", "failures")]
        return [file for file, name in files if file.exists() and self._of_table(file, name) is None]

    def is_graded(self, name: str) -> bool:
        """Whether there is a grade of the submission as it is."""
        kept = self._of_table(self.file("results", name), name)
        return kept is not None and kept.key == self.key_of(name)

    def _of_table(self, file: Path, name: str) -> Kept | None:
        """What the table needs of a result file; records are large, and none stays in memory."""
        try:
            status = file.stat()
        except FileNotFoundError:
            return None
        version = (status.st_mtime_ns, status.st_ino, status.st_size)
        if file not in self._kept or self._kept[file][0] != version:
            try:
                record = records.read(file, self.key)
                kept = Kept(record.key, row_of(record)) if record.submission == name else None
            except SpecificationError:
                kept = None
            self._kept[file] = (version, kept)
        return self._kept[file][1]

    @cached_property
    def attribution(self) -> attempts.Attribution:
        """Whose the submissions are."""
        return attempts.assign(self.book.students, self.book.submissions)

    @cached_property
    def attempts(self) -> list[Attempts]:
        """Everybody: those on the roster in its order, then submissions that are nobody's."""
        of_students, strays = self.attribution.of, self.attribution.strays
        known = [Attempts(student, of_students[student.id]) for student in self.book.students]
        reasons = strays if self.book.students else dict.fromkeys(strays, "")
        others = [Attempts(Student(name, names.read(name).display), [name], reasons[name]) for name in sorted(strays)]
        return known + others

    def rows(self) -> Iterator[Row]:
        """The row of everybody."""
        for each in self.attempts:
            yield self._row(each)

    def counting(self, submissions: list[str]) -> list[str]:
        """Those of one student's submissions that have to be graded."""
        return submissions if self.book.attempts == "best" else submissions[-1:]

    def counted(self, names: Iterable[str]) -> list[str]:
        """Those of these submissions that have to be graded: not the attempts that do not count."""
        counting = {name for each in self.attempts for name in self.counting(each.submissions)}
        return [name for name in names if name in counting]

    def _row(self, each: Attempts) -> Row:
        who = Row(
            student=each.student.id,
            name=each.student.name,
            attempts=len(each.submissions),
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
        late = self._late(each, row.submission)
        return msgspec.structs.replace(
            row, note=note, student=who.student, name=who.name, attempts=who.attempts, late=late
        )

    def submission_row(self, name: str) -> Row:
        """What has become of one submission."""
        result = self._of_table(self.file("results", name), name)
        failure = self._of_table(self.file("failures", name), name)
        problem = failure.row.note if failure is not None and failure.key == self.key_of(name) else ""
        if result is not None and result.key == self.key_of(name):
            failed = f"grading it again failed: {problem}" if problem else ""
            note = "; ".join(filter(None, (result.row.note, failed)))
            return msgspec.structs.replace(result.row, note=note)
        before = "" if result is None or result.row.points is None else format_points(result.row.points)
        stale = f"changed since it was graded, with {before} points" if before else ""
        if problem:
            return Row(name, "grader-error", note="; ".join(filter(None, (problem, stale))))
        return Row(name, "pending", note=stale)

    def _late(self, each: Attempts, submission: str) -> str:
        """By how many days one of the submissions is late: a number, or "late" where only that is known."""
        due = self.book.assignment.due
        if each.student.submitted is not None and due is not None:
            days = max(0, ceil((_moment(each.student.submitted) - _moment(due)) / timedelta(days=1)))
            # The roster's time is that of the latest; the earlier ones are on time where that is.
            if submission == each.submissions[-1] or not days:
                return str(days)
        return "late" if names.read(submission).late else ""


def _moment(when: datetime) -> datetime:
    """A date without a zone is one of this machine's."""
    return when.astimezone(UTC)


def opened(out: Path, key: bytes) -> ClassFolder:
    """The folder of a class, to be read; `SpecificationError` where it is none, or its book was edited."""
    if not book_file.there(out):
        raise SpecificationError(f"{out}: no {book_file.NAME} there; expected a folder that `claims grade --out` wrote")
    return ClassFolder(out, key, book_file.read(out, key))
