"""Feedback for the student: one HTML page per submission, without anything loaded from elsewhere."""

from functools import cache
from typing import TYPE_CHECKING

from ..causes import by_cause, cause_of
from ..records import ClaimGrade, Record
from ..text import format_points

if TYPE_CHECKING:
    from jinja2 import Template


def render(record: Record) -> str:
    """The page; everything on it is escaped. What one cause has brought about is told once."""
    grade = record.grade
    told: dict[tuple[str, str], str] = {}
    for claim in grade.claims if grade else []:
        told.setdefault(cause_of(claim), claim.id)

    def first_told(claim: ClaimGrade) -> str:
        """The claim of an earlier question that has the same cause, if any."""
        first = told[cause_of(claim)]
        return "" if first == claim.id else first

    return template("feedback.html").render(
        record=record, grade=grade, points=format_points, causes=by_cause, first_told=first_told
    )


@cache
def template(name: str) -> "Template":
    """A page's template, which escapes everything."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("spec.harness.grading.exports")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(name)
