"""The teacher's page: everybody's points with links to their feedback, and what the class says of each claim.

The links lead to the pages of `claims export html` where they are by default: beside the folder of this page.
"""

from urllib.parse import quote

from ..class_statistics import of_class
from ..standings import Standing, file_names
from ..text import format_points, median
from .feedback import template


def render(standings: list[Standing], title: str, questions: dict[str, int]) -> str:
    """The page; everything on it is escaped. `questions` has the points of each, in hundredths."""
    scores = [each.row.points for each in standings if each.row.points is not None]
    pages = [f"../html/{quote(name)}.html" for name in file_names(standings)]
    return template("summary.html").render(
        title=title,
        standings=[(each, page if each.record else "") for each, page in zip(standings, pages, strict=True)],
        questions=list(questions),
        claims=of_class(each.record for each in standings if each.record),
        points=format_points,
        spread=(min(scores), median(scores), max(scores)) if scores else None,
        of=sum(questions.values()),
        graded=len(scores),
    )
