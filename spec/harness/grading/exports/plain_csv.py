"""The grades of a class as a plain CSV, from its result files alone."""

from .. import grades_csv
from ..records import Record


def render(records: list[Record]) -> str:
    """A row for each submission that has a result."""
    questions = [question for record in records if record.grade for question in record.grade.questions]
    of = {question.question: question.of for question in questions}
    return grades_csv.render(map(grades_csv.row_of, records), dict(sorted(of.items())))
