"""`grades.csv`: a row for everybody in the class, with points per question and in total."""

import csv
import io
from collections.abc import Iterable

import msgspec

from .notes import note
from .records import Record
from .text import csv_cell, format_points


class Row(msgspec.Struct, frozen=True):
    """The row of one student, or of one submission where nothing is known of students."""

    submission: str = ""
    """The one that counts."""
    status: str = ""
    points: int | None = None
    questions: dict[str, int | None] = {}
    note: str = ""
    student: str = ""
    name: str = ""
    attempts: int = 1
    late: str = ""
    """In days; "late" where only that is known."""


def row_of(record: Record) -> Row:
    """The row of a submission that is done; there are no points where the grader failed."""
    grade = record.grade
    if grade is None or record.status != "graded":
        return Row(record.submission, record.status, note=record.problem)
    questions = {question.question: question.points for question in grade.questions}
    return Row(record.submission, record.status, grade.points, questions, note(record))


def render(rows: Iterable[Row], of: dict[str, int]) -> str:
    """The table as CSV; `of` has the points of each question, in hundredths."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [f"{question.partition('_')[0]} (of {format_points(points)})" for question, points in of.items()]
    total = f"points (of {format_points(sum(of.values()))})"
    writer.writerow(["student", "name", "submission", "attempts", "late", "status", total, *heads, "note"])
    for row in rows:
        points = [row.points, *(row.questions.get(question) for question in of)]
        cells = ["" if value is None else format_points(value) for value in points]
        who = [*map(csv_cell, (row.student, row.name, row.submission)), row.attempts, row.late, row.status]
        writer.writerow([*who, *cells, csv_cell(row.note)])
    return out.getvalue()
