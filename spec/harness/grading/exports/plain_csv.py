"""The grades of a class as a plain CSV: the table of `grades.csv`, with nobody under way."""

from .. import grades_csv
from ..standings import Standing


def render(standings: list[Standing]) -> str:
    """A row for everybody."""
    grades = (each.record.grade for each in standings if each.record)
    questions = [question for grade in grades if grade for question in grade.questions]
    of = {question.question: question.of for question in questions}
    return grades_csv.render((each.row for each in standings), dict(sorted(of.items())))
