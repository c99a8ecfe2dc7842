"""The result file of one submission, schema version 1: what its run found, and the grade with its reasons.

Points are kept in hundredths, as whole numbers: so questions add up to the total, and claims to their question, in
every export and to the last digit.
"""

from pathlib import Path
from typing import Literal

import msgspec

from .. import files
from ..errors import Outcome, SpecificationError
from ..evidence.results import Results

SCHEMA = 1


class ClaimGrade(msgspec.Struct, kw_only=True):
    """What one claim brings, and why."""

    id: str
    en: str
    criterion: str
    outcome: Outcome
    points: int | None
    """In hundredths; None where the grader failed, so that nobody knows yet."""
    of: int
    reason: str
    hint: str
    evidence: list[str]
    seconds: float
    test: str
    """The file and name of the test that decides it first."""


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


class Record(msgspec.Struct, kw_only=True):
    """One result file."""

    schema: int = SCHEMA
    submission: str
    key: str
    """A hash of all that the outcome depends on: submission, specification, seed, and what was selected of it."""
    status: Literal["graded", "grader-error"]
    problem: str = ""
    """Why the submission cannot be read, or how the grader failed."""
    assignment: str = ""
    seed: int
    began: float
    """Seconds since 1970."""
    seconds: float
    grade: Grade | None = None
    run: Results | None = None
    """The whole `claims.json`; None where the submission cannot be read, or the grader failed."""


def write(record: Record, file: Path) -> None:
    """Write a result file beside its final place first: a reader sees all of it or nothing."""
    files.write(file, msgspec.json.encode(record) + b"\n")


def read(file: Path) -> Record:
    """Read and validate a result file; anything else raises `SpecificationError` that names it."""
    try:
        record = msgspec.json.decode(file.read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError) as error:
        raise SpecificationError(f"{file}: {error}; expected a result file of `claims grade`") from error
    if record.schema != SCHEMA:
        raise SpecificationError(f"{file}: schema = {record.schema}; this version reads schema {SCHEMA}")
    return record


def read_all(out: Path) -> list[Record]:
    """All result files of a class, by name."""
    files = sorted((out / "results").glob("*.json"))
    if not files:
        raise SpecificationError(f"{out}: no results/*.json there; expected a folder that `claims grade --out` wrote")
    return [read(file) for file in files]
