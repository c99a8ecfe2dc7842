"""The grade book of a class: what has been graded, what is still to be run, and a `grades.csv` that is always true.

Its folder holds `results/NAME.json` for each submission that is done, `running/NAME` for each that is being run,
`grades.csv`, and the secret of the seed. Result files are written atomically and recognised by their key: whatever
kills a run, the same command resumes it. Several shards may work in one folder.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from filelock import FileLock

from .. import files
from ..claims.inventory import Inventory
from ..errors import SpecificationError
from . import grades_csv, records
from .assignment import AssignedClaims
from .engines import Engine
from .grade import graded
from .grades_csv import Row, row_of
from .progress import ProgressObserver
from .records import Record
from .submission_run import Job
from .submissions import Submission, file_stem, fingerprint


class RunSettings(msgspec.Struct, frozen=True):
    """What every submission of a class is run with."""

    specification: str
    """Its hash."""
    seed: int
    device: str
    sandbox: str
    """Not part of a result's key: shards may run on machines with different sandboxes."""


class GradeBook:
    """A folder with the grades of many submissions."""

    def __init__(
        self,
        out: Path,
        submissions: list[Submission],
        assigned: AssignedClaims,
        settings: RunSettings,
        inventory: Inventory,
    ):
        """Open the grade book in `out`, which is made where it is missing."""
        self.out, self.assigned, self.registry = out, assigned, inventory.registry
        asked = {function for claim in assigned.points for test in inventory.by_claim[claim] for function in test.asks}
        self.topics = sorted({function.partition(".")[0] for function in asked})
        for folder in (out, out / "results", out / "running"):
            folder.mkdir(parents=True, exist_ok=True)
        self.jobs = {submission.name: self._job(submission, settings) for submission in submissions}
        self._rows: dict[str, tuple[tuple[int, int], Row | None]] = {}
        """The rows of the result files, with the modification time and inode that each was read at."""
        self._pending: set[str] = set()
        self._unsaved: dict[str, Row] = {}
        """The rows of submissions whose result file could not be written."""

    def _job(self, submission: Submission, settings: RunSettings) -> Job:
        content, exact = fingerprint(submission.path), self.assigned.exact
        claims, limits = list(self.assigned.points), self.assigned.assignment.limits
        key = [content, settings.specification, settings.seed, settings.device, claims, exact, limits]
        return Job(
            submission=submission,
            fingerprint=content,
            key=hashlib.sha256(msgspec.json.encode(key)).hexdigest(),
            claims=claims,
            topics=self.topics,
            exact=exact,
            seed=settings.seed,
            device=settings.device,
            sandbox=settings.sandbox,
            limits=limits,
        )

    def grade(self, names: Iterable[str], engine: Engine, observer: ProgressObserver) -> None:
        """Run those of these submissions that have no grade yet; whatever becomes of one, the others are graded."""
        names = list(names)
        for name in names:
            self._marker(name).unlink(missing_ok=True)
        jobs = [self.jobs[name] for name in names if not self._is_graded(name)]
        self._pending = {job.submission.name for job in jobs}
        self.write_csv()
        observer.plan(len(names), len(names) - len(jobs))

        def on_start(name: str) -> None:
            with contextlib.suppress(OSError):
                self._marker(name).touch()
                self.write_csv()
            observer.started(name)

        try:
            for job, record in engine(jobs, on_start):
                observer.finished(self._save(job.submission.name, record))
        finally:
            for name in names:
                self._marker(name).unlink(missing_ok=True)
            self.write_csv()

    def rows(self) -> Iterator[Row]:
        """The row of every submission; its status is "pending", "running", "graded" or "grader-error"."""
        for name in self.jobs:
            row = self._row(name)
            if row is not None and row.status == "graded":
                yield row
            elif self._marker(name).exists():
                yield Row(name, "running")
            elif row is None or name in self._pending:
                yield Row(name, "pending")
            else:
                yield row

    def write_csv(self) -> None:
        """Write `grades.csv` anew."""
        of: dict[str, int] = {}
        for claim, points in self.assigned.points.items():
            question = self.registry.question_of[claim]
            of[question] = of.get(question, 0) + points
        # Other shards write the same table.
        with FileLock(self.out / ".lock"):
            files.write(self.out / "grades.csv", grades_csv.render(self.rows(), of))

    def _save(self, name: str, record: Record) -> Record:
        """Grade a record and write its result file; a failure of either is the grader's error."""
        try:
            record = graded(record, self.assigned, self.registry)
            records.write(record, self._file(name))
        except Exception as error:
            problem = f"its result could not be kept: {error!r}"
            record = msgspec.structs.replace(record, status="grader-error", grade=None, run=None, problem=problem)
            self._unsaved[name] = row_of(record)
        self._pending.discard(name)
        with contextlib.suppress(OSError):
            self._marker(name).unlink(missing_ok=True)
            self.write_csv()
        return record

    def _is_graded(self, name: str) -> bool:
        row = self._row(name)
        return row is not None and row.status == "graded"

    def _row(self, name: str) -> Row | None:
        """The row of a submission's result file, if there is one with this key; read only when it changed."""
        if name in self._unsaved:
            return self._unsaved[name]
        try:
            status = self._file(name).stat()
        except FileNotFoundError:
            return None
        version = (status.st_mtime_ns, status.st_ino)
        if name not in self._rows or self._rows[name][0] != version:
            self._rows[name] = (version, self._read(name))
        return self._rows[name][1]

    def _read(self, name: str) -> Row | None:
        """The row of a result file, which is graded anew where the assignment's points, weights or hints changed."""
        try:
            record = records.read(self._file(name))
        except SpecificationError:
            return None
        if record.key != self.jobs[name].key:
            return None
        if record.status == "graded":
            regraded = graded(record, self.assigned, self.registry)
            if regraded != record:
                records.write(regraded, self._file(name))
            record = regraded
        return row_of(record)

    def _file(self, name: str) -> Path:
        return self.out / "results" / f"{file_stem(name)}.json"

    def _marker(self, name: str) -> Path:
        return self.out / "running" / file_stem(name)


def shard(names: list[str], which: int, of: int) -> list[str]:
    """The submissions of shard `which` (from 1) out of `of`: every `of`-th."""
    return names[which - 1 :: of]
