"""The grade book of a class: what has been graded, what is still to be run, and a `grades.csv` that is always true.

Its folder holds `grade-book.json` (who and what there is), `results/NAME.json` for each submission that has a grade,
`failures/NAME.json` for each that the grader failed on since, `running/NAME` for each that is being run, `grades.csv`,
and the secret of the seed, with which all of it is sealed. Files are written atomically and results are recognised by
their key: whatever kills a run, the same command resumes it. Several shards may work in one folder.
"""

import contextlib
import errno
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from .. import files
from ..claims.inventory import Inventory
from . import book_file, grades_csv, records
from .assignment import AssignedClaims
from .book_file import Book
from .class_folder import FOLDERS, ClassFolder
from .engines import Engine
from .grade import graded
from .grades_csv import Row, row_of
from .jobs import Jobs
from .locks import table_lock
from .progress import ProgressObserver
from .records import Record
from .submission_run import Job
from .submissions import Submission

RESERVE = 4096
"""Bytes of disk that are kept for each row of the last table."""


class GradeBook(ClassFolder):
    """Grades the submissions of a class into its folder."""

    def __init__(
        self, out: Path, key: bytes, book: Book, given: list[Submission], sandbox: str, inventory: Inventory
    ) -> None:
        """Write the book into `out`; `given` are those of its submissions that are here to be graded."""
        super().__init__(out, key, book)
        self.registry = inventory.registry
        self.assigned = AssignedClaims(book.assignment, book.points, book.settings.exact)
        self.given = {submission.name: submission for submission in given}
        self.jobs = Jobs(book.settings, inventory, sandbox)
        self._pending: set[str] = set()
        self._reserve = out / f".reserve.{os.getpid()}.part"
        """Room for a last table where the disk is full: so that it does not say "running" for ever."""
        self._unsaved: dict[str, Row] = {}
        """The rows of submissions whose result file could not be written."""
        for folder in FOLDERS:
            (out / folder).mkdir(parents=True, exist_ok=True)
        book_file.write(book, out, key)
        self._version = (out / book_file.NAME).stat().st_mtime_ns

    def _job(self, name: str) -> Job:
        return self.jobs.job(self.given[name], self.book.submissions[name].fingerprint, self.key_of(name))

    def regrade(self) -> None:
        """Bring every grade up to the assignment's points, weights and hints, which takes no run."""
        for name in self.book.submissions:
            record = self.record("results", name)
            if record is not None and (again := graded(record, self.assigned, self.registry)) != record:
                records.write(again, self.file("results", name), self.key)

    def run(self, names: Iterable[str], again: Iterable[str], engine: Engine, observer: ProgressObserver) -> None:
        """Run those that have no grade yet, and those to be run again; whatever becomes of one, all are graded."""
        names, again = list(names), set(again)
        for name in names:
            self.file("running", name).unlink(missing_ok=True)
        jobs = [self._job(name) for name in names if name in again or not self.is_graded(name)]
        self._pending = {job.submission.name for job in jobs}
        self.write_csv()
        files.write(self._reserve, bytes(RESERVE * len(self.book.submissions) + RESERVE))
        observer.plan(len(names), len(names) - len(jobs))

        def on_start(name: str) -> None:
            with contextlib.suppress(OSError):
                self.file("running", name).touch()
                self.write_csv()
            observer.started(name)

        try:
            for job, record in engine(jobs, on_start):
                observer.finished(self._save(job.submission.name, record))
        finally:
            for name in names:
                self.file("running", name).unlink(missing_ok=True)
            self.write_csv()
            self._reserve.unlink(missing_ok=True)

    def submission_row(self, name: str) -> Row:
        """What has become of one submission, or is becoming of it."""
        if name in self._unsaved and not self.is_graded(name):
            return self._unsaved[name]
        row = super().submission_row(name)
        if row.status != "graded" or name in self._pending:
            if self.file("running", name).exists():
                return msgspec.structs.replace(row, status="running")
            if name in self._pending and row.status != "graded":
                return msgspec.structs.replace(row, status="pending")
        return row

    def write_csv(self) -> None:
        """Write `grades.csv` anew."""
        # Other shards write the same table.
        with table_lock(self.out):
            self._read_again()
            table = grades_csv.render(self.rows(), self.book.questions)
            try:
                files.write(self.out / "grades.csv", table)
            except OSError as error:
                if error.errno != errno.ENOSPC or not self._reserve.exists():
                    raise
                self._reserve.unlink()
                files.write(self.out / "grades.csv", table)

    def _read_again(self) -> None:
        """Know what another shard, which started later, was given."""
        if (version := (self.out / book_file.NAME).stat().st_mtime_ns) != self._version:
            self._version, self.book = version, book_file.read(self.out, self.key)
            for cached in ("attribution", "attempts"):
                self.__dict__.pop(cached, None)

    def _save(self, name: str, record: Record) -> Record:
        """Grade a record and write its result file; a failure of either is the grader's error."""
        try:
            record = graded(record, self.assigned, self.registry)
            if record.status == "graded":
                records.write(record, self.file("results", name), self.key)
                self.file("failures", name).unlink(missing_ok=True)
            else:
                records.write(record, self.file("failures", name), self.key)
        except Exception as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else repr(error)
            problem = f"its result could not be saved: {why}"
            record = msgspec.structs.replace(record, status="grader-error", grade=None, run=None, problem=problem)
            self._unsaved[name] = row_of(record)
        self._pending.discard(name)
        with contextlib.suppress(OSError):
            self.file("running", name).unlink(missing_ok=True)
            self.write_csv()
        return record
