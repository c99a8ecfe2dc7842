"""Rosters: everybody who takes part, with or without a submission, from a CSV.

Either the course's own, with the columns `id` and, where wanted, `name`, `login`, `email`, `submission` (its file's or
folder's name, after as many of its folders as wanted, the first attempt first, separated by `;`) and `submitted` (a
date and time as in ISO 8601); or what a platform exports: Canvas's gradebook, Moodle's grading worksheet, GitHub
Classroom's roster.
"""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ..counts import counted
from ..errors import SpecificationError
from . import tables
from .text import bare, one_line

LONGEST = 10_000
"""Rows that a roster may have."""


class Student(msgspec.Struct, frozen=True):
    """One row of a roster."""

    id: str
    name: str = ""
    known_as: list[str] = []
    """What else a submission may be named after: a login, a number, an address."""
    submissions: list[str] = []
    """The names of the files, where the roster says them; the latest last."""
    submitted: datetime | None = None


class _Format(msgspec.Struct, frozen=True):
    """The columns of one kind of roster, in lower case."""

    title: str
    id: str
    required: tuple[str, ...]
    name: str = "name"
    known_as: tuple[str, ...] = ()
    submission: str = ""
    submitted: str = ""
    says_no_date: str = ""
    """The cell of somebody without a submission."""
    blank: tuple[str, ...] = ()
    """The columns that are empty in rows about the columns, which come before all students."""


FORMATS = (
    _Format(
        "Canvas's gradebook", "id", ("student", "id", "section"), "student",
        ("sis user id", "sis login id", "integration id"), blank=("id", "sis user id", "sis login id", "section"),
    ),
    _Format(
        "Moodle's grading worksheet", "identifier", ("identifier", "full name"), "full name",
        ("id number", "username", "email address"), submitted="last modified (submission)", says_no_date="-",
    ),
    _Format(
        "GitHub Classroom's roster", "identifier", ("identifier", "github_username"),
        known_as=("github_username", "github_id"),
    ),
    _Format("a roster", "id", ("id",), known_as=("login", "email"), submission="submission", submitted="submitted"),
)  # fmt: skip
"""Tried in this order: the last needs least."""
NOBODY = ("points possible", "student, test", "test student")
"""What stands for a student's name in rows that Canvas adds."""
PARTICIPANT = "participant "
"""What Moodle writes before the number that its files are named after."""
MOODLE_DATE = "%A, %d %B %Y, %I:%M %p"


def read(file: Path) -> list[Student]:
    """The students of a roster; `SpecificationError` names the file, the line and what was expected."""
    rows = tables.read(file, "--roster").rows
    head = [bare(name).casefold() for name in rows[0]] if rows else []
    format_ = next((each for each in FORMATS if set(each.required) <= set(head)), None)
    if format_ is None:
        raise SpecificationError(
            f"--roster {file}: the header row has the columns {one_line(', '.join(head), 120) or 'none'}; expected id "
            f"(and name, submission), or those of {', '.join(each.title for each in FORMATS[:-1])}"
        )
    if twice := [name for name in head if name and head.count(name) > 1 and name in _columns(format_)]:
        raise SpecificationError(f"--roster {file}: the column {twice[0]!r} occurs twice; expected it once")
    students: dict[str, Student] = {}
    for line, row in enumerate(rows[1 : LONGEST + 1], start=2):
        # A comma in a name that is not quoted moves all cells after it.
        if any(cell.strip() for cell in row[len(head) :]):
            raise SpecificationError(f"--roster {file}: row {line}: {counted(len(row), 'cell')}; expected {len(head)}")
        cells = {name: bare(cell) for name, cell in zip(head, row, strict=False)}
        # Canvas writes what is possible, and how grades are posted, in the user's language.
        if format_.blank and not students and not any(cells.get(column) for column in format_.blank):
            continue
        student = _student(cells, format_, f"--roster {file}: row {line}")
        if student is None:
            continue
        if student.id in students:
            raise SpecificationError(
                f"--roster {file}: row {line}: the id {one_line(student.id, 60)!r} occurs twice; expected each "
                "student once"
            )
        students[student.id] = student
    if not students or len(rows) > LONGEST + 1:
        raise SpecificationError(
            f"--roster {file}: {counted(max(len(rows) - 1, 0), 'row')}; expected from 1 to {LONGEST} students"
        )
    return list(students.values())


def _columns(format_: _Format) -> set[str]:
    return {format_.id, format_.name, *format_.known_as, format_.submission, format_.submitted}


def _student(cells: dict[str, str], format_: _Format, where: str) -> Student | None:
    """The student of a row; nobody where it is blank, or one that Canvas adds."""
    name, id_ = cells.get(format_.name, ""), cells.get(format_.id, "")
    if not any(cells.values()) or (format_.id == "id" and name.casefold() in NOBODY):
        return None
    known_as = [cells[column] for column in format_.known_as if cells.get(column)]
    if id_.casefold().startswith(PARTICIPANT):
        id_ = id_[len(PARTICIPANT) :].strip()
    if not id_:
        raise SpecificationError(f"{where}: {format_.id} = ''; expected an identifier of the student")
    submissions = [part.strip() for part in cells.get(format_.submission, "").split(";") if part.strip()]
    submitted = _moment(cells.get(format_.submitted, "").removeprefix(format_.says_no_date), format_, where)
    return Student(one_line(id_, 200), one_line(name, 200), known_as, submissions, submitted)


def _moment(text: str, format_: _Format, where: str) -> datetime | None:
    """The date and time of a submission; Moodle's depend on its language, and are left out where it is not English."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        # In the first and the last year of all, not every zone has it.
        moment.astimezone(UTC)
        return moment
    except (ValueError, OverflowError):
        if format_.says_no_date:
            try:
                return datetime.strptime(text, MOODLE_DATE)
            except ValueError:
                return None
        raise SpecificationError(
            f"{where}: {format_.submitted} = {one_line(text, 60)!r}; expected a date and time such as 2026-06-01T23:59"
        ) from None
