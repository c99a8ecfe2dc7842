"""A class: what is to be run, what is there already, and a `grades.csv` that is true at every moment.

The folder of a class holds `results/NAME.json` for each submission that is done, `running/NAME` for each that is being
run, `grades.csv`, and the secret of the seed. A result file is written beside its place and renamed, and is found again
by its key; so whatever kills a run, the next one goes on with what is missing. Several shards may work in one folder.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from filelock import FileLock

from ..claims.registry import Registry
from ..errors import SpecificationError
from . import isolation, records
from .assignment import AssignedClaims
from .engines import Engine
from .grade import graded
from .records import Record
from .running import Job
from .submissions import Submission, fingerprint
from .table import Row, row_of, write_csv

SLACK = 300.0
"""Seconds that the specification itself may take beyond a submission's limit before the run is given up."""
Status = Literal["pending", "running", "graded", "grader-error"]


class Terms(msgspec.Struct, frozen=True):
    """What every submission of a class is run with."""

    specification: str
    seed: int
    device: str
    sandbox: str
    """Not part of a result's key: shards may run on machines that shut submissions in by different means."""


class Display(Protocol):
    """Who is told how far a class is."""

    def plan(self, total: int, done: int) -> None:
        """So many submissions in all, so many of them done before."""

    def began(self, name: str) -> None:
        """A run begins."""

    def done(self, record: Record) -> None:
        """A submission is done."""


class GradeBook:
    """A folder with the grades of many submissions."""

    def __init__(
        self, out: Path, submissions: list[Submission], chosen: AssignedClaims, terms: Terms, registry: Registry
    ):
        """Read what is there already, and list every submission in `grades.csv`; `out` is made where it is missing."""
        self.out, self.chosen, self.registry = out, chosen, registry
        self.submissions = {submission.name: submission for submission in submissions}
        for folder in (out, out / "results", out / "running"):
            folder.mkdir(parents=True, exist_ok=True)
        self.jobs = {submission.name: self._job(submission, terms) for submission in submissions}
        self._rows: dict[str, tuple[tuple[int, int], Row | None]] = {}
        self._left: set[str] = set()
        self._lost: dict[str, Record] = {}

    def _job(self, submission: Submission, terms: Terms) -> Job:
        content, claims, assignment = fingerprint(submission.path), list(self.chosen.points), self.chosen.assignment
        what = [claims, self.chosen.exact, assignment.limits, assignment.regrade]
        parts = [content, terms.specification, terms.seed, terms.device, *what]
        second = assignment.regrade.inconclusive
        return Job(
            submission=submission,
            content=content,
            key=hashlib.sha256(msgspec.json.encode(parts)).hexdigest(),
            claims=claims,
            exact=self.chosen.exact,
            seed=terms.seed,
            device=terms.device,
            options=[
                *isolation.arguments(terms.sandbox, assignment.limits),
                *([f"--claims-second-look={second}"] if second else []),
            ],
            seconds=assignment.limits.total_seconds + SLACK,
        )

    def grade(self, names: Iterable[str], engine: Engine, display: Display) -> None:
        """Run what is not done yet of these submissions; whatever becomes of one, the others go on."""
        own = [name for name in names if name in self.submissions]
        for name in own:
            self._marker(name).unlink(missing_ok=True)
        left = [self.jobs[name] for name in own if not self._is_done(name)]
        self._left = {job.submission.name for job in left}
        self.write_csv()
        display.plan(len(own), len(own) - len(left))

        def began(name: str) -> None:
            with contextlib.suppress(OSError):
                self._marker(name).touch()
                self.write_csv()
            display.began(name)

        try:
            for job, record in engine(left, began):
                self._keep(job.submission.name, record)
                display.done(record)
        finally:
            for name in own:
                self._marker(name).unlink(missing_ok=True)
            self.write_csv()

    def status(self) -> Iterator[tuple[str, Row | None, Status]]:
        """Every submission with its row, if it is done, and its status."""
        for name in self.submissions:
            row = self._row(name)
            if row is not None and row.status == "graded":
                yield name, row, "graded"
            elif self._marker(name).exists():
                yield name, None, "running"
            elif row is None or name in self._left:
                yield name, None, "pending"
            else:
                yield name, row, "grader-error"

    def write_csv(self) -> None:
        """Bring `grades.csv` up to date, at once for whoever reads it."""
        # Other shards write the same table.
        with FileLock(self.out / ".lock"):
            rows = [row or Row(name, status) for name, row, status in self.status()]
            write_csv(self.out / "grades.csv", rows, self.chosen, self.registry)

    def _keep(self, name: str, record: Record) -> None:
        """Write a submission's result file; what cannot be graded or written is the grader's error."""
        try:
            graded(record, self.chosen, self.registry)
            records.write(record, self._file(name))
        except Exception as error:
            record.status, record.grade, record.run = "grader-error", None, None
            record.problem = f"its result could not be kept: {error!r}"
            self._lost[name] = record
        self._left.discard(name)
        with contextlib.suppress(OSError):
            self._marker(name).unlink(missing_ok=True)
            self.write_csv()

    def _is_done(self, name: str) -> bool:
        """Whether a submission's grade is there; an assignment whose points changed needs no new run."""
        row = self._row(name)
        return row is not None and row.status == "graded"

    def _row(self, name: str) -> Row | None:
        """What the result file of a submission says, if it is one of this very run; read when it changed only."""
        if name in self._lost:
            return row_of(self._lost[name])
        file = self._file(name)
        try:
            seen = file.stat()
        except FileNotFoundError:
            return None
        signature = (seen.st_mtime_ns, seen.st_ino)
        if self._rows.get(name, (None, None))[0] != signature:
            self._rows[name] = (signature, self._read(name, file))
            # Reading may have written the grade anew.
            renewed = file.stat()
            self._rows[name] = ((renewed.st_mtime_ns, renewed.st_ino), self._rows[name][1])
        return self._rows[name][1]

    def _read(self, name: str, file: Path) -> Row | None:
        try:
            record = records.read(file)
        except SpecificationError:
            return None
        if record.key != self.jobs[name].key:
            return None
        before = msgspec.json.encode(record)
        if record.status == "graded":
            graded(record, self.chosen, self.registry)
            if msgspec.json.encode(record) != before:
                records.write(record, file)
        return row_of(record)

    def _file(self, name: str) -> Path:
        return self.out / "results" / f"{self.submissions[name].file}.json"

    def _marker(self, name: str) -> Path:
        return self.out / "running" / self.submissions[name].file


def shard(names: list[str], which: int, of: int) -> list[str]:
    """The submissions of shard `which` (from 1) out of `of`: every `of`-th."""
    return names[which - 1 :: of]
