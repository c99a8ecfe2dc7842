"""The teacher's page: everybody's points with links to their feedback, and what the class says of each claim.

The links lead to the pages of `claims export html` where they are by default: beside the folder of this page.
"""

from urllib.parse import quote

from ..class_statistics import of_class
from ..standings import Standing
from ..submissions import file_stem
from ..text import format_points, median
from .feedback import template


def render(standings: list[Standing]) -> str:
    """The page; everything on it is escaped."""
    records = [each.record for each in standings if each.record]
    scores = [each.row.points for each in standings if each.row.points is not None]
    questions = {
        question.question: question for record in records if record.grade for question in record.grade.questions
    }
    return template("summary.html").render(
        title=next((record.assignment for record in records), "The class"),
        standings=standings,
        questions=list(questions.values()),
        claims=of_class(records),
        points=format_points,
        spread=(min(scores), median(scores), max(scores)) if scores else None,
        of=sum(question.of for question in questions.values()),
        graded=len(scores),
        page=lambda standing: f"../html/{quote(file_stem(standing.row.submission))}.html" if standing.record else "",
    )
