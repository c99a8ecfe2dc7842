"""Feedback for the student: one HTML page per submission, without anything loaded from elsewhere."""

from functools import cache
from typing import TYPE_CHECKING

from ..records import Record
from ..text import format_points

if TYPE_CHECKING:
    from jinja2 import Template


def render(record: Record) -> str:
    """The page; everything on it is escaped."""
    return _template().render(record=record, grade=record.grade, points=format_points)


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("spec.harness.grading.exports")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("feedback.html")
