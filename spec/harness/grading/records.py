"""The result file of one submission, schema version 2: what its run found, and the grade with its reasons.

Points are whole numbers of hundredths: so questions add up to the total, and claims to their question, in every export
and to the last digit.
"""

from pathlib import Path
from typing import Literal

import msgspec

from ..errors import Outcome, SpecificationError
from ..evidence.results import Results
from . import seals

SCHEMA = 2
WHAT = "a result file of `claims grade`"
Status = Literal["graded", "grader-error"]


def word_of(outcome: Outcome) -> str:
    """An outcome in the words of a grade."""
    return "failed" if outcome is Outcome.REFUTED else str(outcome)


class ClaimGrade(msgspec.Struct, kw_only=True):
    """What one claim brings, and why."""

    id: str
    en: str
    criterion: str
    outcome: Outcome
    points: int | None
    """In hundredths; None, not known yet, where the grader failed."""
    of: int
    reason: str
    hint: str
    evidence: list[str]
    seconds: float
    test: str
    """The file and name of the first test that decides it."""
    budgets: list[str] = []
    """What is trained for it is given this: a line for each experiment."""
    visibility: str = "visible"
    level: str = "hint"
    """How much is said of a failure: see `Assignment.hint_level`."""

    @property
    def outcome_word(self) -> str:
        """The outcome as students read it: code is not refuted, as a claim is, but fails."""
        return word_of(self.outcome)

    @property
    def explanation(self) -> str:
        """The reason and the hint, as far as there are any."""
        return "\n".join(filter(None, (self.reason, self.hint)))


class QuestionGrade(msgspec.Struct, kw_only=True):
    """What one question brings: the sum of its claims."""

    question: str
    title: str
    points: int | None
    of: int
    claims: list[ClaimGrade]


class Grade(msgspec.Struct, kw_only=True):
    """What a submission is worth: the sum of its questions."""

    points: int | None
    of: int
    questions: list[QuestionGrade]

    @property
    def claims(self) -> list[ClaimGrade]:
        """The claims of all questions."""
        return [claim for question in self.questions for claim in question.claims]


class Override(msgspec.Struct, frozen=True):
    """What a teacher says of a submission by hand."""

    points: int | None = None
    """Instead of the total, in hundredths."""
    comment: str = ""


class Record(msgspec.Struct, kw_only=True, frozen=True):
    """The content of one result file."""

    seal: str = ""
    """See `seals`."""
    schema: int = SCHEMA
    submission: str
    key: str
    """A hash of all that the outcome depends on: submission, specification, seed, selected claims and limits."""
    status: Status
    problem: str = ""
    """Why the submission cannot be read, or how the grader failed."""
    remarks: list[str] = []
    """What was found in it, where that is not as expected: a line each."""
    assignment: str = ""
    seed: int
    began: float
    """Seconds since 1970."""
    seconds: float
    grade: Grade | None = None
    run: Results | None = None
    """The whole `claims.json`; None where the submission cannot be read, or the grader failed."""
    override: Override | None = None
    """Merged in by an export; never in a result file."""

    @property
    def by_hand(self) -> int | None:
        """The points that a teacher gave instead of the total, if any."""
        return self.override.points if self.override else None

    @property
    def total(self) -> int | None:
        """The points, by hand or as graded."""
        return self.by_hand if self.by_hand is not None else self.grade.points if self.grade else None


def write(record: Record, file: Path, key: bytes) -> None:
    """Write a result file as a whole, sealed: a reader never sees half of it."""
    seals.write(record, file, key)


def read(file: Path, key: bytes) -> Record:
    """Read a result file and check its seal; anything else raises `SpecificationError` that names it."""
    record = seals.read(file, Record, key, WHAT)
    if record.schema != SCHEMA:
        raise SpecificationError(f"{file}: schema = {record.schema}; this version reads schema {SCHEMA}")
    return record
