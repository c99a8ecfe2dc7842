"""The plain table of grades: a row per submission, its points per question and in all."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import msgspec

from .. import files
from ..claims.registry import Registry
from . import text
from .assignment import AssignedClaims
from .records import Record


class Row(msgspec.Struct, frozen=True):
    """One submission's line."""

    submission: str
    status: str
    points: int | None = None
    questions: dict[str, int | None] = {}
    note: str = ""


def row_of(record: Record) -> Row:
    """The line of a submission that is done; one that the grader failed on has no points."""
    grade = record.grade
    if grade is None or record.status != "graded":
        return Row(record.submission, record.status, note=record.problem)
    questions = {question.question: question.points for question in grade.questions}
    return Row(record.submission, record.status, grade.points, questions, record.problem)


def write_csv(file: Path, rows: Iterable[Row], chosen: AssignedClaims, registry: Registry) -> None:
    """Write the table beside its place, and rename it."""
    of: dict[str, int] = {}
    for claim, points in chosen.points.items():
        question = registry.question_of[claim]
        of[question] = of.get(question, 0) + points
    files.write(file, render(rows, of))


def render(rows: Iterable[Row], of: dict[str, int]) -> str:
    """The table as CSV; `of` has each question's points in hundredths."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [f"{question.partition('_')[0]} (of {text.points(points)})" for question, points in of.items()]
    writer.writerow(["submission", "status", f"points (of {text.points(sum(of.values()))})", *heads, "note"])
    for row in rows:
        points = [row.points, *(row.questions.get(question) for question in of)]
        shown = ["" if each is None else text.points(each) for each in points]
        writer.writerow([text.cell(row.submission), row.status, *shown, text.cell(row.note)])
    return out.getvalue()
